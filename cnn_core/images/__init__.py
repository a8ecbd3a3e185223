"""Pictures: photographs, drawn test patterns, what visitors bring; uint8 RGB (height, width, 3)."""

from cnn_core.images.patterns import PATTERNS, Pattern, draw_pattern
from cnn_core.images.photos import PHOTOS, Photo, photo
from cnn_core.images.pixels import LONG_SIDE, Pixels, cropped, scaled, to_grey
from cnn_core.images.uploads import MOST_BYTES, Upload, decode_upload

__all__ = [
    "LONG_SIDE",
    "MOST_BYTES",
    "PATTERNS",
    "PHOTOS",
    "Pattern",
    "Photo",
    "Pixels",
    "Upload",
    "cropped",
    "decode_upload",
    "draw_pattern",
    "photo",
    "scaled",
    "to_grey",
]
