"""Read a visitor's ZIP of pictures, with a folder for each class, as a data set.

Nothing is unpacked to disk, and every limit is checked before a picture is decoded. Files that cannot be used are
skipped and reported; archives that are dangerous or too large are refused with a sentence.
"""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnn_core.checks import one_of, whole
from cnn_core.datasets import prepared
from cnn_core.datasets.dataset import SEED, Dataset, Split, stratified_indices
from cnn_core.datasets.zip_entries import MAX_ENTRIES, PlacedPicture, SkippedFiles, clean_name, find_pictures
from cnn_core.folders import dataset_folder
from cnn_core.images.pixels import to_grey
from cnn_core.images.uploads import decode_upload
from cnn_core.words import format_megabytes

MAX_ARCHIVE_BYTES = 100_000_000
"""Size of a ZIP, which is held in memory while it is read."""
MIN_PICTURE_SIDE = 16
"""Smallest side in pixels that pictures are scaled to."""
MAX_PICTURE_SIDE = 224
"""Largest side in pixels that pictures are scaled to: that of ImageNet's networks."""
DEFAULT_PICTURE_SIDE = 64
"""Side in pixels at which photographs can be recognised and networks still train quickly."""
MAX_RESULT_BYTES = 300_000_000
"""Size of all images of a data set in memory."""
MAX_STORED_BYTES = 5_000_000_000
"""Size of all visitors' data sets together on the disk."""
MIN_CLASS_PICTURES = 5
"""Pictures that a class needs so that splits of 60, 20 and 20 % get one each."""
LIMITS_SENTENCE = (
    f"At most {format_megabytes(MAX_ARCHIVE_BYTES)} and {MAX_ENTRIES:,} files; a folder for each class, or train, val "
    "and test folders with the classes in them."
)
Progress = Callable[[int, int], None]
_reading_slots = threading.Semaphore(2)
"""Reading may take half a gigabyte for a while: when a whole class uploads, only two archives are read at once."""
_OWN_NAME = re.compile(r"own-[0-9a-f]{24}")


@dataclass(frozen=True, eq=False)
class OwnData:
    """A visitor's pictures as a data set, a sentence on how they were split, and notes on what was skipped or changed.

    >>> part = Split(np.zeros((2, 3, 16, 16), dtype=np.uint8), np.arange(2))
    >>> own = OwnData(Dataset("own", ("cat", "dog"), part, part, part), "Pets", "As in the folders of the ZIP.", ())
    >>> own.dataset.class_names
    ('cat', 'dog')
    """

    dataset: Dataset
    title: str
    splitting: str
    notes: tuple[str, ...]


def read_archive(
    source: bytes | Path,
    size: int = DEFAULT_PICTURE_SIDE,
    channels: int = 3,
    *,
    seed: int = SEED,
    title: str = "Your pictures",
    progress: Progress | None = None,
) -> OwnData:
    """Read the pictures of a ZIP, cropped to their middle square and scaled to `size` × `size` pixels.

    Folders are classes; folders called train, val and test above them are the splits, otherwise 60, 20 and 20 % of
    every class are drawn with `seed`. `channels` is 3 for colour and 1 for grey. `progress` is called with the pictures
    read so far and in all.
    Raises ValueError with a sentence for settings out of range, and for a file that is not a ZIP, is too large, or
    holds fewer than two classes or too few pictures of one.

    >>> buffer, picture = io.BytesIO(), io.BytesIO()
    >>> Image.new("RGB", (20, 30), "red").save(picture, "PNG")
    >>> with zipfile.ZipFile(buffer, "w") as file:
    ...     for number in range(10):
    ...         file.writestr(f"{'cat' if number < 5 else 'dog'}/{number}.png", picture.getvalue())
    >>> data = read_archive(buffer.getvalue(), 16).dataset
    >>> data.class_names, data.input_shape, len(data.train)
    (('cat', 'dog'), (3, 16, 16), 6)
    """
    one_of("channels", channels, (1, 3))
    whole("size", size, MIN_PICTURE_SIDE, MAX_PICTURE_SIDE)
    with _reading_slots, _open_archive(source) as file:
        skipped = SkippedFiles()
        placed = find_pictures(file, skipped)
        _check_result_size(len(placed), size, channels)
        images, placed = _decode_pictures(file, placed, size, channels, skipped, progress or (lambda done, total: None))
    classes, placed, images = _keep_learned_classes(placed, images, skipped)
    labels = np.array([classes.index(entry.label) for entry in placed], dtype=np.int64)
    parts, splitting = _cut_splits(np.array([entry.part for entry in placed]), labels, classes, seed)
    splits = [Split(images[places], labels[places]) for places in parts]
    return OwnData(Dataset("own", tuple(classes), *splits), clean_name(title)[:60], splitting, skipped.to_sentences())


