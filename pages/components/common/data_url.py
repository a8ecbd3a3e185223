"""Pictures as data: URLs, which a browser shows without asking a server."""

import base64
import io
from typing import Any

from PIL import Image


def encode_data_url(picture: Image.Image, file_format: str = "WEBP", **options: Any) -> str:
    """Return `picture` as a data: URL; `file_format` and `options` are Pillow's, which saves WEBP in quality 80.

    >>> encode_data_url(Image.new("L", (1, 1)), "PNG")[:22]
    'data:image/png;base64,'
    """
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return f"data:image/{file_format.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
