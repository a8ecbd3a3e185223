"""The entries of a visitor's ZIP: which are pictures that may be read, and which class and split each belongs to."""

import io
import stat
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass, field

from PIL import Image

from cnn_core.images.uploads import FORMATS
from cnn_core.images.uploads import MOST_BYTES as MOST_FILE_BYTES

ENTRIES = 20_000
CLASSES = 200
MOST_UNPACKED_BYTES = 500_000_000
MOST_PIXELS = 2_000_000_000
"""Pixels of all pictures together: a ZIP of 100 MB that was not made to do harm holds fewer."""
MOST_RATIO, RATIO_FROM = 200, 1_000_000
"""A file of more than a megabyte that shrinks by more than this is a bomb, not a picture."""
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
PLAIN = " -_.,+()&'"
"""What a name may hold beside letters and digits when it is shown: nothing that Markdown reads as a command."""


@dataclass(frozen=True)
class Placed:
    """A picture in the ZIP: its entry, its class, and its split, "" where the ZIP has none."""

    info: zipfile.ZipInfo
    label: str
    part: str


@dataclass
class LeftOut:
    """What was left out and why; the first names of each kind are kept as examples."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        """One more file, left out for this reason."""
        self.counts[reason] += 1
        names = self.examples.setdefault(reason, [])
        if len(names) < 2:
            names.append("/".join(clean(part) for part in name.split("/"))[-60:])

    def sentences(self) -> tuple[str, ...]:
        """A sentence on all that was left out; nothing when nothing was."""
        return (str(self),) if self.counts else ()

    def __str__(self) -> str:
        if not self.counts:
            return ""
        total = self.counts.total()
        kinds = [
            f"{count:,} {reason} ({', '.join(self.examples[reason])}{' …' if count > 2 else ''})"
            for reason, count in self.counts.most_common()
        ]
        return f"{total:,} {'file was' if total == 1 else 'files were'} left out: {'; '.join(kinds)}."


def clean(text: str) -> str:
    """`text` with "_" for whatever is not a letter, a digit or a plain sign; at most 60 characters."""
    plain = unicodedata.normalize("NFC", text)[:60]
    return "".join(sign if sign.isalnum() or sign in PLAIN else "_" for sign in plain).strip() or "_"


def check_and_place(file: zipfile.ZipFile, left_out: LeftOut) -> list[Placed]:
    """The pictures of the ZIP with class and split, read no further than their headers.

    Raises ValueError when the whole would take too much, or is protected by a password.
    """
    infos = _usable(file, left_out)
    _check_amount(infos)
    pictures, pixels = [], 0
    for info in infos:
        size = _pixels(file, info)
        if size is None:
            left_out.add("no picture or damaged", info.filename)
            continue
        pixels += size
        if pixels > MOST_PIXELS:
            raise ValueError(
                f"The pictures have more than {MOST_PIXELS // 10**9} billion pixels in all: take fewer or smaller ones."
            )
        pictures.append(info)
    placed = _place(pictures, left_out)
    classes = {entry.label for entry in placed}
    if len(classes) > CLASSES:
        raise ValueError(f"The ZIP holds {len(classes):,} classes: at most {CLASSES} can be learned here.")
    return placed


def _usable(file: zipfile.ZipFile, left_out: LeftOut) -> list[zipfile.ZipInfo]:
    """The entries that are plain files with harmless names; what systems add by themselves is passed over."""
    usable = []
    locked = 0
    for info in file.infolist():
        parts = folders(info.filename)
        if info.is_dir() or _of_the_system(parts):
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        if ".." in parts or info.filename.startswith(("/", "\\")) or parts[0][1:2] == ":":
            left_out.add("with an unsafe name", info.filename)
        elif kind not in (0, stat.S_IFREG):
            left_out.add("links or devices", info.filename)
        elif info.flag_bits & 1:
            locked += 1
            left_out.add("locked by a password", info.filename)
        elif info.file_size > MOST_FILE_BYTES:
            left_out.add(f"larger than {MOST_FILE_BYTES // 10**6} MB", info.filename)
        else:
            usable.append(info)
    if locked and not usable:
        raise ValueError("The ZIP is protected by a password: pack the folder again without one.")
    return usable


def folders(name: str) -> list[str]:
    """The parts of an entry's name; old Windows programs write backslashes."""
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] or ["_"]


def _of_the_system(parts: list[str]) -> bool:
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1].casefold() in ("thumbs.db", "desktop.ini")


def _check_amount(infos: list[zipfile.ZipInfo]) -> None:
    total = sum(info.file_size for info in infos)
    if total > MOST_UNPACKED_BYTES:
        raise ValueError(
            f"Unpacked, the ZIP would take {total / 1e6:,.0f} MB: at most {MOST_UNPACKED_BYTES // 10**6} MB are read."
        )
    for info in infos:
        if info.file_size > RATIO_FROM and info.file_size > MOST_RATIO * info.compress_size:
            times = info.file_size / max(1, info.compress_size)
            raise ValueError(
                f"“{clean(info.filename)}” unpacks to {times:,.0f} times its size, which no photograph does: "
                "the ZIP is refused."
            )


def _pixels(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> int | None:
    """How many pixels the entry's header claims; None for what is no picture."""
    try:
        with Image.open(io.BytesIO(file.read(info)), formats=FORMATS) as image:
            return image.width * image.height
    except Exception:  # whatever a damaged entry does: it is none of the pictures
        return None


def _place(pictures: list[zipfile.ZipInfo], left_out: LeftOut) -> list[Placed]:
    """Class and split of each picture, from its folders; folders around everything do not count."""
    paths = [folders(info.filename)[:-1] for info in pictures]
    while len({tuple(path[:1]) for path in paths}) == 1 and any(len(path) > 1 for path in paths):
        paths = [path[1:] for path in paths]
    split = any(len(path) > 1 and PARTS.get(path[0].casefold()) == "train" for path in paths)
    placed = []
    for info, path in zip(pictures, paths, strict=True):
        part = PARTS.get(path[0].casefold(), "") if path and split else ""
        inner = path[1:] if split else path
        if split and not part:
            left_out.add("beside the folders train, val and test", info.filename)
        elif not inner:
            left_out.add("in no class folder", info.filename)
        else:
            placed.append(Placed(info, clean(inner[0]), part))
    return placed
