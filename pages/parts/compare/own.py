"""The learner's own runs: name, note, export, delete and undo."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.datasets import Dataset
from cnn_core.runs import Run
from cnn_core.runs.export import export_archive, export_tensorboard, file_name
from cnn_core.runs.schema import MAX_NAME_LENGTH, MAX_NOTE_LENGTH
from pages.parts.compare.chosen import CHOSEN_KEY, attempt_change, own_runs, run_labels
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.fresh import button_pressed
from pages.shared.run_choice import choose_by_id, select_run
from pages.shared.run_words import data_title, run_result, run_title
from pages.shared.site import get_page
from pages.shared.tables import escape_markdown

RUN_KEY = "compare_run"
DELETED_KEY = "compare_deleted"
LAST_WEIGHTS = "the last weights"
ALL_WEIGHTS = "the weights of every stored epoch"


def manage_runs(runs: Sequence[Run]) -> None:
    """Choose one of the learner's `runs` to rename, annotate, export or delete."""
    show_undo()
    if not runs:
        st.info("No run of yours is here.", icon=":material/school:")
        return
    numbered = run_labels(runs, runs)
    names = {run.id: f"{numbered[run.id]} · {run_result(run)}" for run in runs}
    chosen = choose_by_id("Run", names, RUN_KEY)
    run = next(run for run in runs if run.id == chosen)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.text_input(
            "Name",
            run.name,
            MAX_NAME_LENGTH,
            key=f"compare_name_{run.id}",
            placeholder=run_title(run),
            on_change=_rename_run,
            args=(run.id,),
        )
        st.text_area(
            "Note",
            run.note,
            max_chars=MAX_NOTE_LENGTH,
            key=f"compare_note_{run.id}",
            placeholder="What you expected, and what happened",
            on_change=_store_note,
            args=(run.id,),
        )
    with right:
        what = f"{run.spec.name}, {run.spec.total_parameters:,} parameters, on {data_title(run.config.dataset)}"
        st.markdown(f"**{escape_markdown(what)}**: {run.status}. {escape_markdown(run.message)}")
        with st.container(horizontal=True):
            show_export(run)
            st.button(
                "Delete",
                icon=":material/delete:",
                key="compare_delete",
                on_click=_delete_run,
                args=(run.id, numbered[run.id]),
                disabled=run.is_active,
                help="A run in progress can be deleted once it has ended." if run.is_active else None,
            )
            if button_pressed("Open it on Train", "compare_open", icon=":material/model_training:"):
                select_run(run.id)
                st.switch_page(get_page("train"))


def show_export(run: Run) -> None:
    """Offer the run as files; each is made when it is downloaded."""
    with st.popover("Export", icon=":material/download:", on_change="rerun", key="compare_export") as box:
        if not box.open:
            return
        every = st.radio("With", (LAST_WEIGHTS, ALL_WEIGHTS), key="compare_weights") == ALL_WEIGHTS
        stem, data = file_name(run_title(run)), _load_training_data(run)
        st.download_button(
            "Everything (ZIP)",
            lambda: export_archive(state.run_store(), run.id, data, every_epoch=every),
            f"{stem}.zip",
            "application/zip",
            key="compare_zip",
            on_click="ignore",
            width="stretch",
        )
        show_note(
            "Settings and results as JSON, curves as CSV, weights as safetensors, and code that runs without CNN Lab."
        )
        st.download_button(
            "Event files for TensorBoard (ZIP)",
            lambda: export_tensorboard(state.run_store(), [run.id]),
            f"{stem}-tensorboard.zip",
            "application/zip",
            key="compare_events",
            on_click="ignore",
            width="stretch",
        )


def _load_training_data(run: Run) -> Dataset | None:
    """Return the images the run learned from; None, with a note, where they are gone."""
    try:
        return state.load_dataset(run.config.dataset)
    except ValueError:
        show_note("The images it learned from are gone: its code will lack their mean and standard deviation.")
        return None


def _require_own_run(run_id: str) -> str:
    """Return `run_id`. Raises ValueError unless it is a run of this workspace: a link may name runs of others."""
    if run_id not in {run.id for run in own_runs()}:
        raise ValueError("This run belongs to somebody else, or was deleted: it can be looked at, not changed.")
    return run_id


def _is_deleted(run_id: str) -> bool:
    """Tell whether the run was deleted here: a browser may send its fields once more with a quick click."""
    return run_id in {deleted for deleted, _ in st.session_state.get(DELETED_KEY, ())}


def _rename_run(run_id: str) -> None:
    if not _is_deleted(run_id):
        attempt_change(
            lambda: state.run_store().rename_run(_require_own_run(run_id), st.session_state[f"compare_name_{run_id}"])
        )


def _store_note(run_id: str) -> None:
    if not _is_deleted(run_id):
        attempt_change(
            lambda: state.run_store().annotate_run(_require_own_run(run_id), st.session_state[f"compare_note_{run_id}"])
        )


def _delete_run(run_id: str, name: str) -> None:
    if attempt_change(lambda: state.run_store().delete_run(_require_own_run(run_id))):
        st.session_state.setdefault(DELETED_KEY, []).append((run_id, name))
        if CHOSEN_KEY in st.session_state:
            st.session_state[CHOSEN_KEY] = [other for other in st.session_state[CHOSEN_KEY] if other != run_id]


def show_undo() -> None:
    """Show the run that was deleted last, with a button to restore it; then the one deleted before it."""
    if not st.session_state.get(DELETED_KEY):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            f"Deleted: {escape_markdown(st.session_state[DELETED_KEY][-1][1])}. It can be restored for a day.",
            icon=":material/delete:",
        )
        st.button("Undo", icon=":material/undo:", key="compare_undo", on_click=_restore_run)


def _restore_run() -> None:
    if st.session_state.get(DELETED_KEY) and attempt_change(
        lambda: state.run_store().restore_run(st.session_state[DELETED_KEY][-1][0])
    ):
        run_id, _ = st.session_state[DELETED_KEY].pop()
        st.session_state[f"{RUN_KEY}_kept"] = run_id
