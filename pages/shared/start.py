"""Starting runs from a page: one, all runs of a recipe, or those of an experiment."""

from collections.abc import Sequence

from cnn_core.runs import Planned
from pages.shared import state


def start_all(planned: Sequence[Planned], parent: str = "") -> list[str]:
    """Queue the runs for this learner's workspace and return their ids in order; several make up a batch.

    `parent` is the id of the run whose settings they vary. Raises ValueError, before any run is queued, when they are
    too many, when one of them would not fit into memory, or when its pretrained weights are missing.
    """
    return state.job_queue().start_runs(planned, state.current_workspace(), parent=parent, load_data=state.load_dataset)
