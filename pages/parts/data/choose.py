"""Choosing a data set on the Data page: from the list, by download, or from a ZIP of one's own."""

from typing import Any

import streamlit as st

from cnn_core.datasets import (
    BUILT_IN,
    FROM_FILES,
    available,
    describe,
    keep,
    megabytes,
    read_archive,
)
from cnn_core.datasets import (
    own_zip as archive,
)
from cnn_core.datasets.downloadable import WAYS
from cnn_core.datasets.fetch import fetch
from pages.parts.data import background as tasks
from pages.shared import dataset_choice as data_choice
from pages.shared.controls import note

KEY = "data_set"
TASK, PROBLEM, NOTES = "data_own_task", "data_own_problem", "data_own_notes"


def choose() -> str:
    """The chosen data set, with a line on what it holds; it may still have to be downloaded."""
    _take_finished()
    names = [*BUILT_IN, *FROM_FILES, *data_choice.own()]
    called = data_choice.titles(names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # by its title, which is what the link holds
        chosen = st.selectbox("Data set", list(called.values()), key=KEY, bind="query-params", width=260)
        own_pictures()
    _say_how_reading_goes()
    name = next(name for name, title in called.items() if title == chosen)
    data_choice.keep_in_link(name)
    line = describe(name)
    note(f"{line[:1].upper()}{line[1:]}.")
    for said in st.session_state.get(NOTES, {}).get(name, ()):
        st.warning(said, icon=":material/info:")
    return name


def download(name: str) -> bool:
    """Offer to download what is not on this computer, and show how far it is; whether one is going on."""
    source, task = WAYS[name][0], tasks.under_way(WAYS[name][0])
    if task is not None and not task.ended:
        share = task.done / task.total if task.total else 0.0
        came = f"{task.done / 1e6:.1f} of {task.total / 1e6:.1f} MB" if task.total else "Connecting …"
        stopping = task.wanted.is_set()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, "Unpacking …" if share == 1 else came)
            st.button("Stop", icon=":material/stop:", key="data_stop", on_click=task.stop, disabled=stopping)
        return True
    if task is not None and task.failed:
        st.error(task.failed)
    elif task is not None and task.stopped:
        st.info("Stopped. What has come stays: the download goes on from there.")
    else:
        st.info(
            f"These images are not on this computer yet. The download is **{megabytes(name):.0f} MB**; "
            "it is checked, kept, and there for everybody who uses this server."
        )
    label = "Try again" if task is not None and task.failed else "Go on" if task is not None else "Download"
    st.button(label, icon=":material/download:", key="data_download", on_click=_begin, args=(source,))
    note(f"On a server, a teacher can do it beforehand: `python -m cnn_core.datasets fetch {name}`")
    return False


def _begin(source: str) -> None:
    tasks.download(source, lambda report: fetch(source, report))


def is_here(name: str) -> bool:
    """Whether `name` can be looked at now."""
    return name not in FROM_FILES or name in available()


def own_pictures() -> None:
    """A ZIP, the size and colour to read it in, and the button that begins."""
    with st.popover("Your own pictures", icon=":material/folder_zip:"):
        note(f"A ZIP with a folder of pictures for each class. {archive.LIMITS}")
        most = archive.MOST_BYTES // 10**6
        file = st.file_uploader("ZIP file", type="zip", key="data_zip", max_upload_size=most)
        st.slider("Side of the images, in pixels", 16, 224, archive.USUAL, 8, key="data_side", bind="query-params")
        st.segmented_control(
            "Pixels", ("Colour", "Grey"), default="Colour", required=True, key="data_pixels", bind="query-params"
        )
        st.number_input("Seed of the cut", 0, 9999, 0, key="data_cut_seed", bind="query-params")
        # a click that came before the file had would be lost
        missing = file is None
        st.button("Read the pictures", icon=":material/play_arrow:", key="data_read", on_click=_read, disabled=missing)
        note("Each picture is cut to its middle square and scaled. They are kept in this server's data folder.")


def _read() -> None:
    """Begin to read the ZIP with the settings as they stand now."""
    state = st.session_state
    file = state.get("data_zip")
    if file is None:
        return  # it was taken away just before the click
    if TASK in state:
        state[TASK].stop()
    data, title = file.getvalue(), str(file.name).rsplit(".", 1)[0]
    size, channels, seed = state.data_side, 1 if state.data_pixels == "Grey" else 3, state.data_cut_seed

    def work(report: tasks.Report) -> Any:
        own = read_archive(data, size, channels, seed=seed, title=title, progress=report)
        return keep(own), own.notes

    state[TASK] = tasks.begin(work)


def reading() -> bool:
    """Whether a ZIP is being read for this visitor."""
    task = st.session_state.get(TASK)
    return task is not None and not task.ended


def _take_finished() -> None:
    """Choose the data set that has just been read."""
    state = st.session_state
    task = state.get(TASK)
    if task is None or not task.ended:
        return
    del state[TASK]
    if task.result is not None:
        name, notes = task.result
        data_choice.remember(name)
        state[NOTES] = {**state.get(NOTES, {}), name: notes}
        state[KEY] = data_choice.titles([*BUILT_IN, *FROM_FILES, *data_choice.own()])[name]
    elif task.failed:
        state[PROBLEM] = task.failed


def _say_how_reading_goes() -> None:
    if reading():
        task = st.session_state[TASK]
        with st.container(horizontal=True, vertical_alignment="center"):
            share = task.done / task.total if task.total else 0.0
            st.progress(
                share, f"Reading picture {task.done:,} of {task.total:,}" if task.total else "Reading the ZIP …"
            )
            st.button("Stop reading", icon=":material/stop:", key="data_stop_reading", on_click=task.stop)
    problem = st.session_state.pop(PROBLEM, "")
    if problem:
        st.error(problem)
