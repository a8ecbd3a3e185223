"""Find the pictures in a visitor's ZIP that are safe to read, with the class and the split of each."""

import io
import stat
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass, field

from PIL import Image

from cnn_core.images.uploads import FORMATS
from cnn_core.images.uploads import MAX_BYTES as MOST_FILE_BYTES
from cnn_core.words import format_megabytes

MAX_ENTRIES = 20_000
"""Files in a ZIP: ten times as many as a class photographs."""
MAX_CLASSES = 200
"""Classes that tables and charts can show."""
MAX_UNPACKED_BYTES = 500_000_000
"""Size of all files when unpacked: photographs do not shrink much in a ZIP of 100 MB."""
MAX_PIXELS = 2_000_000_000
"""Pixels of all pictures together: a harmless ZIP of 100 MB holds fewer."""
MAX_RATIO = 200
"""Unpacked size over packed size; a larger file that shrinks more is a ZIP bomb, not a picture."""
RATIO_MIN_BYTES = 1_000_000
"""Unpacked size from which MAX_RATIO is checked: small plain pictures may shrink more."""
SPLIT_FOLDERS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Name of a folder in lower case → the split it holds."""
ALLOWED_SIGNS = " -_.,+()&'"
"""Characters besides letters and digits that a displayed name may hold: none that Markdown interprets."""


@dataclass(frozen=True)
class PlacedPicture:
    """A picture in the ZIP: its entry, its class, and its split, or "" when the ZIP has no splits."""

    info: zipfile.ZipInfo
    label: str
    part: str


@dataclass
class SkippedFiles:
    """Files that were skipped, counted by reason; the first names of each reason are kept as examples."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add_file(self, reason: str, name: str) -> None:
        """Count one more file that was skipped for this reason."""
        self.counts[reason] += 1
        names = self.examples.setdefault(reason, [])
        if len(names) < 2:
            names.append("/".join(clean_name(part) for part in name.split("/"))[-60:])

    def to_sentences(self) -> tuple[str, ...]:
        """Return one sentence on all skipped files, or none when there are none."""
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


def clean_name(text: str) -> str:
    """Return `text` with "_" for all but letters, digits and ALLOWED_SIGNS; at most 60 characters."""
    plain = unicodedata.normalize("NFC", text)[:60]
    return "".join(sign if sign.isalnum() or sign in ALLOWED_SIGNS else "_" for sign in plain).strip() or "_"


def find_pictures(file: zipfile.ZipFile, skipped: SkippedFiles) -> list[PlacedPicture]:
    """Find the pictures of the ZIP with class and split; only their headers are read.

    Raises ValueError when they are too many or too large, or the ZIP is protected by a password.
    """
    infos = _usable_entries(file, skipped)
    _check_unpacked_size(infos)
    pictures, pixels = [], 0
    for info in infos:
        size = _count_pixels(file, info)
        if size is None:
            skipped.add_file("no picture or damaged", info.filename)
            continue
        pixels += size
        if pixels > MAX_PIXELS:
            raise ValueError(
                f"The pictures have more than {MAX_PIXELS // 10**9} billion pixels in all: take fewer or smaller ones."
            )
        pictures.append(info)
    placed = _place_pictures(pictures, skipped)
    classes = {entry.label for entry in placed}
    if len(classes) > MAX_CLASSES:
        raise ValueError(f"The ZIP holds {len(classes):,} classes: at most {MAX_CLASSES} can be learned here.")
    return placed


def _usable_entries(file: zipfile.ZipFile, skipped: SkippedFiles) -> list[zipfile.ZipInfo]:
    """Return the entries that are plain files with safe names; files that operating systems add are ignored."""
    usable = []
    locked = 0
    for info in file.infolist():
        parts = path_parts(info.filename)
        if info.is_dir() or _is_system_file(parts):
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)
        if ".." in parts or info.filename.startswith(("/", "\\")) or parts[0][1:2] == ":":
            skipped.add_file("with an unsafe name", info.filename)
        elif kind not in (0, stat.S_IFREG):
            skipped.add_file("links or devices", info.filename)
        elif info.flag_bits & 1:
            locked += 1
            skipped.add_file("locked by a password", info.filename)
        elif info.file_size > MOST_FILE_BYTES:
            skipped.add_file(f"larger than {format_megabytes(MOST_FILE_BYTES)}", info.filename)
        else:
            usable.append(info)
    if locked and not usable:
        raise ValueError("The ZIP is protected by a password: pack the folder again without one.")
    return usable


def path_parts(name: str) -> list[str]:
    """Return the parts of an entry's path; old Windows programs write backslashes."""
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] or ["_"]


def _is_system_file(parts: list[str]) -> bool:
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1].casefold() in ("thumbs.db", "desktop.ini")


def _check_unpacked_size(infos: list[zipfile.ZipInfo]) -> None:
    total = sum(info.file_size for info in infos)
    if total > MAX_UNPACKED_BYTES:
        raise ValueError(
            f"Unpacked, the ZIP would take {format_megabytes(total)}: "
            f"at most {format_megabytes(MAX_UNPACKED_BYTES)} are read."
        )
    for info in infos:
        if info.file_size > RATIO_MIN_BYTES and info.file_size > MAX_RATIO * info.compress_size:
            times = info.file_size / max(1, info.compress_size)
            raise ValueError(
                f"“{clean_name(info.filename)}” unpacks to {times:,.0f} times its size, which no photograph does: "
                "the ZIP is refused."
            )


def _count_pixels(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> int | None:
    """Return the number of pixels in the entry's header; None when it is not a picture."""
    try:
        with Image.open(io.BytesIO(file.read(info)), formats=FORMATS) as image:
            return image.width * image.height
    except Exception:  # damaged entries fail in many ways, and none is a picture
        return None


def _place_pictures(pictures: list[zipfile.ZipInfo], skipped: SkippedFiles) -> list[PlacedPicture]:
    """Read class and split of each picture from its folders; folders around everything do not count."""
    paths = [path_parts(info.filename)[:-1] for info in pictures]
    while len({tuple(path[:1]) for path in paths}) == 1 and any(len(path) > 1 for path in paths):
        paths = [path[1:] for path in paths]
    split = any(len(path) > 1 and SPLIT_FOLDERS.get(path[0].casefold()) == "train" for path in paths)
    placed = []
    for info, path in zip(pictures, paths, strict=True):
        part = SPLIT_FOLDERS.get(path[0].casefold(), "") if path and split else ""
        inner = path[1:] if split else path
        if split and not part:
            skipped.add_file("beside the folders train, val and test", info.filename)
        elif not inner:
            skipped.add_file("in no class folder", info.filename)
        else:
            placed.append(PlacedPicture(info, clean_name(inner[0]), part))
    return placed
