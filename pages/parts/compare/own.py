"""One's own runs: name, note, files to take home, delete and undo."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.datasets import Dataset
from cnn_core.runs.export import archive, file_name, tensorboard_archive
from cnn_core.runs.schema import LONGEST_NAME, LONGEST_NOTE, Run
from pages.parts.compare.chosen import CHOSEN, attempt, labels, own_runs
from pages.shared import state
from pages.shared.controls import note, pressed
from pages.shared.run_choice import one_of, show_run
from pages.shared.run_words import run_result, run_title
from pages.shared.site import page
from pages.shared.tables import plain

RUN, DELETED = "compare_run", "compare_deleted"
LAST, ALL = "the last weights", "the weights of every stored epoch"


def own(runs: Sequence[Run]) -> None:
    """Choose one of the own `runs`, and change or take home what it is."""
    undo_box()
    if not runs:
        st.info("No run of yours is here.", icon=":material/school:")
        return
    numbered = labels(runs, runs)
    names = {run.id: f"{numbered[run.id]} · {run_result(run)}" for run in runs}
    chosen = one_of("Run", names, RUN)
    run = next(run for run in runs if run.id == chosen)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.text_input(
            "Name",
            run.name,
            LONGEST_NAME,
            key=f"compare_name_{run.id}",
            placeholder=run_title(run),
            on_change=_rename,
            args=(run.id,),
        )
        st.text_area(
            "Note",
            run.note,
            max_chars=LONGEST_NOTE,
            key=f"compare_note_{run.id}",
            placeholder="What you expected, and what came",
            on_change=_annotate,
            args=(run.id,),
        )
    with right:
        what = f"{run.spec.name}, {run.spec.total_parameters:,} parameters, on {run.config.dataset.capitalize()}"
        st.markdown(f"**{plain(what)}**: {run.status}. {plain(run.message)}")
        with st.container(horizontal=True):
            exporting(run)
            st.button(
                "Delete",
                icon=":material/delete:",
                key="compare_delete",
                on_click=_delete,
                args=(run.id, numbered[run.id]),
                disabled=run.alive,
                help="A run that goes on can be deleted once it has ended." if run.alive else None,
            )
            if pressed("Open it on Train", "compare_open", icon=":material/model_training:"):
                show_run(run.id)
                st.switch_page(page("train"))


def exporting(run: Run) -> None:
    """The run as files; each is made when it is asked for."""
    with st.popover("Export", icon=":material/download:", on_change="rerun", key="compare_export") as box:
        if not box.open:
            return
        every = st.radio("With", (LAST, ALL), key="compare_weights") == ALL
        stem, data = file_name(run_title(run)), _images(run)
        st.download_button(
            "Everything (ZIP)",
            lambda: archive(state.store(), run.id, data, every_epoch=every),
            f"{stem}.zip",
            "application/zip",
            key="compare_zip",
            on_click="ignore",
            width="stretch",
        )
        note("Settings and results as JSON, curves as CSV, weights as safetensors, and code that runs without CNN Lab.")
        st.download_button(
            "Event files for TensorBoard (ZIP)",
            lambda: tensorboard_archive(state.store(), [run.id]),
            f"{stem}-tensorboard.zip",
            "application/zip",
            key="compare_events",
            on_click="ignore",
            width="stretch",
        )


def _images(run: Run) -> Dataset | None:
    """What the run learned from; None, and a sentence, where that is not at hand any more."""
    try:
        return state.dataset(run.config.dataset)
    except ValueError:
        note("The images it learned from are not at hand: its code will lack their mean and standard deviation.")
        return None


def _mine(run_id: str) -> str:
    """`run_id`, if it is a run of this workspace; ValueError otherwise: a link names others' runs, too."""
    if run_id not in {run.id for run in own_runs()}:
        raise ValueError("This run belongs to somebody else, or was deleted: it can be looked at, not changed.")
    return run_id


def _is_gone(run_id: str) -> bool:
    """Whether the run was deleted here: a browser may send its fields once more, with a click that came quickly."""
    return run_id in {deleted for deleted, _ in st.session_state.get(DELETED, ())}


def _rename(run_id: str) -> None:
    if not _is_gone(run_id):
        attempt(lambda: state.store().rename(_mine(run_id), st.session_state[f"compare_name_{run_id}"]))


def _annotate(run_id: str) -> None:
    if not _is_gone(run_id):
        attempt(lambda: state.store().annotate(_mine(run_id), st.session_state[f"compare_note_{run_id}"]))


def _delete(run_id: str, name: str) -> None:
    if attempt(lambda: state.store().delete(_mine(run_id))):
        st.session_state.setdefault(DELETED, []).append((run_id, name))
        if CHOSEN in st.session_state:
            st.session_state[CHOSEN] = [other for other in st.session_state[CHOSEN] if other != run_id]


def undo_box() -> None:
    """What was deleted last, and the way back; once more for what was deleted before it."""
    if not st.session_state.get(DELETED):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            f"Deleted: {plain(st.session_state[DELETED][-1][1])}. It can be had back for a day.",
            icon=":material/delete:",
        )
        st.button("Undo", icon=":material/undo:", key="compare_undo", on_click=_undo)


def _undo() -> None:
    if st.session_state.get(DELETED) and attempt(lambda: state.store().restore(st.session_state[DELETED][-1][0])):
        run_id, _ = st.session_state[DELETED].pop()
        st.session_state[f"{RUN}_kept"] = run_id
