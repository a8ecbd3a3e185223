"""Data sets as plain .npy files: opened in no time, and shared in memory by all processes that look at them.

A folder holds about.json and, for each part, PART_images.npy and PART_labels.npy. A second way to label the same
images, such as the superclasses of CIFAR-100, has files and entries of its own, PART_labels_WAY.npy.
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
METADATA_FILE = "about.json"


def write_prepared(folder: Path, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]) -> None:
    """Store `arrays` (file name without .npy → array) and `read_metadata` as `folder`: wholly, or not at all.

    What already lies there stays, as another process may read it. Raises OSError when the disk is full or read-only.
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
    """Whether a data set was stored there."""
    return (folder / METADATA_FILE).is_file()


def read_metadata(folder: Path) -> dict[str, Any]:
    """What is known about the data set stored in `folder`: class_names and whatever else `write_prepared` was given."""
    found: dict[str, Any] = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
    return found


def read_prepared(folder: Path, name: str, labelling: str = "") -> Dataset:
    """The data set stored in `folder`, under the name `name`, with the labels of this `labelling`.

    Images are mapped from disk; writing into them changes memory alone. Raises ValueError when files are damaged.
    """
    suffix = f"_{labelling}" if labelling else ""
    try:
        classes = tuple(read_metadata(folder)[f"class_names{suffix}"])
        splits = [
            Split(
                # copy on write: torch warns of arrays that nobody may write to
                np.asarray(np.load(folder / f"{part}_images.npy", mmap_mode="c", allow_pickle=False)),
                np.load(folder / f"{part}_labels{suffix}.npy", allow_pickle=False),
            )
            for part in PARTS
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"The stored files of {name!r} are damaged: delete the folder {folder.name!r}.") from error
    return Dataset(name, classes, *splits)
