"""Runs side by side: their curves in one chart, the settings that differ, and their results."""

from collections.abc import Mapping, Sequence

import streamlit as st

from cnn_core.evaluation.outcomes import Outcome, comparison_csv, run_outcome
from cnn_core.runs import Run
from cnn_core.runs.comparison import describe_setting, differing_settings, run_settings
from cnn_core.runs.export import export_tensorboard
from cnn_core.training.events import EpochDone
from cnn_core.words import capitalize_first
from pages.components.heartbeat import schedule_rerun
from pages.parts.compare.charts import AXES, MAX_POINTS, comparison_rows, curve_spec
from pages.shared import state
from pages.shared.controls import choose_option, show_note
from pages.shared.state import show_store_errors
from pages.shared.tables import escape_markdown, format_figure, show_table

EACH_EPOCH = "each epoch"
EACH_STEP = "each step"
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
"""Every figure of an Outcome: its title and its format."""


@st.fragment
def show_side_by_side(names: Mapping[str, str]) -> None:
    """Show curves and tables of the runs {id: label}; drawn again while one of them is in progress."""
    going = True  # also while the database does not answer
    with show_store_errors():
        runs = _load_existing_runs(names)
        going = any(run.is_active for run in runs)
        epochs = {run.id: state.run_store().load_epochs(run.id) for run in runs}
        show_curves(runs, names, epochs)
        warn_of_size_difference(runs, names)
        outcomes = [run_outcome(run, epochs[run.id]) for run in runs]
        show_tables(runs, [names[run.id] for run in runs], outcomes)
    if going:
        schedule_rerun(1.0, key="compare_beat")


def _load_existing_runs(names: Mapping[str, str]) -> list[Run]:
    """Return the runs, without those that were deleted meanwhile."""
    existing = []
    for run_id in names:
        try:
            existing.append(state.run_store().get_run(run_id))
        except ValueError:
            continue
    return existing


def show_curves(runs: Sequence[Run], names: Mapping[str, str], epochs: Mapping[str, Sequence[EpochDone]]) -> None:
    """Show the curves of loss and accuracy, with controls for the axis and the smoothing."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        axis = choose_option("Over", AXES, AXES[0], "compare_axis", "Seconds are those of the computer it ran on.")
        every = choose_option("Training curve of", (EACH_EPOCH, EACH_STEP), EACH_EPOCH, "compare_training")
        hint = "A moving average as in TensorBoard: each point averages those before it. It hides short changes."
        weight = st.slider(
            "Smoothing", 0.0, 0.95, 0.0, 0.05, key="compare_smooth", bind="query-params", help=hint, width=220
        )
        log = st.toggle("Loss in powers of ten", key="compare_log", bind="query-params")
    steps = {
        run.id: state.run_store().load_steps(run.id, at_most=MAX_POINTS // 2) if every == EACH_STEP else ()
        for run in runs
    }
    drawn = {names[run.id]: (run.steps_per_epoch, epochs[run.id], steps[run.id]) for run in runs}
    if not any(epochs.values()) and not any(steps.values()):
        st.info("No epoch of these runs is finished yet.", icon=":material/hourglass_top:")
        return
    rows = comparison_rows(drawn, axis, weight)
    left, right = st.columns(2, gap="medium")
    loss = curve_spec("loss", "cross-entropy loss", axis, tuple(drawn), log=log)
    left.vega_lite_chart(rows, loss, key="compare_loss_chart", alt=curves_alt_text(runs, names, epochs, "loss"))
    accuracy = curve_spec("accuracy", "accuracy", axis, tuple(drawn))
    right.vega_lite_chart(
        rows, accuracy, key="compare_accuracy_chart", alt=curves_alt_text(runs, names, epochs, "accuracy")
    )
    faint = " Faint: as it was before smoothing." if weight else ""
    show_note(f"Thick: validation, its last epoch marked. Thin and dashed: training, {every}.{faint}")


def curves_alt_text(
    runs: Sequence[Run], names: Mapping[str, str], epochs: Mapping[str, Sequence[EpochDone]], metric: str
) -> str:
    """Return a chart in words: the last validation figure of every run."""
    last = [f"{names[run.id]} {getattr(epochs[run.id][-1], f'val_{metric}'):.3g}" for run in runs if epochs[run.id]]
    return f"Curves of {metric}. Validation at the end: {'; '.join(last) or 'none yet'}"


def warn_of_size_difference(runs: Sequence[Run], names: Mapping[str, str]) -> None:
    """Warn that networks of different size are compared: the larger one may win by its size alone."""
    sizes = {names[run.id]: run.spec.total_parameters for run in runs}
    if len(set(sizes.values())) > 1:
        each = "; ".join(f"{escape_markdown(name)}: {size:,}" for name, size in sizes.items())
        st.warning(
            f"**These networks differ in size**: a better result may come from that alone. Parameters: {each}.",
            icon=":material/balance:",
        )


def show_tables(runs: Sequence[Run], names: Sequence[str], outcomes: Sequence[Outcome]) -> None:
    """Show the settings that differ and the results, with a column for each run, and offer both as files."""
    different = differing_settings([run_settings(run.spec, run.config) for run in runs])
    st.subheader("What differed", anchor=False)
    if different:
        lines = [
            [capitalize_first(describe_setting(name)), *map(_format_setting, values)]
            for name, values in different.items()
        ]
        show_table(["Setting", *names], lines, alt="The settings that differ, with a column for each run")
    else:
        show_note("Nothing: all settings are the same." if len(runs) > 1 else "Choose another run to compare with.")
    st.subheader("What came out", anchor=False)
    lines = [
        [title, *(format_figure(getattr(one, field), form) for one in outcomes)]
        for field, (title, form) in FIGURES.items()
    ]
    show_table(
        ["Result", *names],
        [["State", *(run.status for run in runs)], *lines],
        alt="The results, with a column for each run",
    )
    show_note("Precision, recall and F1 are means over the classes of the test images, each class counting alike.")
    with st.container(horizontal=True):
        text = comparison_csv(names, different, outcomes)
        st.download_button("Table (CSV)", text, "comparison.csv", "text/csv", key="compare_csv", on_click="ignore")
        ids = [run.id for run in runs]
        st.download_button(
            "Event files for TensorBoard (ZIP)",
            lambda: export_tensorboard(state.run_store(), ids),
            "tensorboard.zip",
            "application/zip",
            key="compare_tensorboard",
            on_click="ignore",
        )


def _format_setting(value: object) -> str:
    """Return a setting as text; a dash where a run has no such setting."""
    return "–" if value is None else describe_setting(value)
