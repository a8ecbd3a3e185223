"""Pictures as uint8 RGB arrays (height, width, 3): photographs, drawn test patterns, and uploads."""

from cnn_core.images.patterns import PATTERNS, Pattern, draw_pattern
from cnn_core.images.photos import PHOTOS, Photo, load_photo
from cnn_core.images.pixels import LONG_SIDE, Pixels, crop_image, shrink_pixels, to_grey
from cnn_core.images.uploads import MAX_BYTES, Upload, decode_upload

__all__ = [
    "LONG_SIDE",
    "MAX_BYTES",
    "PATTERNS",
    "PHOTOS",
    "Pattern",
    "Photo",
    "Pixels",
    "Upload",
    "crop_image",
    "decode_upload",
    "draw_pattern",
    "load_photo",
    "shrink_pixels",
    "to_grey",
]
