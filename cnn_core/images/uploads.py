"""The safe reading of pictures that a visitor brings: uploads, the webcam, the clipboard."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnn_core.images.pixels import LONG_SIDE, Pixels, shrink_image
from cnn_core.words import format_megabytes, format_size

MAX_BYTES = 20_000_000
MAX_PIXELS = {"JPEG": 50_000_000, "WEBP": 10_000_000}
"""Format → pixels that are read, so that decoding takes less than 200 MB. A JPEG is decoded no larger than needed."""
MAX_OTHER_PIXELS = 20_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
READABLE = "PNG, JPEG, WebP, GIF, BMP or TIFF"
ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what turns the picture upright."""
SHRINKABLE_MODES = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr")
"""Modes in which neighbouring pixels can be averaged; a palette's numbers cannot."""


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture read from an upload: uint8 RGB (height, width, 3), and in words what was done to it."""

    image: Pixels
    notes: tuple[str, ...]


def decode_upload(data: bytes) -> Upload:
    """Read an uploaded picture into plain RGB pixels, its longer side at most 512; whatever else it holds is dropped.

    Size in bytes and in pixels is checked before any pixel is decoded. Raises ValueError with a sentence for
    whatever is no picture, too large, damaged, or of a kind not in FORMATS.
    """
    if not data:
        raise ValueError("The file is empty: choose another one.")
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"The file has {format_megabytes(len(data))}: at most {format_megabytes(MAX_BYTES)} can be read."
        )
    try:
        return _decode_image(data)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(_refusal_message(data, error)) from None
    except _TooLargeError as error:
        raise ValueError(str(error)) from None
    except Exception as error:  # damaged data makes decoders fail in many ways, none of which is the visitor's concern
        raise ValueError("The picture is damaged or cut off: save it again, or choose another one.") from error


class _TooLargeError(Exception):
    """A picture of more pixels than are read; told apart from what decoders raise."""


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    # a progressive JPEG is held in memory whole, however small it is wanted
    simple = not image.info.get("progressive")
    most = MAX_PIXELS.get(str(image.format), MAX_OTHER_PIXELS) if simple else MAX_OTHER_PIXELS
    if width * height > most:
        raise _TooLargeError(
            f"The picture claims {format_size((width, height))} pixels: "
            f"of its kind at most {most // 10**6} million are read."
        )


def _refusal_message(data: bytes, error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return f"The picture claims far too many pixels: at most {MAX_PIXELS['JPEG'] // 10**6} million are read."
    if b"<svg" in data[:4096].lower():
        return f"An SVG is a drawing, not pixels: export it as PNG, or choose a {READABLE}."
    return f"The file is no picture that can be read here: choose a {READABLE}."


def _decode_image(data: bytes) -> Upload:
    """Decode, shrink, bring to 8-bit RGB on white, turn upright; each step that changed something leaves a note."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)  # reads the header only
    _check_size(image)
    notes = []
    if getattr(image, "is_animated", False):
        notes.append("It holds several frames: the first is used.")
        image.seek(0)
    if ";16" in str(getattr(image, "tile", "")):
        notes.append("16 bits a channel, scaled to 8.")
    # a PNG is decoded by getexif already, so what `tile` says is read before
    orientation = image.getexif().get(ORIENTATION)
    full = image.size
    image.draft(None, (2 * LONG_SIDE, 2 * LONG_SIDE))  # a JPEG is decoded no larger than needed
    image.load()
    rgb = _lay_on_white(_to_eight_bits(image, notes), notes)
    if orientation in UPRIGHT_TRANSPOSES:
        notes.append("Turned upright, as its EXIF orientation says.")
        still = image.getexif().get(ORIENTATION)  # a TIFF is turned, and its tag taken away, when it is loaded
        rgb = rgb.transpose(UPRIGHT_TRANSPOSES[still]) if still in UPRIGHT_TRANSPOSES else rgb
        full = full[::-1] if orientation >= 5 else full  # 5 … 8 lie on their side
    if max(full) > LONG_SIDE:
        notes.append(f"Shrunk from {format_size(full)} pixels to {format_size(rgb.size)}.")
    return Upload(np.array(rgb), tuple(notes))


def _to_eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    """Bring 16-bit, 32-bit and float greys to 0 … 255, shrunk; Pillow itself would clip them."""
    if not image.mode.startswith(("I", "F")):
        return image
    sixteen = image.mode.startswith("I;16")
    # shrunk first: a large picture in 64-bit floats would take half a gigabyte
    values = np.asarray(shrink_image(image.convert("I") if sixteen else image, LONG_SIDE)).astype(np.float64)
    if sixteen:
        return Image.fromarray(np.rint(values.clip(0, 65535) / 257).astype(np.uint8))
    if not np.isfinite(values).all():
        raise ValueError("A picture with infinite or missing values.")
    low, high = values.min(), values.max()
    notes.append(f"Its values {low:g} … {high:g} are scaled to 0 … 255.")
    return Image.fromarray(np.rint((values - low) * (255 / max(high - low, 1e-300))).astype(np.uint8))


def _lay_on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    """RGB, shrunk; transparent parts show white."""
    if image.mode == "CMYK":
        notes.append("Printing colours (CMYK) converted to RGB, without a colour profile.")
    if image.mode in ("P", "PA"):
        notes.append("Palette colours read as RGB.")
    clear = image.has_transparency_data
    if (
        image.mode not in SHRINKABLE_MODES or "transparency" in image.info
    ):  # a transparent colour would be mixed with others
        image = image.convert("RGBA" if clear else "RGB")
    image = shrink_image(image, LONG_SIDE)  # before it is converted: a second large copy would take too much memory
    if not clear:
        return image.convert("RGB")
    if image.getchannel("A").getextrema() != (255, 255):
        notes.append("Transparent parts are laid on white.")
    small = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