def _open_archive(source: bytes | Path) -> zipfile.ZipFile:
    length = len(source) if isinstance(source, bytes) else source.stat().st_size
    if length > MAX_ARCHIVE_BYTES:
        raise ValueError(
            f"The file has {format_megabytes(length)}: at most {format_megabytes(MAX_ARCHIVE_BYTES)} can be read."
        )
    data = source if isinstance(source, bytes) else source.read_bytes()
    # Counted before the directory is read, because millions of entries would take gigabytes of memory.
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:
        raise ValueError(f"The ZIP holds more than {MAX_ENTRIES:,} files: take fewer pictures.")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # damaged directories fail in many ways
        raise ValueError("The file is no ZIP that can be read: pack the folder again, as .zip.") from error


def _check_result_size(count: int, size: int, channels: int) -> None:
    total = count * size * size * channels
    if total > MAX_RESULT_BYTES:
        raise ValueError(
            f"{count:,} pictures of {size} × {size} pixels would take {format_megabytes(total)} of memory, and at most "
            f"{format_megabytes(MAX_RESULT_BYTES)} are allowed: choose a smaller size, or grey."
        )


def _decode_pictures(
    file: zipfile.ZipFile,
    placed: list[PlacedPicture],
    size: int,
    channels: int,
    skipped: SkippedFiles,
    progress: Progress,
) -> tuple[NDArray[np.uint8], list[PlacedPicture]]:
    """Decode the undamaged pictures; return their images (N, C, size, size) and their entries."""
    images = np.empty((len(placed), channels, size, size), dtype=np.uint8)
    sound: list[PlacedPicture] = []
    for number, entry in enumerate(placed):
        progress(number, len(placed))
        try:
            picture = decode_upload(file.read(entry.info)).image
        except Exception:  # damaged entries and pictures fail in many ways; the others are read
            skipped.add_file("damaged", entry.info.filename)
            continue
        square = np.asarray(ImageOps.fit(Image.fromarray(picture), (size, size), Image.Resampling.LANCZOS))
        images[len(sound)] = to_grey(square) if channels == 1 else square.transpose(2, 0, 1)
        sound.append(entry)
    return images[: len(sound)], sound


def _keep_learned_classes(
    placed: list[PlacedPicture], images: NDArray[np.uint8], skipped: SkippedFiles
) -> tuple[list[str], list[PlacedPicture], NDArray[np.uint8]]:
    """Return class names in alphabetical order, and the entries and images of classes that have training images."""
    learned = {entry.label for entry in placed if entry.part in ("", "train")}
    known = np.array([entry.label in learned for entry in placed], dtype=bool)
    for entry in (entry for entry in placed if entry.label not in learned):
        skipped.add_file("of a class that is not in train", entry.info.filename)
    if len(learned) < 2:
        found = f"only the class “{next(iter(learned))}”" if learned else "no picture in a folder"
        raise ValueError(f"The ZIP holds {found}: it needs a folder for each of two or more classes. {skipped}".strip())
    if not known.all():
        images, placed = images[known], [entry for entry in placed if entry.label in learned]
    return sorted(learned, key=str.casefold), placed, images


