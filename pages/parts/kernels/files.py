"""What can be taken home from the Kernel lab: the result, the kernel, the code, the link."""

import io
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.kernels import export
from cnn_core.kernels.filtering import Layer, Result
from cnn_core.kernels.notation import Kernel
from cnn_core.render.filter_result import Shown
from pages.parts.kernels import stack
from pages.shared.controls import note


def files(kernels: Sequence[Kernel | None], layer: Layer, result: Result, shown: Shown) -> None:
    """One button a file; each is made when it is asked for."""
    with st.popover("Download and share", icon=":material/download:", on_change="rerun", key="kernels_files") as box:
        if not box.open:
            return
        note("**Share:** this link holds picture, kernels and settings; only a picture of your own is not in it.")
        st.code(link(), language=None)
        _button("Result (PNG)", "result.png", "image/png", lambda: png(shown.pixels))
        _button("Result, exact values (NumPy)", "result.npy", "application/octet-stream", lambda: npy(result))
        every = [kernel for kernel in kernels if kernel is not None]
        if not every:
            return
        _button("Kernels (JSON)", "kernels.json", "application/json", lambda: export.to_json(every, layer))
        weights = every[min(stack.slot(), len(every) - 1)].weights
        _button("Kernel (CSV)", "kernel.csv", "text/csv", lambda: export.to_csv(weights))
        _button("Kernel (NumPy)", "kernel.npy", "application/octet-stream", lambda: export.to_npy(weights))
        _button("Kernel (PyTorch)", "kernel.py", "text/x-python", lambda: export.to_torch(weights, layer))


def link() -> str:
    """The address of what is on screen, without the name of the visitor's workspace."""
    held = {name: value for name, value in st.query_params.items() if name.startswith("kernels_")}
    return f"{st.context.url}?{urlencode(held)}"


def _button(label: str, name: str, mime: str, data: Callable[[], str | bytes]) -> None:
    st.download_button(label, data, name, mime, key=f"kernels_file_{name}", on_click="ignore", width="stretch")


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def npy(result: Result) -> bytes:
    """Values as a file for `numpy.load`."""
    buffer = io.BytesIO()
    np.save(buffer, result, allow_pickle=False)
    return buffer.getvalue()
