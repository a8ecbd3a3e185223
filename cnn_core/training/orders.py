"""Orders to a run under way, and the point at which a resumed or forked run begins. Plain data."""

from dataclasses import dataclass, field

from cnn_core.training.events import Arrays


@dataclass(frozen=True)
class Orders:
    """Read by the loop before every step; the newest orders count.

    stop           end after the current step
    paused         wait, but still take the steps up to number `step_until`
    learning_rate  replaces the configured one from now on; the schedule scales with it
    epochs         replaces the configured number
    """

    stop: bool = False
    paused: bool = False
    step_until: int = 0
    learning_rate: float | None = None
    epochs: int | None = None


@dataclass(frozen=True)
class StartPoint:
    """Where a run resumes: after `epoch` and `seconds` of training, with these weights and this state of the optimiser.

    `best_epoch` had the lowest validation loss so far, `best_loss`, and left `best_weights`. A run that is forked from
    another's weights starts after epoch 0 with an empty `optimizer`.
    """

    epoch: int
    weights: Arrays
    optimizer: Arrays = field(default_factory=dict)
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss: float = float("inf")
    best_weights: Arrays = field(default_factory=dict)
