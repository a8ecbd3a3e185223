"""A run before it starts, and what must hold before it may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cnn_core.datasets import Dataset
from cnn_core.networks import NetworkSpec
from cnn_core.runs.memory_check import check_memory
from cnn_core.training.config import TrainConfig


@dataclass(frozen=True)
class Planned:
    """A run before it starts: its name ("" for none), network and settings.

    >>> from cnn_core.networks import preset
    >>> Planned("small", preset("Tiny CNN"), TrainConfig(epochs=3)).config.epochs
    3
    """

    name: str
    spec: NetworkSpec
    config: TrainConfig


def check_planned(planned: Sequence[Planned], load_data: Callable[[str], Dataset]) -> None:
    """Raise ValueError when one of the runs would not fit into memory, or when its pretrained weights are missing.

    `load_data` returns a data set by name. Runs that differ in their name or seed alone are checked once.
    """
    for spec, config in dict.fromkeys((one.spec, replace(one.config, seed=0)) for one in planned):
        check_memory(spec, load_data(config.dataset), config)
        if config.pretrained:
            from cnn_core.training.pretrained import check_pretrained  # needs torch

            check_pretrained(spec, config)
