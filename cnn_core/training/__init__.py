"""Training as a stream of plain-data events, jobs that run it, and the store that keeps it."""

from typing import TYPE_CHECKING, Any

from cnn_core.training.config import TrainConfig

if TYPE_CHECKING:
    from cnn_core.training.loop import train

__all__ = ["TrainConfig", "train"]


def __getattr__(name: str) -> Any:
    """Fetch `train` when it is first asked for: it needs torch, and settings alone do not."""
    if name == "train":
        from cnn_core.training.loop import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
