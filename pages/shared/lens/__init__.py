"""The lens: a picture beside its filtered result; pointing at a pixel writes out the sum behind it."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.display import Shown
from cnn_core.matrices import format_matrix, split_matrix

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_lens",
    html='<div class="lens" role="group" aria-label="Picture and result"></div>\n<!-- filled by lens.js -->',
    css=(HERE / "lens.css").read_text(encoding="utf-8"),
    js=(HERE / "lens.js").read_text(encoding="utf-8"),
)


def _data_url(kind: str, image: NDArray[np.uint8], **options: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"


@st.cache_data(max_entries=16, show_spinner=False)
def _exact(image: NDArray[np.uint8]) -> str:
    """The picture without loss: the browser reads the numbers of a sum out of it."""
    return _data_url("WEBP", image, lossless=True, method=0, quality=20)


def lens(
    padded: NDArray[np.uint8],
    shown: Shown,
    weights: NDArray[np.float64],
    *,
    margin: int,
    start: tuple[int, int],
    caption: str,
    alt: str,
    result_alt: str,
    key: str,
) -> None:
    """Show `padded` (the picture with its border of `margin` pixels) without the border, and the result beside it.

    `weights` are the kernel as it is laid on the picture; `start` is the output pixel (row, column) pointed at first.
    """
    data = {
        "source": _exact(padded),
        "result": _data_url("JPEG", shown.pixels, quality=92, subsampling=0),
        "size": list(shown.pixels.shape[:2]),
        "channels": 3 if padded.ndim == 3 else 1,
        "margin": margin,
        "weights": weights.tolist(),
        "words": split_matrix(format_matrix(weights)),
        "start": list(start),
        "caption": caption,
        "alt": alt,
        "result_alt": result_alt,
        "ends": _ends(shown),
        "colours": list(shown.colours),
        "remark": shown.remark,
    }
    _component(data=data, key=key)


def _ends(shown: Shown) -> list[str]:
    """What is written under the scale, from left to right: −412, 0, +412, or 0, 255."""
    high = f"{shown.high:,.0f}" if shown.high >= 100 else f"{shown.high:.3g}"
    return [f"−{high}", "0", f"+{high}"] if shown.low < 0 else ["0", high]
