"""The results of runs that were started together by a recipe or an experiment, in one table."""

import streamlit as st

from cnn_core.evaluation.outcomes import run_outcome
from cnn_core.runs import Run
from pages.shared import state
from pages.shared.run_choice import MAX_RUNS
from pages.shared.site import get_page
from pages.shared.tables import format_figure, show_table

RESULT_COLUMNS = {
    "train_accuracy": ("Train", ".1%"),
    "val_accuracy": ("Validation", ".1%"),
    "test_accuracy": ("Test", ".1%"),
    "train_loss": ("Train loss", ".3f"),
    "val_loss": ("Val. loss", ".3f"),
    "test_loss": ("Test loss", ".3f"),
    "precision": ("Precision", ".3f"),
    "recall": ("Recall", ".3f"),
    "f1": ("F1", ".3f"),
}


def show_batch_results(run: Run) -> None:
    """Show a row for each run of the batch that `run` belongs to; nothing for a run that was started alone."""
    if not run.batch:
        return
    runs = sorted(
        (one for one in state.run_store().list_runs(run.workspace) if one.batch == run.batch),
        key=lambda r: r.created_at,
    )
    lines = []
    for one in runs:
        results = run_outcome(one, state.run_store().load_epochs(one.id))
        figures = [format_figure(getattr(results, field), form) for field, (_, form) in RESULT_COLUMNS.items()]
        lines.append([one.name or one.spec.name, one.status, *figures])
    st.markdown("##### Started together")
    header = ["Run", "State", *(title for title, _ in RESULT_COLUMNS.values())]
    show_table(header, lines, alt="Results of the runs that were started together, a row for each run")
    query = {"runs": ",".join(one.id for one in runs[:MAX_RUNS])}
    st.page_link(
        get_page("compare"), label="Compare their curves", icon=":material/compare_arrows:", query_params=query
    )
