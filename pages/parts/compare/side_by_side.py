"""Runs side by side: their curves over each other, what differed, and what came out."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cnn_core.evaluation.outcomes import Outcome, comparison_csv, outcome
from cnn_core.runs.comparison import differing, said, settings
from cnn_core.runs.export import tensorboard_archive
from cnn_core.runs.store import Run
from cnn_core.training.events import EpochDone
from pages.components.heartbeat import heartbeat
from pages.parts.compare.charts import AXES, MOST_POINTS, curve_rows, curve_spec
from pages.shared import state
from pages.shared.controls import choice, note
from pages.shared.state import answered
from pages.shared.tables import plain, shown, table

EPOCH, STEP = "each epoch", "each step"
FIGURES = {
    "epochs": ("Epochs", ","),
    "train_accuracy": ("Training accuracy", ".1%"),
    "val_accuracy": ("Validation accuracy", ".1%"),
    "test_accuracy": ("Test accuracy", ".1%"),
    "train_loss": ("Training loss", ".4f"),
    "val_loss": ("Validation loss", ".4f"),
    "test_loss": ("Test loss", ".4f"),
    "precision": ("Precision", ".3f"),
    "recall": ("Recall", ".3f"),
    "f1": ("F1", ".3f"),
    "parameters": ("Parameters", ","),
    "seconds": ("Seconds", ".1f"),
}
"""Every figure of an Outcome: its name and how it is written."""


@st.fragment
def side_by_side(names: Mapping[str, str]) -> None:
    """Curves and tables of the runs {id: what it is called}; drawn again while one of them goes on."""
    going = True  # also while the database does not answer
    with answered():
        runs = _still_there(names)
        going = any(run.alive for run in runs)
        epochs = {run.id: state.store().epochs(run.id) for run in runs}
        curves(runs, names, epochs)
        warn_of_sizes(runs, names)
        outcomes = [outcome(run, epochs[run.id]) for run in runs]
        tables(runs, [names[run.id] for run in runs], outcomes)
    if going:
        heartbeat(1.0, key="compare_beat")


def _still_there(names: Mapping[str, str]) -> list[Run]:
    """The runs; one that somebody deleted since is left out."""
    found = []
    for run_id in names:
        try:
            found.append(state.store().get(run_id))
        except ValueError:
            continue
    return found


def curves(runs: Sequence[Run], names: Mapping[str, str], epochs: Mapping[str, Sequence[EpochDone]]) -> None:
    """Loss and accuracy over each other, with what they are drawn over, and how smooth."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        axis = choice("Over", AXES, AXES[0], "compare_axis", "Seconds are those of the computer it ran on.")
        every = choice("Training curve of", (EPOCH, STEP), EPOCH, "compare_training")
        hint = "A moving average, TensorBoard's: each point looks back. It hides what is short."
        weight = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="compare_smooth", bind="query-params", help=hint, width=220
        )
        log = st.toggle("Loss in powers of ten", key="compare_log", bind="query-params")
    steps = {run.id: state.store().steps(run.id, at_most=MOST_POINTS // 2) if every == STEP else () for run in runs}
    drawn = {names[run.id]: (run.steps_per_epoch, epochs[run.id], steps[run.id]) for run in runs}
    if not any(epochs.values()) and not any(steps.values()):
        st.info("No epoch of these runs is finished yet.", icon=":material/hourglass_top:")
        return
    rows = curve_rows(drawn, axis, weight)
    left, right = st.columns(2, gap="medium")
    loss = curve_spec("loss", "cross-entropy loss", axis, list(drawn), log=log)
    left.vega_lite_chart(rows, loss, key="compare_loss_chart", alt=words(runs, names, epochs, "loss"))
    accuracy = curve_spec("accuracy", "accuracy", axis, list(drawn))
    right.vega_lite_chart(rows, accuracy, key="compare_accuracy_chart", alt=words(runs, names, epochs, "accuracy"))
    faint = " Faint: as it was before smoothing." if weight else ""
    note(f"Thick: validation, its last epoch marked. Thin and dashed: training, {every}.{faint}")


def words(runs: Sequence[Run], names: Mapping[str, str], epochs: Mapping[str, Sequence[EpochDone]], what: str) -> str:
    """A chart in words: the last validation figure of every run."""
    last = [f"{names[run.id]} {getattr(epochs[run.id][-1], f'val_{what}'):.3g}" for run in runs if epochs[run.id]]
    return f"Curves of {what}. Validation at the end: {'; '.join(last) or 'none yet'}"


def warn_of_sizes(runs: Sequence[Run], names: Mapping[str, str]) -> None:
    """Say that networks of different size are compared: the larger one may win by its size alone."""
    sizes = {names[run.id]: run.spec.total_parameters for run in runs}
    if len(set(sizes.values())) > 1:
        each = "; ".join(f"{plain(name)}: {size:,}" for name, size in sizes.items())
        st.warning(
            f"**These networks differ in size**: a better result may come from that alone. Parameters: {each}.",
            icon=":material/balance:",
        )


def tables(runs: Sequence[Run], names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """What differed and what came out, a column a run; the same to take home."""
    different = differing([settings(run.spec, run.config) for run in runs])
    st.subheader("What differed", anchor=False)
    if different:
        lines = [[said(name).capitalize(), *map(_value, values)] for name, values in different.items()]
        table(["Setting", *names], lines, alt="The settings that differ, a column a run")
    else:
        note("Nothing: all settings are the same." if len(runs) > 1 else "Choose another run to compare with.")
    st.subheader("What came out", anchor=False)
    lines = [
        [title, *(shown(getattr(one, field), form) for one in outcomes)] for field, (title, form) in FIGURES.items()
    ]
    table(["Result", *names], [["State", *(run.status for run in runs)], *lines], alt="The results, a column a run")
    note("Precision, recall and F1 are means over the classes of the test images, each class counting alike.")
    with st.container(horizontal=True):
        text = comparison_csv(names, different, outcomes)
        st.download_button("Table (CSV)", text, "comparison.csv", "text/csv", key="compare_csv", on_click="ignore")
        ids = [run.id for run in runs]
        st.download_button(
            "Event files for TensorBoard (ZIP)",
            lambda: tensorboard_archive(state.store(), ids),
            "tensorboard.zip",
            "application/zip",
            key="compare_tensorboard",
            on_click="ignore",
        )


def _value(value: object) -> str:
    """A setting in words; a dash where a run has no such setting."""
    return "–" if value is None else said(value)
