"""Keep data sets as plain .npy files, which open at once and are shared in memory by all processes.

A folder holds about.json and, for each part, PART_images.npy and PART_labels.npy. Another labelling of the same images,
such as the superclasses of CIFAR-100, has its own files, PART_labels_LABELLING.npy, and its own entries.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.dataset import Dataset, Split

PARTS = ("train", "val", "test")
"""Names of the splits in file names."""
METADATA_FILE = "about.json"


def write_prepared(folder: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]) -> None:
    """Store `arrays` (file name without .npy → array) and `metadata` in `folder`: completely, or not at all.

    A folder that exists is left alone, because another process may read it. Raises OSError when the disk is full or
    read-only.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(unfinished / f"{name}.npy", array, allow_pickle=False)
        (unfinished / METADATA_FILE).write_text(json.dumps(metadata), encoding="utf-8")
        unfinished.chmod(0o755)
        if not (folder / METADATA_FILE).exists():
            try:
                os.replace(unfinished, folder)
            except OSError:
                if not (folder / METADATA_FILE).exists():  # another process was faster: its files are the same
                    raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def is_prepared(folder: Path) -> bool:
    """Return whether `folder` holds a stored data set."""
    return (folder / METADATA_FILE).is_file()


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read the metadata that `write_prepared` stored in `folder`, such as class_names."""
    metadata: dict[str, Any] = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
    return metadata


def read_prepared(folder: Path, name: str, labelling: str = "") -> Dataset:
    """Read the data set stored in `folder`, with the labels of `labelling`, and call it `name`.

    Images are mapped from disk; writing into them changes only memory. Raises ValueError when files are damaged.
    """
    suffix = f"_{labelling}" if labelling else ""
    try:
        classes = tuple(read_metadata(folder)[f"class_names{suffix}"])
        splits = [
            Split(
                # Copy on write, because torch warns about read-only arrays.
                np.asarray(np.load(folder / f"{part}_images.npy", mmap_mode="c", allow_pickle=False)),
                np.load(folder / f"{part}_labels{suffix}.npy", allow_pickle=False),
            )
            for part in PARTS
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"The stored files of {name!r} are damaged: delete the folder {folder.name!r}.") from error
    return Dataset(name, classes, *splits)
