"""Six hundred damaged pictures: each is read as a picture or refused with a sentence, in less than 200 MB of memory."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_core.images import decode_upload

ROOT = Path(__file__).resolve().parents[3]
VARIANTS = 60
SOURCES = {
    "PNG": ("RGB", {}),
    "PNG palette": ("P", {}),
    "PNG alpha": ("RGBA", {}),
    "JPEG": ("RGB", {}),
    "JPEG CMYK": ("CMYK", {}),
    "WEBP": ("RGBA", {}),
    "GIF": ("P", {}),
    "BMP": ("RGB", {}),
    "TIFF": ("RGB", {"compression": "tiff_lzw"}),
    "TIFF grey": ("L", {"compression": "tiff_adobe_deflate"}),
}


def whole(name: str) -> bytes:
    mode, options = SOURCES[name]
    pixels = np.random.default_rng(5).integers(0, 256, (24, 31, 4), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").convert(mode).save(buffer, name.split()[0], **options)
    return buffer.getvalue()


def damaged(data: bytes, seed: int) -> bytes:
    """Flip some bytes, cut or repeat a piece; more often near the start, where the sizes and tables are."""
    rng = np.random.default_rng(seed)
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 9))):
        reach = len(out) if rng.random() < 0.5 else min(len(out), 80)
        out[int(rng.integers(reach))] = int(rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))]))
    at = int(rng.integers(len(out)))
    if seed % 4 == 1:
        out = out[: max(at, 1)]
    elif seed % 4 == 2:
        out = out[:at] + out[at : at + 40] + out[at:]
    return bytes(out)


def outcome(data: bytes) -> str:
    """What reading `data` comes to: "read", or the sentence that refuses it."""
    try:
        image = decode_upload(data).image
    except ValueError as refusal:
        return str(refusal)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert 1 <= min(image.shape[:2]) <= max(image.shape[:2]) <= 512
    return "read"


@pytest.mark.filterwarnings("ignore")  # the decoders' own remarks on damaged files
@pytest.mark.parametrize("name", SOURCES)
def test_damaged_pictures_are_read_or_refused(name):
    original = whole(name)
    assert decode_upload(original).image.shape == (24, 31, 3)
    outcomes = [outcome(damaged(original, seed)) for seed in range(VARIANTS)]
    refusals = [words for words in outcomes if words != "read"]
    assert refusals
    assert all(words.endswith(".") for words in refusals)


# Pictures that take the most memory of their kind: as large as is read, and small as files.
LARGEST = {
    "PNG": ("RGB", (5000, 4000), {}),
    "PNG alpha": ("RGBA", (5000, 4000), {}),
    "PNG palette": ("P", (5000, 4000), {"transparency": 0}),
    "PNG 16": ("I;16", (5000, 4000), {}),
    "TIFF float": ("F", (5000, 4000), {"compression": "tiff_lzw"}),
    "TIFF CMYK": ("CMYK", (5000, 4000), {"compression": "tiff_lzw"}),
    "GIF": ("P", (5000, 4000), {}),
    "WEBP": ("RGBA", (4000, 2500), {"lossless": True}),
    "JPEG": ("RGB", (8000, 6250), {}),
    "JPEG progressive": ("RGB", (5000, 4000), {"progressive": True, "subsampling": 0}),
}

MEASURE = """
import resource, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from cnn_core.images import decode_upload
folder = Path(sys.argv[1])
decode_upload((folder / "small").read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = 0
for file in sorted(folder.glob(sys.argv[2])):
    try:
        decode_upload(file.read_bytes())
    except ValueError:
        pass
    count += 1
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def megabytes(folder: Path, files: str) -> tuple[int, int]:
    """How many files a process of its own has read, and by how many MB its memory has grown at the most."""
    (folder / "small").write_bytes(whole("PNG"))
    # a small shell in between: a process begins with the peak of the one that started it
    command = '"$0" -c "$1" "$2" "$3"; exit $?'
    parts = ["sh", "-c", command, sys.executable, MEASURE, str(folder), files]
    done = subprocess.run(parts, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    count, grown = done.stdout.split()
    return int(count), int(grown)


def test_damaged_pictures_take_little_memory(tmp_path):
    for name in SOURCES:
        for seed in range(VARIANTS):
            (tmp_path / f"{name} {seed}").write_bytes(damaged(whole(name), seed))
    count, grown = megabytes(tmp_path, "*[0-9]")
    assert count == VARIANTS * len(SOURCES) >= 500
    assert grown < 200


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_pictures_take_less_than_200_megabytes(name, tmp_path):
    mode, size, options = LARGEST[name]
    maker = (
        "from PIL import Image; Image.MAX_IMAGE_PIXELS = None; import sys\n"
        f"image = Image.new({mode!r}, {size})\n"
        f"if {mode == 'RGBA'}: image.putalpha(100)\n"
        f"image.save(sys.argv[1], {name.split()[0]!r}, **{options})"
    )
    subprocess.run([sys.executable, "-c", maker, str(tmp_path / "large 1")], check=True)
    count, grown = megabytes(tmp_path, "large*")
    assert count == 1
    assert grown < 200


def test_reading_a_picture_opens_no_file(monkeypatch):
    data = {name: whole(name) for name in SOURCES}
    decode_upload(data["PNG"])  # whatever is imported on the way is imported now

    def refuse(*args, **kwargs):
        raise AssertionError(f"a file is opened: {args}")

    with monkeypatch.context() as patch:
        for place in ("builtins.open", "io.open", "os.open", "tempfile.NamedTemporaryFile", "tempfile.mkstemp"):
            patch.setattr(place, refuse)
        shapes = [decode_upload(one).image.shape for one in data.values()]
    assert shapes == [(24, 31, 3)] * len(SOURCES)
