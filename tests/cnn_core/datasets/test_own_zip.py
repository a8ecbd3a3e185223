"""ZIP files that visitors bring: sound ones become data sets, hostile ones a sentence, and nothing reaches the disk."""

import io
import os
import random
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.datasets import (
    Dataset,
    dataset_title,
    describe_dataset,
    describe_splitting,
    load,
    own_zip,
    read_archive,
    store_own,
    zip_entries,
)
from cnn_core.datasets.own_zip import OwnData

COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def picture(colour: tuple[int, int, int] = (90, 90, 90), size: tuple[int, int] = (20, 20), kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def zipped(files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items() if isinstance(files, dict) else files:
            file.writestr(name, content)
    return buffer.getvalue()


def three_classes(count: int = 10, prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{name}/{n}.png": picture(rgb) for name, rgb in COLOURS.items() for n in range(count)}


def parts(data: Dataset) -> tuple[int, int, int]:
    return len(data.train), len(data.val), len(data.test)


def check_colours(data: Dataset) -> None:
    """Every image is of the colour that its class is called after."""
    for split in (data.train, data.val, data.test):
        wanted = np.array([COLOURS[data.class_names[label]] for label in split.labels], dtype=np.uint8)
        np.testing.assert_array_equal(split.images[:, :, 3, 3], wanted.reshape(-1, 3))


@pytest.mark.parametrize("prefix", ["", "pets/", "a/b/c/", "train/", "pets\\"])
def test_a_folder_per_class_is_cut_60_20_20(prefix: str) -> None:
    own = read_archive(zipped(three_classes(prefix=prefix)), 32)
    assert own.dataset.class_names == ("blue", "green", "red")
    assert own.dataset.input_shape == (3, 32, 32)
    assert parts(own.dataset) == (18, 6, 6)
    check_colours(own.dataset)
    for split in (own.dataset.train, own.dataset.val, own.dataset.test):
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert len(set(np.bincount(split.labels).tolist())) == 1
    assert "60 % train" in own.splitting
    assert own.notes == ()


@pytest.mark.parametrize(
    ("folders", "counts", "words"),
    [
        (("train", "val", "test"), (30, 30, 30), "As in the folders of the ZIP."),
        (("Training", "VALIDATION", "testing"), (30, 30, 30), "As in the folders of the ZIP."),
        (("train", "val"), (24, 30, 6), "a fifth of train, drawn class by class (seed 0), is for test."),
        (("train", "test"), (24, 6, 30), "is for validation."),
    ],
)
def test_split_folders_are_kept_and_the_missing_one_comes_from_train(
    folders: tuple[str, ...], counts: tuple[int, int, int], words: str
) -> None:
    files: dict[str, bytes] = {}
    for folder in folders:
        files |= three_classes(prefix=f"mine/{folder}/")
    own = read_archive(zipped(files), 16)
    assert parts(own.dataset) == counts
    assert own.splitting.endswith(words)
    check_colours(own.dataset)


def test_the_seed_decides_the_cut_and_nothing_else() -> None:
    files = {f"{name}/{n}.png": picture((n, n, 9)) for name in ("a", "b") for n in range(50)}
    one, again, other = (read_archive(zipped(files), 16, seed=seed).dataset for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.test.images, again.test.images)
    assert not np.array_equal(one.test.images, other.test.images)
    everything = [
        sorted(np.concatenate([s.images[:, 0, 0, 0] for s in (d.train, d.val, d.test)])) for d in (one, other)
    ]
    assert everything[0] == everything[1] == sorted(list(range(50)) * 2)


@given(counts=st.lists(st.integers(5, 23), min_size=2, max_size=5), seed=st.integers(0, 2**31 - 1))
@settings(max_examples=15, deadline=None)
def test_every_split_has_some_of_every_class(counts: list[int], seed: int) -> None:
    files = {f"class {k}/{n}.png": SMALL for k, count in enumerate(counts) for n in range(count)}
    data = read_archive(zipped(files), 16, seed=seed).dataset
    for split in (data.train, data.val, data.test):
        assert set(split.labels.tolist()) == set(range(len(counts)))
    assert sum(parts(data)) == sum(counts)


SMALL = picture(size=(4, 4))


def test_pictures_are_cut_to_their_middle_square_and_scaled() -> None:
    wide = Image.new("RGB", (90, 30), (255, 0, 0))
    wide.paste((0, 0, 255), (30, 0, 60, 30))
    buffer = io.BytesIO()
    wide.save(buffer, "PNG")
    files = {f"{name}/{n}.png": buffer.getvalue() for name in "ab" for n in range(5)}
    images = read_archive(zipped(files), 24).dataset.train.images
    assert images.shape[1:] == (3, 24, 24)
    assert (images[:, 2] > 200).all()
    assert (images[:, 0] < 60).all()


def test_grey_is_brightness_and_sizes_are_as_asked() -> None:
    data = read_archive(zipped(three_classes()), 16, 1).dataset
    assert data.input_shape == (1, 16, 16)
    for label, name in enumerate(data.class_names):
        red, green, blue = COLOURS[name]
        wanted = round(0.299 * red + 0.587 * green + 0.114 * blue)
        assert set(data.train.images[data.train.labels == label].ravel().tolist()) == {wanted}


@pytest.mark.parametrize(("size", "channels"), [(15, 3), (225, 3), (64, 2), (64, 0), (-1, 1)])
def test_impossible_settings_get_a_sentence(size: int, channels: int) -> None:
    with pytest.raises(ValueError, match=r"Size is|Channels is"):
        read_archive(zipped(three_classes()), size, channels)


def test_what_systems_add_by_themselves_is_passed_over_in_silence() -> None:
    extra = {"__MACOSX/red/._0.png": b"?", ".DS_Store": b"?", "red/.hidden/x.png": SMALL, "red/Thumbs.db": b"?"}
    own = read_archive(zipped(three_classes() | extra | {"red/": b""}), 16)
    assert own.notes == ()
    assert sum(parts(own.dataset)) == 30


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


HOSTILE: dict[str, tuple[list[tuple[str | zipfile.ZipInfo, bytes]], int, str]] = {
    "traversal": (
        [("../../evil.png", SMALL), ("red/../../evil.png", SMALL), ("..\\x\\e.png", SMALL)],
        3,
        "unsafe name",
    ),
    "absolute": (
        [("/etc/cron.d/evil.png", SMALL), ("C:\\x\\evil.png", SMALL), ("\\\\host\\x.png", SMALL)],
        3,
        "unsafe",
    ),
    "links": ([link("red/link.png", "/etc/passwd"), link("red/other.png", "../../..")], 2, "links or devices"),
    "wrong types": (
        [("red/a.txt", b"hello"), ("red/b.exe", b"MZ" * 99), ("red/c.png", b"\x89PNG\r\n")],
        3,
        "no picture",
    ),
    "svg and html": ([("red/a.svg", b"<svg/>"), ("red/b.png", b"<script>alert(1)</script>")], 2, "no picture"),
    "nested": ([("red/more.zip", zipped({"red/1.png": SMALL})), ("red/x.png", zipped({}))], 2, "no picture"),
    "empty": ([("red/a.png", b"")], 1, "no picture"),
    "cut off": ([("red/a.png", picture(size=(64, 64), kind="BMP")[:500])], 1, "damaged"),
    "no folder": ([("lonely.png", SMALL)], 1, "in no class folder"),
    "too large": ([("red/a.png", SMALL + os.urandom(20_000_001))], 1, "larger than 20 MB"),
    "pixels": ([("red/a.png", b"")], 1, "no picture"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_used_is_left_out_and_told(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    extra, count, words = HOSTILE[case]
    own = read_archive(zipped([*three_classes().items(), *extra]), 16)
    assert sum(parts(own.dataset)) == 30
    check_colours(own.dataset)
    assert own.notes[0].startswith(f"{count} {'file was' if count == 1 else 'files were'} left out: ")
    assert words in own.notes[0]
    assert not list(tmp_path.iterdir())


def claims(width: int, height: int) -> bytes:
    """A small PNG whose header claims to be enormous."""
    data = bytearray(SMALL)
    data[16:24] = struct.pack(">2I", width, height)
    import zlib

    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


def test_a_picture_that_claims_too_many_pixels_is_never_decoded() -> None:
    own = read_archive(
        zipped(three_classes() | {"red/big.png": claims(9000, 9000), "red/b.png": claims(2**20, 2**20)}), 16
    )
    assert own.notes[0].startswith("2 files were left out")


def test_bombs_are_refused_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnn_core.datasets.own_zip.decode_upload", lambda data: pytest.fail("decoded"))
    bomb = zipped(three_classes() | {"red/bomb.png": b"\0" * 5_000_000})
    with pytest.raises(ValueError, match=r"“red_bomb.png” unpacks to .* times its size, which no photograph does"):
        read_archive(bomb, 16)
    monkeypatch.setattr(zip_entries, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(ValueError, match="Unpacked, the ZIP would take"):
        read_archive(zipped({f"{n}/x.bin": random.Random(n).randbytes(2000) for n in range(9)}), 16)
    monkeypatch.setattr(zip_entries, "MAX_UNPACKED_BYTES", 10**9)
    monkeypatch.setattr(zip_entries, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="billion pixels in all"):
        read_archive(zipped(three_classes()), 16)


def test_thousands_of_files_are_refused_before_their_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped([(f"a/{n}", b"") for n in range(zip_entries.MAX_ENTRIES + 1)])
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("opened"))
    with pytest.raises(ValueError, match="more than 20,000 files"):
        read_archive(many, 16)


def test_overlapping_entries_and_sizes_that_lie_read_no_more_than_they_claim() -> None:
    honest = zipped(three_classes())
    lying = bytearray(honest)
    start = lying.find(b"PK\x01\x02")
    struct.pack_into("<I", lying, start + 24, 10)  # unpacked size of the first entry in the directory
    own = read_archive(bytes(lying), 16)
    assert own.notes[0].startswith("1 file was left out")


def test_a_zip_with_a_password_is_refused_and_single_locked_files_left_out() -> None:
    def lock(data: bytes, count: int) -> bytes:
        locked, place = bytearray(data), 0
        for _ in range(count):
            place = locked.find(b"PK\x01\x02", place + 1)
            locked[place + 8] |= 1
        return bytes(locked)

    data = zipped(three_classes())
    with pytest.raises(ValueError, match="protected by a password: pack the folder again without one"):
        read_archive(lock(data, 30), 16)
    assert "2 locked by a password" in read_archive(lock(data, 2), 16).notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no ZIP that can be read"),
        (b"PK\x03\x04rubbish", "no ZIP that can be read"),
        (SMALL, "no ZIP that can be read"),
        (zipped({}), "no picture in a folder"),
        (zipped({"a/1.png": SMALL, "a/2.png": SMALL}), "only the class “a”"),
        (zipped({"1.png": SMALL, "2.png": SMALL}), "2 in no class folder"),
        (zipped({"a/1.txt": b"x", "b/2.txt": b"y"}), "no picture in a folder.* 2 no picture or damaged"),
        (zipped({f"{c}/{n}.png": SMALL for c in "ab" for n in range(4)}), "“a” has 4 pictures .* needs at least 5"),
        (zipped({f"{n}/{n}.png": SMALL for n in range(201)}), "201 classes: at most 200"),
    ],
)
def test_a_zip_that_makes_no_data_set_gets_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_archive(data, 16)


def test_too_many_megabytes_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "large.zip"
    with file.open("wb") as out:
        out.truncate(own_zip.MAX_ARCHIVE_BYTES + 1)
    with pytest.raises(ValueError, match="The file has 100 MB: at most 100 MB can be read"):
        read_archive(file, 16)
    monkeypatch.setattr(own_zip, "MAX_RESULT_BYTES", 10_000)
    with pytest.raises(ValueError, match="choose a smaller size, or grey"):
        read_archive(zipped(three_classes()), 32)


def test_names_are_shown_without_what_markdown_would_run() -> None:
    evil = "![x](http://h/a)<b>$x$ :red[y]`"
    files = {f"{name}/{n}.png": SMALL for name in (evil, "b") for n in range(5)} | {f"b/{evil}.txt": b"?"}
    own = read_archive(zipped({name.replace("http://h/", ""): data for name, data in files.items()}), 16, title=evil)
    for text in (*own.dataset.class_names, own.title, *own.notes):
        assert not set("![]<>$`") & set(text)


def test_classes_and_folders_that_train_does_not_know_are_left_out() -> None:
    files = three_classes(prefix="train/") | three_classes(prefix="val/")
    files |= {"val/violet/1.png": SMALL, "extra/red/1.png": SMALL, "train/loose.png": SMALL}
    own = read_archive(zipped(files), 16)
    assert own.dataset.class_names == ("blue", "green", "red")
    assert "3 files were left out" in own.notes[0]
    for words in ("of a class that is not in train", "beside the folders train, val and test", "in no class folder"):
        assert words in own.notes[0]


@given(seed=st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_damaged_archives_give_a_sentence_or_a_data_set(seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(SOUND)
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    problem = ""
    try:
        assert isinstance(read_archive(bytes(data), 16), OwnData)
    except ValueError as error:
        problem = str(error)
    assert not problem or (problem[0] in "“ABCDEFGHIJKLMNOPQRSTUVWXYZ" and problem.rstrip().endswith("."))


SOUND = zipped(three_classes(6) | {"notes.txt": b"hello"})


def test_kept_under_a_name_that_another_process_can_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    own = read_archive(zipped(three_classes()), 16, title="flowers.zip")
    name = store_own(own)
    assert store_own(own) == name, "the same pictures have the same name"
    assert store_own(read_archive(zipped(three_classes()), 24)) != name
    data = load(name)
    assert (data.name, data.class_names) == (name, own.dataset.class_names)
    np.testing.assert_array_equal(data.test.images, own.dataset.test.images)
    np.testing.assert_array_equal(data.val.labels, own.dataset.val.labels)
    assert dataset_title(name) == "flowers.zip"
    assert describe_dataset(name) == "30 pictures of your own, 16×16 pixels, colour, 3 classes"
    assert describe_splitting(name) == own.splitting


@pytest.mark.parametrize(
    "name", ["own-../../etc", "own-", f"own-{'0' * 24}", f"own-{'0' * 24}/..", "own-" + "a" * 23 + "\n"]
)
def test_names_that_were_never_given_get_a_sentence(name: str) -> None:
    with pytest.raises(ValueError, match=r"These pictures are not on this computer|there is no such data set"):
        load(name)
    with pytest.raises(ValueError, match="These pictures are not on this computer"):
        dataset_title(name)


def test_no_room_left_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    own = read_archive(zipped(three_classes()), 16)
    monkeypatch.setattr(own_zip, "MAX_STORED_BYTES", 1000)
    with pytest.raises(ValueError, match="no more room for own pictures"):
        store_own(own)
    monkeypatch.setattr(own_zip, "MAX_STORED_BYTES", 10**9)
    (tmp_path / "datasets").write_text("a file where a folder should be")
    with pytest.raises(ValueError, match="The pictures could not be stored"):
        store_own(own)


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    read_archive(zipped(three_classes()), 16, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 30) for n in range(30)]


def test_real_photographs() -> None:
    root = Path(os.environ.get("CNN_LAB_REAL_DATA", "nowhere")) / "flowers3"
    if not root.is_dir():
        pytest.skip("CNN_LAB_REAL_DATA names no folder with flowers3")
    files = {str(file.relative_to(root.parent)): file.read_bytes() for file in root.rglob("*") if file.is_file()}
    own = read_archive(zipped(files), 64)
    assert own.dataset.class_names == ("daisy", "rose", "sunflower")
    assert parts(own.dataset) == (480, 180, 120)
    assert own.notes == ()
    assert own.dataset.train.images.std() > 40