def _cut_splits(
    parts: NDArray[np.str_], labels: NDArray[np.int64], classes: list[str], seed: int
) -> tuple[list[NDArray[np.intp]], str]:
    """Return the indices of the train, validation and test images, and a sentence on how they were split."""
    given = {part: np.flatnonzero(parts == part) for part in ("train", "val", "test")}
    learning = np.flatnonzero((parts == "") | (parts == "train"))
    cut_off = [part for part in ("test", "val") if not len(given[part])]
    counts = np.bincount(labels[learning], minlength=len(classes))
    fewest = MIN_CLASS_PICTURES if cut_off else 1
    if counts.min() < fewest:
        raise ValueError(
            f"The class “{classes[int(counts.argmin())]}” has {counts.min()} pictures to learn from: each class needs "
            f"at least {fewest}, so that every split gets some."
        )
    size = len(learning)
    for part in cut_off:  # a fifth of what there was before any cut
        share = 0.2 * size / len(learning)
        rest, held = stratified_indices(labels[learning], share, seed)
        given[part], learning = learning[held], learning[rest]
    return [learning, given["val"], given["test"]], _describe_cut(cut_off, seed)


def _describe_cut(cut_off: list[str], seed: int) -> str:
    if len(cut_off) == 2:
        return f"Cut at random, class by class: 60 % train, 20 % validation, 20 % test (seed {seed})."
    if cut_off:
        name = {"val": "validation", "test": "test"}[cut_off[0]]
        return f"As in the folders of the ZIP; a fifth of train, drawn class by class (seed {seed}), is for {name}."
    return "As in the folders of the ZIP."


def store_own(own: OwnData) -> str:
    """Store a visitor's data set in the data folder and return the name under which `load` finds it.

    The name is a hash of the content: the same pictures get the same name, and nobody without them can guess it.
    Raises ValueError with a sentence when there is no room.

    >>> import os, tempfile
    >>> from unittest.mock import patch
    >>> part = Split(np.zeros((2, 3, 16, 16), dtype=np.uint8), np.arange(2))
    >>> own = OwnData(Dataset("own", ("cat", "dog"), part, part, part), "Pets", "As in the folders of the ZIP.", ())
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, CNN_LAB_DATA=folder):
    ...     load_own(store_own(own)).class_names
    ('cat', 'dog')
    """
    data = own.dataset
    arrays: dict[str, NDArray[Any]] = {}
    for part, split in zip(prepared.PARTS, (data.train, data.val, data.test), strict=True):
        arrays |= {f"{part}_images": split.images, f"{part}_labels": split.labels}
    about = {
        "class_names": data.class_names,
        "title": own.title,
        "description": _describe_own(data),
        "splitting": own.splitting,
    }
    digest = hashlib.sha256(repr(about).encode())
    for array in arrays.values():
        digest.update(array.tobytes())
    name = f"own-{digest.hexdigest()[:24]}"
    if not prepared.is_prepared(_own_folder(name)):
        used = sum(file.stat().st_size for file in _own_folder(name).parent.glob("*/*.npy"))
        if used + sum(array.nbytes for array in arrays.values()) > MAX_STORED_BYTES:
            raise ValueError("There is no more room for own pictures on this server: ask whoever runs it to make some.")
        try:
            prepared.write_prepared(_own_folder(name), arrays, about)
        except OSError as error:
            raise ValueError(f"The pictures could not be stored: {error.strerror}.") from error
    return name


def _describe_own(data: Dataset) -> str:
    channels, size, _ = data.input_shape
    count = len(data.train) + len(data.val) + len(data.test)
    kind = "grey" if channels == 1 else "colour"
    return f"{count:,} pictures of your own, {size}×{size} pixels, {kind}, {len(data.class_names)} classes"


def is_own(name: str) -> bool:
    """Return whether `name` has the form of the names that `store_own` returns."""
    return _OWN_NAME.fullmatch(name) is not None


def load_own(name: str) -> Dataset:
    """Load a data set that `store_own` stored. Raises ValueError when it is not on this computer."""
    _check_stored(name)
    return prepared.read_prepared(_own_folder(name), name)


def own_metadata(name: str) -> dict[str, Any]:
    """Return title, description, splitting and class names of a data set that `store_own` stored.

    Raises ValueError when it is not on this computer.
    """
    _check_stored(name)
    return prepared.read_metadata(_own_folder(name))


def _check_stored(name: str) -> None:
    if not is_own(name) or not prepared.is_prepared(_own_folder(name)):
        raise ValueError("These pictures are not on this computer: upload their ZIP again.")


def _own_folder(name: str) -> Path:
    return dataset_folder() / "own" / name
