"""Three hundred damaged pictures: each is read as a picture or refused with a sentence, never anything else."""

import io

import numpy as np
import pytest
from PIL import Image

from cnn_core.images import decode_upload

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


@pytest.mark.filterwarnings("ignore")  # the decoders' own remarks on damaged files
@pytest.mark.parametrize("name", SOURCES)
def test_damaged_pictures_are_read_or_refused(name):
    original = whole(name)
    assert decode_upload(original).image.shape == (24, 31, 3)
    sentences = []
    for seed in range(30):
        try:
            image = decode_upload(damaged(original, seed)).image
        except ValueError as refusal:
            sentences.append(str(refusal))
            continue
        assert image.dtype == np.uint8
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert 1 <= min(image.shape[:2]) <= max(image.shape[:2]) <= 512
    assert sentences
    assert all(sentence.endswith(".") for sentence in sentences)
