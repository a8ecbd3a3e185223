"""What may be asked of a run while it goes on, and where a run may begin other than at its beginning. Plain data."""

from dataclasses import dataclass, field

from cnn_core.training.events import Arrays


@dataclass(frozen=True)
class Orders:
    """Read by the loop before every step; the newest orders count.

    stop           end after the step under way
    paused         wait, but take the steps up to number `step_until` all the same
    learning_rate  instead of the configured one, from now on; the schedule goes on from it
    epochs         instead of the configured number
    """

    stop: bool = False
    paused: bool = False
    step_until: int = 0
    learning_rate: float | None = None
    epochs: int | None = None


@dataclass(frozen=True)
class StartPoint:
    """Where a run goes on: after `epoch`, with these weights and what the optimiser keeps, after `seconds` of training.

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
