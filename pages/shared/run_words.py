"""Runs in words: their titles in lists, their results, how long ago they started."""

import time

from cnn_core.datasets import dataset_title
from cnn_core.runs import Run
from cnn_core.words import format_count


def run_name(run: Run) -> str:
    """Return a run's line in lists: its name, or its network and data set; its result or state; its age."""
    return f"{run_title(run)} · {run_result(run)}"


def run_title(run: Run) -> str:
    """Return the run's own name, or else its network and data set."""
    return run.name or f"{run.spec.name} on {data_title(run.config.dataset)}"


def data_title(name: str) -> str:
    """Return the title of a data set; an uploaded one may have been deleted since."""
    try:
        return dataset_title(name)
    except ValueError:
        return "a data set that is gone"


def run_result(run: Run) -> str:
    """Return the run's test accuracy, or its state while there is none, and its age."""
    result: str = "in progress" if run.is_active else run.status
    if run.test_accuracy is not None:
        result = f"{run.test_accuracy:.1%}"
    return f"{result} · {format_age(run)}"


def format_age(run: Run) -> str:
    """Return how long ago the run was started, such as "5 minutes ago"."""
    seconds = time.time() - run.created_at
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{format_count(int(seconds // length), unit)} ago"
    return "just now"
