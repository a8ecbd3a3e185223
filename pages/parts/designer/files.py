"""Import and export of the Designer: JSON and pasted source in; source, notebook, ONNX and tables out."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cnn_core.networks import NetworkSpec
from cnn_core.networks.draft import Draft, read_draft
from cnn_core.networks.export import ONNX_COPIES, to_csv, to_markdown, to_notebook, to_onnx, to_source
from cnn_core.networks.memory import check_free_memory, parameter_mb
from cnn_core.networks.read_sequential import read_sequential
from cnn_core.networks.spec import MAX_TEXT
from pages.parts.designer import session
from pages.shared.controls import show_note

SOURCE_KEY = "designer_source"
FILE_KEY = "designer_file"
MAX_BYTES = 4 * MAX_TEXT
"""UTF-8 takes at most four bytes for a letter: a longer file has more than `MAX_TEXT` letters in any alphabet."""


def show_import() -> None:
    """Show the fields that a network can be read from: JSON, a file, and the source of an nn.Sequential."""
    with st.popover("Import", icon=":material/input:", on_change="rerun", key="designer_import") as box:
        st.text_area("JSON", session.NETWORK_TEXT.first, key=session.NETWORK_KEY, bind="query-params", height=120)
        session.NETWORK_TEXT.mark_drawn()
        if box.open:
            st.file_uploader("Open network.json or network.py", ["json", "py"], key=FILE_KEY, on_change=_apply_file)
            st.text_area("Source", key=SOURCE_KEY, height=160, placeholder="nn.Sequential(nn.Conv2d(3, 16, 3), …)")
            show_note("The source is read as text and never run. Its input has the size that is set on the page.")
            st.button("Read the source", key="designer_read", on_click=_apply_source)


def _apply_file() -> None:
    """Read the network from the uploaded file."""
    file = st.session_state[FILE_KEY]
    if file is None:
        return
    content = file.getvalue()[: MAX_BYTES + 1].decode("utf-8", "replace")
    _apply_network(lambda: read_draft(content) if file.name.endswith(".json") else _parse_source(content))


def _apply_source() -> None:
    # From the state, not from an argument: the click may come before the typed source has drawn the button again.
    _apply_network(lambda: _parse_source(st.session_state[SOURCE_KEY]))


def _parse_source(source: str) -> Draft:
    return read_sequential(source, session.current_draft().input_shape)


def _apply_network(read: Callable[[], Draft]) -> None:
    """Replace the network by the one that `read` returns; store a problem if it raises ValueError."""
    try:
        session.store_draft(read())
        session.select_layer((0,))
    except ValueError as problem:
        session.store_problem(str(problem))


def show_export(draft: Draft, fits: bool) -> None:
    """Show a button for each kind of file; a file is made when its button is pressed."""
    with st.popover("Export", icon=":material/download:", on_change="rerun", key="designer_export") as box:
        if not box.open:
            return
        _show_download("JSON", "network.json", "application/json", draft.to_json)
        if not fits:
            show_note("The other files need a network whose layers all fit.")
            return
        spec = draft.to_spec()
        _show_download("PyTorch source", "network.py", "text/x-python", lambda: to_source(spec))
        _show_download("Jupyter notebook", "network.ipynb", "application/x-ipynb+json", lambda: to_notebook(spec))
        try:
            check_free_memory("The ONNX file", ONNX_COPIES * parameter_mb(spec))
            _show_download("ONNX", "network.onnx", "application/octet-stream", lambda: onnx_bytes(spec))
        except ValueError as problem:
            show_note(str(problem))
        _show_download("Table (Markdown)", "network.md", "text/markdown", lambda: to_markdown(spec))
        _show_download("Table (CSV)", "network.csv", "text/csv", lambda: to_csv(spec))


def _show_download(label: str, name: str, mime: str, data: object) -> None:
    st.download_button(label, data, name, mime, key=f"designer_{name}", on_click="ignore", width="stretch")  # type: ignore[arg-type]


def onnx_bytes(spec: NetworkSpec) -> bytes:
    """Return the network as an ONNX file, with its initial weights."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-onnx-") as folder:
        path = Path(folder) / "network.onnx"
        to_onnx(spec, path)
        return path.read_bytes()
