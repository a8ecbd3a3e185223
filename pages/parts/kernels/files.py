"""What can be taken home from the Kernel lab: the result, the kernel, the code, the link."""

import io
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.kernels import export
from cnn_core.kernels.filtering import FilterSettings, Result
from cnn_core.kernels.notation import Kernel
from cnn_core.render.filter_result import ResultPicture
from pages.parts.kernels import stack
from pages.shared.controls import show_note


def show_downloads(
    kernels: Sequence[Kernel | None], layer: FilterSettings, result: Result, shown: ResultPicture
) -> None:
    """Show a button for each file; a file is made when its button is pressed."""
    with st.popover("Download and share", icon=":material/download:", on_change="rerun", key="kernels_files") as box:
        if not box.open:
            return
        show_note("**Share:** this link holds picture, kernels and settings; only a picture of your own is not in it.")
        st.code(current_link(), language=None)
        _show_download("Result (PNG)", "result.png", "image/png", lambda: to_png(shown.pixels))
        _show_download("Result, exact values (NumPy)", "result.npy", "application/octet-stream", lambda: to_npy(result))
        present_kernels = [kernel for kernel in kernels if kernel is not None]
        if not present_kernels:
            return
        _show_download(
            "Kernels (JSON)", "kernels.json", "application/json", lambda: export.to_json(present_kernels, layer)
        )
        weights = present_kernels[min(stack.chosen_slot(), len(present_kernels) - 1)].weights
        _show_download("Kernel (CSV)", "kernel.csv", "text/csv", lambda: export.to_csv(weights))
        _show_download("Kernel (NumPy)", "kernel.npy", "application/octet-stream", lambda: export.to_npy(weights))
        _show_download("Kernel (PyTorch)", "kernel.py", "text/x-python", lambda: export.to_torch(weights, layer))


def current_link() -> str:
    """Return the address of what is on the screen, without the name of the visitor's workspace."""
    parameters = {name: value for name, value in st.query_params.items() if name.startswith("kernels_")}
    return f"{st.context.url}?{urlencode(parameters)}"


def _show_download(label: str, name: str, mime: str, data: Callable[[], str | bytes]) -> None:
    st.download_button(label, data, name, mime, key=f"kernels_file_{name}", on_click="ignore", width="stretch")


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture (height, width, 3) as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def to_npy(result: Result) -> bytes:
    """Return values as a file for `numpy.load`."""
    buffer = io.BytesIO()
    np.save(buffer, result, allow_pickle=False)
    return buffer.getvalue()
