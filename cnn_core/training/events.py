"""The events of a training run: plain data, so that an app, the store and a notebook read one stream."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]
"""A module's or an optimiser's state, by name."""


@dataclass(frozen=True)
class Started:
    """First event: what runs, where, and for how long. `initial_loss` is the untrained network's loss on one batch."""

    device: str
    parameters: int
    epochs: int
    steps_per_epoch: int
    initial_loss: float


@dataclass(frozen=True)
class StepDone:
    """One optimiser step: `step` counts from 1 over the whole run, `epoch` from 1; loss and accuracy of its batch.

    `gradient_norm` is the length of all gradients together, before the step; None where it was not finite. `images` is
    the size of the batch, by which a mean over steps weighs them; 0 in runs stored before it was counted.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    seconds: float
    gradient_norm: float | None = None
    images: int = 0


@dataclass(frozen=True)
class EpochDone:
    """One epoch: mean loss and accuracy over the training batches, each before its step, and over the validation set.

    `seconds` is the time since the run started, without pauses. `dead_relus` is the share of the ReLUs' channels that
    are 0 everywhere for each of the first 256 validation images; None without ReLUs.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float
    dead_relus: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """Weights at the end of an epoch (0: untrained): the module's state_dict as NumPy arrays.

    `optimizer` holds the optimiser's state, so that the run can resume from here; `best` says that no earlier epoch had
    a validation loss as low.
    """

    epoch: int
    weights: Arrays
    optimizer: Arrays = field(default_factory=dict)
    best: bool = False


@dataclass(frozen=True)
class Filters:
    """The first convolution's weights (F, C, kh, kw) after `step`: about one event a second."""

    step: int
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Paused:
    """The run waits after `step`; the next StepDone says that it continues."""

    step: int


@dataclass(frozen=True)
class Finished:
    """Last event of a run that completed, ended early or was stopped, after `epochs` whole epochs.

    The test figures are measured once, here, with the weights of `tested_epoch`: the last, or the best where the run
    watched for it. They are None when the run was stopped, which must not wait for them. `confusion` counts the test
    images, rows true, columns predicted.
    """

    reason: Literal["completed", "early", "stopped"]
    epochs: int
    test_loss: float | None
    test_accuracy: float | None
    seconds: float
    confusion: tuple[tuple[int, ...], ...] | None = None
    tested_epoch: int | None = None

    @classmethod
    def stopped(cls, epochs: int, seconds: float) -> "Finished":
        """Return the last event of a run that was stopped, after `epochs` whole epochs and `seconds` of training."""
        return cls("stopped", epochs, None, None, seconds)


@dataclass(frozen=True)
class Failed:
    """Last event of a run that could not continue, with a sentence that says why and what would help."""

    message: str
    step: int


Event = Started | StepDone | EpochDone | Snapshot | Filters | Paused | Finished | Failed
