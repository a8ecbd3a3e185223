"""Training as a stream of plain-data events. What keeps and queues runs is in `cnn_core.runs`."""

from typing import TYPE_CHECKING, Any

from cnn_core.training.config import TrainConfig

if TYPE_CHECKING:
    from cnn_core.training.loop import train

__all__ = ["TrainConfig", "train"]


def __getattr__(name: str) -> Any:
    """Return `train` when it is first used: it imports torch, which settings do not need."""
    if name == "train":
        from cnn_core.training.loop import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
