"""Runs in words: what they are called in lists, how they came out, how long ago they started."""

import time

from cnn_core.datasets import dataset_title
from cnn_core.runs.store import Run
from cnn_core.words import format_count


def run_name(run: Run) -> str:
    """What a run is called in lists: its name, or network and data set; result or state; age."""
    return f"{run_title(run)} · {run_result(run)}"


def run_title(run: Run) -> str:
    """The run's own name, or else its network and data set."""
    return run.name or f"{run.spec.name} on {data_title(run.config.dataset)}"


def data_title(name: str) -> str:
    """What a data set is called; one's own that was deleted since is just that."""
    try:
        return dataset_title(name)
    except ValueError:
        return "a data set that is gone"


def run_result(run: Run) -> str:
    """How the run came out, or its state; and its age."""
    result: str = "in progress" if run.is_active else run.status
    if run.test_accuracy is not None:
        result = f"{run.test_accuracy:.1%}"
    return f"{result} · {format_age(run)}"


def format_age(run: Run) -> str:
    """How long ago the run was started: "5 minutes ago"."""
    seconds = time.time() - run.created_at
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{format_count(int(seconds // length), unit)} ago"
    return "just now"
