"""Choosing a data set on the Data page: from the list, by download, or from the visitor's own ZIP."""

from typing import Any

import streamlit as st

from cnn_core.datasets import (
    BUILT_IN,
    DOWNLOADABLE,
    available_names,
    describe_dataset,
    download_megabytes,
    own_zip,
    read_archive,
    store_own,
)
from cnn_core.datasets.downloadable import DATASET_SOURCES
from cnn_core.datasets.fetch import fetch_dataset
from cnn_core.words import capitalize_first, format_megabytes
from pages.parts.data import background
from pages.shared import dataset_choice
from pages.shared.controls import show_note

DATASET_KEY = "data_set"
TASK_KEY = "data_own_task"
PROBLEM_KEY = "data_own_problem"
NOTES_KEY = "data_own_notes"


@st.cache_resource(max_entries=1, show_spinner=False)
def all_downloads() -> background.Downloads:
    """Return the downloads that all visitors share."""
    return background.Downloads()


def choose_dataset() -> str:
    """Let the visitor choose a data set, which may still have to be downloaded, and describe it in a line."""
    _select_finished_dataset()
    names = [*BUILT_IN, *DOWNLOADABLE, *dataset_choice.own_dataset_names()]
    titles = dataset_choice.unique_titles(names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # by its title, which is what the link holds
        chosen = st.selectbox("Data set", list(titles.values()), key=DATASET_KEY, bind="query-params", width=260)
        show_zip_form()
    _show_reading_progress()
    name = next(name for name, title in titles.items() if title == chosen)
    dataset_choice.keep_dataset_in_link(name)
    line = describe_dataset(name)
    show_note(f"{capitalize_first(line)}.")
    for said in st.session_state.get(NOTES_KEY, {}).get(name, ()):
        st.warning(said, icon=":material/info:")
    return name


def show_download(name: str) -> bool:
    """Offer to download a data set that is not on this computer, or show the progress; True while it is in progress."""
    source = DATASET_SOURCES[name][0]
    task = all_downloads().latest_download(source)
    if task is not None and not task.ended:
        share = task.done / task.total if task.total else 0.0
        progress_text = f"{task.done / 1e6:.1f} of {format_megabytes(task.total, 1)}" if task.total else "Connecting …"
        stopping = task.stop_event.is_set()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, "Unpacking …" if share == 1 else progress_text)
            st.button("Stop", icon=":material/stop:", key="data_stop", on_click=task.request_stop, disabled=stopping)
        return True
    if task is not None and task.failure:
        st.error(task.failure)
    elif task is not None and task.stopped:
        st.info("Stopped. What has arrived is kept: the download continues from there.")
    else:
        st.info(
            f"These images are not on this computer yet. The download is **{download_megabytes(name):.0f} MB**; "
            "it is checked, kept, and there for everybody who uses this server."
        )
    label = "Try again" if task is not None and task.failure else "Go on" if task is not None else "Download"
    st.button(label, icon=":material/download:", key="data_download", on_click=_start_download, args=(source,))
    show_note(f"On a server, a teacher can do it beforehand: `python -m cnn_core.datasets fetch {name}`")
    return False


def _start_download(source: str) -> None:
    all_downloads().start_download(source, lambda report: fetch_dataset(source, report))


def is_available(name: str) -> bool:
    """Tell whether the data set `name` is on this computer."""
    return name not in DOWNLOADABLE or name in available_names()


def show_zip_form() -> None:
    """Ask for a ZIP, the size and colour to read its pictures in, and show the button that starts."""
    with st.popover("Your own pictures", icon=":material/folder_zip:"):
        show_note(f"A ZIP with a folder of pictures for each class. {own_zip.LIMITS_SENTENCE}")
        most = own_zip.MAX_ARCHIVE_BYTES // 10**6
        file = st.file_uploader("ZIP file", type="zip", key="data_zip", max_upload_size=most)
        st.slider(
            "Side of the images, in pixels",
            16,
            224,
            own_zip.DEFAULT_PICTURE_SIDE,
            8,
            key="data_side",
            bind="query-params",
        )
        st.segmented_control(
            "Pixels", ("Colour", "Grey"), default="Colour", required=True, key="data_pixels", bind="query-params"
        )
        st.number_input("Seed of the cut", 0, 9999, 0, key="data_cut_seed", bind="query-params")
        # a click that came before the file had would be lost
        missing = file is None
        st.button(
            "Read the pictures",
            icon=":material/play_arrow:",
            key="data_read",
            on_click=_start_reading,
            disabled=missing,
        )
        show_note("Each picture is cut to its middle square and scaled. They are kept in this server's data folder.")


def _start_reading() -> None:
    """Start to read the ZIP with the present settings."""
    session = st.session_state
    file = session.get("data_zip")
    if file is None:
        return  # it was taken away just before the click
    if TASK_KEY in session:
        session[TASK_KEY].stop()
    data, title = file.getvalue(), str(file.name).rsplit(".", 1)[0]
    size, channels, seed = session.data_side, 1 if session.data_pixels == "Grey" else 3, session.data_cut_seed

    def read_zip(report: background.Report) -> Any:
        dataset = read_archive(data, size, channels, seed=seed, title=title, progress=report)
        return store_own(dataset), dataset.notes

    session[TASK_KEY] = background.start_task(read_zip)


def is_reading() -> bool:
    """Tell whether a ZIP is being read for this visitor."""
    task = st.session_state.get(TASK_KEY)
    return task is not None and not task.ended


def _select_finished_dataset() -> None:
    """Choose the data set that has just been read."""
    session = st.session_state
    task = session.get(TASK_KEY)
    if task is None or not task.ended:
        return
    del session[TASK_KEY]
    if task.result is not None:
        name, notes = task.result
        dataset_choice.remember_dataset(name)
        session[NOTES_KEY] = {**session.get(NOTES_KEY, {}), name: notes}
        session[DATASET_KEY] = dataset_choice.unique_titles(
            [*BUILT_IN, *DOWNLOADABLE, *dataset_choice.own_dataset_names()]
        )[name]
    elif task.failure:
        session[PROBLEM_KEY] = task.failure


def _show_reading_progress() -> None:
    if is_reading():
        task = st.session_state[TASK_KEY]
        with st.container(horizontal=True, vertical_alignment="center"):
            share = task.done / task.total if task.total else 0.0
            st.progress(
                share, f"Reading picture {task.done:,} of {task.total:,}" if task.total else "Reading the ZIP …"
            )
            st.button("Stop reading", icon=":material/stop:", key="data_stop_reading", on_click=task.request_stop)
    problem = st.session_state.pop(PROBLEM_KEY, "")
    if problem:
        st.error(problem)
