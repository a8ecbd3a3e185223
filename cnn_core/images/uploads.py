"""Read visitors' pictures safely: uploads, webcam pictures, and the clipboard."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnn_core.images.pixels import LONG_SIDE, Pixels, shrink_image
from cnn_core.words import format_megabytes, format_size

MAX_BYTES = 20_000_000
"""Size of an upload: photographs of phones have up to 15 MB."""
MAX_PIXELS = {"JPEG": 50_000_000, "WEBP": 10_000_000}
"""Format → pixels of a picture, so that decoding takes less than 200 MB; a JPEG is decoded at a reduced size."""
MAX_OTHER_PIXELS = 20_000_000
"""Pixels of a picture in any other format, for the same reason."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Pillow's names of the formats that are read."""
READABLE = "PNG, JPEG, WebP, GIF, BMP or TIFF"
"""FORMATS in a sentence."""
ORIENTATION = 0x0112
"""EXIF tag of the orientation."""
UPRIGHT_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → the operation that turns the picture upright."""
SHRINKABLE_MODES = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr")
"""Modes in which neighbouring pixels can be averaged, unlike the numbers of a palette."""


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture read from an upload: uint8 RGB (height, width, 3), and notes on how it was converted.

    >>> Upload(np.zeros((8, 8, 3), dtype=np.uint8), ("It holds several frames: the first is used.",)).image.shape
    (8, 8, 3)
    """

    image: Pixels
    notes: tuple[str, ...]


def decode_upload(data: bytes) -> Upload:
    """Read an uploaded picture as RGB pixels, its longer side at most LONG_SIDE; all other content is dropped.

    The size in bytes and in pixels is checked before any pixel is decoded. Raises ValueError with a sentence for a
    file that is not a picture, too large, damaged, or of a format that is not in FORMATS.

    >>> buffer = io.BytesIO()
    >>> Image.new("L", (1024, 256), 200).save(buffer, "PNG")
    >>> decode_upload(buffer.getvalue()).notes
    ('Shrunk from 1,024 × 256 pixels to 512 × 128.',)
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
    except Exception as error:  # decoders fail in many ways on damaged data
        raise ValueError("The picture is damaged or cut off: save it again, or choose another one.") from error


class _TooLargeError(Exception):
    """A picture has too many pixels; a separate class, because decoders raise ValueError too."""


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    # A progressive JPEG is held in memory as a whole, even when it is decoded at a reduced size.
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
    """Decode a picture, shrink it, convert it to 8-bit RGB on white and turn it upright; note each change."""
    image = Image.open(io.BytesIO(data), formats=FORMATS)  # reads the header only
    _check_size(image)
    notes = []
    if getattr(image, "is_animated", False):
        notes.append("It holds several frames: the first is used.")
        image.seek(0)
    if ";16" in str(getattr(image, "tile", "")):
        notes.append("16 bits a channel, scaled to 8.")
    # getexif already decodes a PNG, so `tile` is read before.
    orientation = image.getexif().get(ORIENTATION)
    full = image.size
    image.draft(None, (2 * LONG_SIDE, 2 * LONG_SIDE))  # a JPEG is decoded at a reduced size
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
    """Scale 16-bit, 32-bit and float greys to 0 … 255 and shrink them; Pillow would clip them."""
    if not image.mode.startswith(("I", "F")):
        return image
    sixteen = image.mode.startswith("I;16")
    # Shrunk first, because a large picture in 64-bit floats would take half a gigabyte.
    values = np.asarray(shrink_image(image.convert("I") if sixteen else image, LONG_SIDE)).astype(np.float64)
    if sixteen:
        return Image.fromarray(np.rint(values.clip(0, 65535) / 257).astype(np.uint8))
    if not np.isfinite(values).all():
        raise ValueError("A picture with infinite or missing values.")
    low, high = values.min(), values.max()
    notes.append(f"Its values {low:g} … {high:g} are scaled to 0 … 255.")
    return Image.fromarray(np.rint((values - low) * (255 / max(high - low, 1e-300))).astype(np.uint8))


def _lay_on_white(image: Image.Image, notes: list[str]) -> Image.Image:
    """Convert a picture to RGB and shrink it; transparent parts become white."""
    if image.mode == "CMYK":
        notes.append("Printing colours (CMYK) converted to RGB, without a colour profile.")
    if image.mode in ("P", "PA"):
        notes.append("Palette colours read as RGB.")
    clear = image.has_transparency_data
    # A transparent colour would be mixed with others when shrunk.
    if image.mode not in SHRINKABLE_MODES or "transparency" in image.info:
        image = image.convert("RGBA" if clear else "RGB")
    image = shrink_image(image, LONG_SIDE)  # before it is converted: a second large copy would take too much memory
    if not clear:
        return image.convert("RGB")
    if image.getchannel("A").getextrema() != (255, 255):
        notes.append("Transparent parts are laid on white.")
    small = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB")
