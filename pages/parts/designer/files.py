"""What enters and leaves the designer: JSON and pasted source in; source, notebook, ONNX, tables out."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from cnn_core.networks import NetworkSpec
from cnn_core.networks.draft import Draft, read_draft
from cnn_core.networks.export import ONNX_COPIES, to_csv, to_markdown, to_notebook, to_onnx, to_source
from cnn_core.networks.memory import check_room, parameter_mb
from cnn_core.networks.read_sequential import read_sequential
from cnn_core.networks.spec import MAX_TEXT
from pages.parts.designer import session as state
from pages.shared.controls import note

SOURCE, FILE = "designer_source", "designer_file"
MAX_BYTES = 4 * MAX_TEXT
"""More than this is too much text in any alphabet: the rest is not looked at."""


def importing() -> None:
    """The network as JSON, which the link holds; and the source of an nn.Sequential to read."""
    with st.popover("Import", icon=":material/input:", on_change="rerun", key="designer_import") as box:
        st.text_area("JSON", state.FIRST, key=state.TEXT, bind="query-params", height=120)
        if box.open:
            st.file_uploader("Open network.json or network.py", ["json", "py"], key=FILE, on_change=_open)
            st.text_area("Source", key=SOURCE, height=160, placeholder="nn.Sequential(nn.Conv2d(3, 16, 3), …)")
            note("Read as text, never run. Its input has the size that is set on the page.")
            st.button("Read the source", key="designer_read", on_click=_read)


def _open() -> None:
    """A file that was taken home."""
    file = st.session_state[FILE]
    if file is None:
        return
    content = file.getvalue()[: MAX_BYTES + 1].decode("utf-8", "replace")
    _take(lambda: read_draft(content) if file.name.endswith(".json") else _pasted(content))


def _read() -> None:
    # the state, not an argument: a click may come before the run that the typing set off has drawn the button again
    _take(lambda: _pasted(st.session_state[SOURCE]))


def _pasted(source: str) -> Draft:
    return read_sequential(source, state.current().input_shape)


def _take(read: Callable[[], Draft]) -> None:
    """Another network, if it can be read; else why not."""
    try:
        state.write(read())
        state.choose((0,))
    except ValueError as problem:
        state.say(str(problem))


def exporting(draft: Draft, fits: bool) -> None:
    """One button a file; each is made when it is asked for."""
    with st.popover("Export", icon=":material/download:", on_change="rerun", key="designer_export") as box:
        if not box.open:
            return
        _button("JSON", "network.json", "application/json", draft.to_json)
        if not fits:
            note("The other files need a network whose layers all fit.")
            return
        spec = draft.finished()
        _button("PyTorch source", "network.py", "text/x-python", lambda: to_source(spec))
        _button("Jupyter notebook", "network.ipynb", "application/x-ipynb+json", lambda: to_notebook(spec))
        try:
            check_room("The ONNX file", ONNX_COPIES * parameter_mb(spec))
            _button("ONNX", "network.onnx", "application/octet-stream", lambda: onnx(spec))
        except ValueError as problem:
            note(str(problem))
        _button("Table (Markdown)", "network.md", "text/markdown", lambda: to_markdown(spec))
        _button("Table (CSV)", "network.csv", "text/csv", lambda: to_csv(spec))


def _button(label: str, name: str, mime: str, data: object) -> None:
    st.download_button(label, data, name, mime, key=f"designer_{name}", on_click="ignore", width="stretch")  # type: ignore[arg-type]


def onnx(spec: NetworkSpec) -> bytes:
    """The network as an ONNX file, with the weights it would start from."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-onnx-") as folder:
        path = Path(folder) / "network.onnx"
        to_onnx(spec, path)
        return path.read_bytes()
