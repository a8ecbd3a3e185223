"""Uploaded pictures: every format is read to the last pixel, everything else gets a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cnn_core.images import MAX_BYTES, decode_upload

RNG = np.random.default_rng(3)


RGB = RNG.integers(0, 256, (24, 30, 3), dtype=np.uint8)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG written byte by byte: `rows` holds a filter byte before each row."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP"])
def test_lossless_formats_keep_every_pixel(kind):
    colours = RGB // 128 * 255  # eight colours: a GIF holds no more than 256
    options = {"lossless": True} if kind == "WEBP" else {}
    np.testing.assert_array_equal(decode_upload(saved(Image.fromarray(colours), kind, **options)).image, colours)


def test_plain_picture_needs_no_note():
    upload = decode_upload(saved(Image.fromarray(RGB), "PNG"))
    assert upload.notes == ()
    assert upload.image.flags.writeable


def test_jpeg_is_read():
    flat = np.full((40, 50, 3), (200, 100, 30), np.uint8)
    image = decode_upload(saved(Image.fromarray(flat), "JPEG", quality=95)).image
    np.testing.assert_allclose(image, flat, atol=4)


def test_16_bit_grey_is_scaled_not_clipped():
    values = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)  # 32896 = 128·257
    upload = decode_upload(saved(Image.fromarray(values), "PNG"))
    assert upload.image[0, :, 0].tolist() == [0, 1, 128, 255]
    assert upload.notes == ("16 bits a channel, scaled to 8.",)


def test_16_bit_rgb_is_scaled_not_clipped():
    row = b"\0" + struct.pack(">6H", 0, 32896, 65535, 257, 2570, 25700)
    upload = decode_upload(png(2, 1, 16, 2, row))
    assert upload.image.tolist() == [[[0, 128, 255], [1, 10, 100]]]
    assert upload.notes == ("16 bits a channel, scaled to 8.",)


def test_float_tiff_is_scaled_and_said():
    upload = decode_upload(saved(Image.fromarray(np.array([[-1.0, 0, 1]], dtype=np.float32)), "TIFF"))
    assert upload.image[0, :, 0].tolist() == [0, 128, 255]
    assert upload.notes == ("Its values -1 … 1 are scaled to 0 … 255.",)


def test_float_tiff_with_nan_is_refused():
    with pytest.raises(ValueError, match="damaged"):
        decode_upload(saved(Image.fromarray(np.array([[np.nan, 1]], dtype=np.float32)), "TIFF"))


def test_cmyk_is_converted():
    ink = Image.new("CMYK", (20, 20), (0, 255, 255, 0))  # magenta and yellow ink: red
    upload = decode_upload(saved(ink, "JPEG", quality=95))
    np.testing.assert_allclose(upload.image[10, 10], [255, 0, 0], atol=6)
    assert "CMYK" in upload.notes[0]


def test_palette():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    upload = decode_upload(saved(image, "PNG"))
    assert upload.image.tolist() == [[[10, 20, 30], [200, 100, 50]]]
    assert upload.notes == ("Palette colours read as RGB.",)


def test_palette_with_transparency_is_laid_on_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    upload = decode_upload(saved(image, "PNG", transparency=0))
    assert upload.image.tolist() == [[[255, 255, 255], [200, 100, 50]]]
    assert upload.notes == ("Palette colours read as RGB.", "Transparent parts are laid on white.")


def test_rgba_is_laid_on_white():
    image = Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 51], [9, 8, 7, 255]]], dtype=np.uint8))
    upload = decode_upload(saved(image, "PNG"))
    assert upload.image.tolist() == [[[255] * 3, [255 - 51] * 3, [9, 8, 7]]]
    assert upload.notes == ("Transparent parts are laid on white.",)


def test_opaque_alpha_needs_no_note():
    assert decode_upload(saved(Image.fromarray(RGB).convert("RGBA"), "PNG")).notes == ()


def test_grey_with_alpha_and_one_bit():
    image = Image.fromarray(np.array([[[0, 0], [60, 255]]], dtype=np.uint8), mode="LA")
    assert decode_upload(saved(image, "PNG")).image[0, :, 0].tolist() == [255, 60]
    dots = Image.fromarray(np.array([[True, False]]))
    assert decode_upload(saved(dots, "PNG")).image[0, :, 1].tolist() == [255, 0]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_exif_orientation_is_applied(kind):
    halves = np.zeros((32, 64, 3), np.uint8)
    halves[:, 32:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must turn a quarter to the right
    options = {"exif": exif} | ({"lossless": True} if kind == "WEBP" else {})
    upload = decode_upload(saved(Image.fromarray(halves), kind, **options))
    assert upload.image.shape == (64, 32, 3)
    assert upload.image[:24].max() < 10
    assert upload.image[40:].min() > 245
    assert upload.notes == ("Turned upright, as its EXIF orientation says.",)


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    upload = decode_upload(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert upload.image[4, 4].tolist() == [255, 0, 0]
    assert upload.notes[0] == "It holds several frames: the first is used."


def test_unknown_orientation_turns_nothing():
    exif = Image.Exif()
    exif[0x0112] = 77
    assert decode_upload(saved(Image.new("RGB", (8, 4)), "JPEG", exif=exif)).notes == ()


def test_size_before_shrinking_is_told_upright():
    exif = Image.Exif()
    exif[0x0112] = 8
    upload = decode_upload(saved(Image.new("RGB", (2000, 1000)), "JPEG", exif=exif))
    assert upload.notes[-1] == "Shrunk from 1,000 × 2,000 pixels to 256 × 512."


def test_large_16_bit_grey_is_shrunk_without_clipping():
    ramp = np.tile(np.linspace(0, 65535, 1024, dtype=np.uint16), (8, 1))
    image = decode_upload(saved(Image.fromarray(ramp), "PNG")).image
    assert image.shape == (4, 512, 3)
    assert np.abs(image[2, :, 0] - np.linspace(0, 255, 512)).max() <= 1


def test_large_pictures_are_shrunk_and_said():
    upload = decode_upload(saved(Image.new("RGB", (2000, 1000), (7, 8, 9)), "JPEG"))
    assert upload.image.shape == (256, 512, 3)
    assert upload.notes == ("Shrunk from 2,000 × 1,000 pixels to 512 × 256.",)
    assert decode_upload(saved(Image.new("L", (3000, 1)), "PNG")).image.shape == (1, 512, 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello, this is no picture", "no picture that can be read here: choose a PNG"),
        (b"\x00" * 1000, "no picture"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG"),
        (b"<html><body>no</body></html>", "no picture"),
        (b"P6 1 1 255 \x00\x00\x00", "no picture"),  # a PPM: readable, but not on the list
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "no picture|damaged"),
        (png(50_000, 50_000, 8, 2, b""), "too many pixels"),  # 7.5 GB in 60 bytes
        (png(9_000, 9_000, 8, 0, b""), "claims 9,000 × 9,000 pixels: of its kind at most 20 million"),
        (png(50_000_001, 1, 1, 0, b""), "claims 50,000,001 × 1 pixels"),
        (png(4_000, 4_000, 8, 0, b"\0" * 100), "damaged or cut off"),
        (bytes(MAX_BYTES + 1), "at most 20 MB"),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else None,
)
def test_what_is_no_picture_gets_a_sentence(data, words):
    with pytest.raises(ValueError, match=words):
        decode_upload(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_truncated_files_are_refused(kind, share):
    whole = saved(Image.fromarray(RNG.integers(0, 256, (100, 100, 3), dtype=np.uint8)), kind)
    with pytest.raises(ValueError, match=r"damaged or cut off|no picture"):
        decode_upload(whole[: int(len(whole) * share)])
