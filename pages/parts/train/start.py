"""Queueing runs: one, or all runs of a recipe together."""

import secrets
from collections.abc import Sequence

from cnn_core.networks import NetworkSpec
from cnn_core.runs import jobs
from cnn_core.runs.memory_check import check_memory
from cnn_core.runs.recipes import PlannedRun
from cnn_core.training import TrainConfig
from pages.shared import state
from pages.shared.run_choice import select_run


def start_run(spec: NetworkSpec, config: TrainConfig) -> None:
    """Queue a run and make it the one that is shown. Raises ValueError when it has no room."""
    start_all([("", spec, config)])


def start_all(planned: Sequence[PlannedRun]) -> None:
    """Queue runs under one name of a batch, and show the first. Raises ValueError when one of them has no room."""
    jobs.check_run_limit(state.current_workspace(), len(planned))
    for _, spec, config in planned:
        check_memory(spec, state.load_dataset(config.dataset), config)
        if config.pretrained:
            from cnn_core.training.pretrained import check_pretrained  # needs torch

            check_pretrained(spec, config)
    batch = secrets.token_urlsafe(8) if len(planned) > 1 else ""
    store = state.run_store()
    run_ids = [
        store.create_run(state.current_workspace(), spec, config, name=name, batch=batch)
        for name, spec, config in planned
    ]
    for run_id in run_ids:
        jobs.submit_run(store, run_id)
    select_run(run_ids[0])
