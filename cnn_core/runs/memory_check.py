"""An estimate, before a run starts, of whether it fits into memory."""

from cnn_core.datasets import Dataset
from cnn_core.hardware import detect_device
from cnn_core.networks import NetworkSpec, memory
from cnn_core.training.config import TrainConfig

MEMORY_OPTIMIZERS = {"sgd": "SGD with momentum", "adam": "Adam", "adamw": "Adam"}
"""The name under which the memory of each optimiser is tabled; AdamW keeps what Adam keeps."""
BASE_MB = 600.0
"""Megabytes of a worker process that has imported its libraries, before it trains."""
SPARE_FACTOR = 1.3
"""What allocators and short-lived copies take on top of the tensors."""


def needed_mb(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> float:
    """Return the megabytes that training takes at its peak, estimated on the safe side."""
    images = sum(part.images.nbytes for part in (data.train, data.val, data.test)) / 1e6
    batch = min(config.batch_size, len(data.train))
    return BASE_MB + images + SPARE_FACTOR * memory.training_peak(spec, batch, MEMORY_OPTIMIZERS[config.optimizer])


def free_mb() -> float:
    """Return the free megabytes of the memory in which runs are trained: the GPU's, else this computer's."""
    of_gpu = detect_device().memory
    if of_gpu is not None:
        return of_gpu / 1e6
    return memory.free_mb() * memory.MB / 1e6


def check_memory(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """Raise ValueError when the run would not fit into memory, with the batch size that would fit."""
    needs, free = needed_mb(spec, data, config), free_mb()
    if needs <= free:
        return
    batch = min(config.batch_size, len(data.train))
    while batch > 1 and needs > free:
        batch //= 2
        smaller = TrainConfig.from_dict({**config.to_dict(), "batch_size": batch})
        needs = needed_mb(spec, data, smaller)
    advice = (
        f"a batch size of {batch} would" if needs <= free else "no batch size is small enough: a smaller network would"
    )
    raise ValueError(
        f"This run needs about {needed_mb(spec, data, config) / 1e3:,.1f} GB of memory, and {free / 1e3:,.1f} GB are "
        f"free: {advice} fit."
    )
