"""The runs that were started together, as a recipe's or an experiment's are: their results in one table."""

import streamlit as st

from cnn_core.evaluation.outcomes import outcome
from cnn_core.runs.store import Run
from pages.shared import state
from pages.shared.run_choice import MOST
from pages.shared.site import page
from pages.shared.tables import shown, table

COLUMNS = {
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


def together(run: Run) -> None:
    """A line for each run of the batch that `run` belongs to; nothing for a run of its own."""
    if not run.batch:
        return
    runs = sorted(
        (one for one in state.store().runs(run.workspace) if one.batch == run.batch), key=lambda r: r.created_at
    )
    lines = []
    for one in runs:
        found = outcome(one, state.store().epochs(one.id))
        figures = [shown(getattr(found, field), form) for field, (_, form) in COLUMNS.items()]
        lines.append([one.name or one.spec.name, one.status, *figures])
    st.markdown("##### Started together")
    header = ["Run", "State", *(title for title, _ in COLUMNS.values())]
    table(header, lines, alt="Results of the runs that were started together, a line a run")
    query = {"runs": ",".join(one.id for one in runs[:MOST])}
    st.page_link(page("compare"), label="Compare their curves", icon=":material/compare_arrows:", query_params=query)
