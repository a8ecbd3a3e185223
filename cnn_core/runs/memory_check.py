"""Whether a run fits into memory, estimated before it starts."""

from cnn_core.datasets import Dataset
from cnn_core.hardware import detect_device
from cnn_core.networks import NetworkSpec, memory
from cnn_core.training.config import TrainConfig

MEMORY_OPTIMIZERS = {"sgd": "SGD with momentum", "adam": "Adam", "adamw": "Adam"}
BASE_MB, SPARE_FACTOR = 600.0, 1.3
"""What a worker takes before it does anything, and what allocators and copies for a moment take on top."""


def needed_mb(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> float:
    """Megabytes that training will take at its peak, rounded up rather than down."""
    images = sum(part.images.nbytes for part in (data.train, data.val, data.test)) / 1e6
    batch = min(config.batch_size, len(data.train))
    return BASE_MB + images + SPARE_FACTOR * memory.training_peak(spec, batch, MEMORY_OPTIMIZERS[config.optimizer])


def free_mb() -> float:
    """Megabytes of memory that are free where runs are trained: the GPU's, else this computer's."""
    of_gpu = detect_device().memory
    if of_gpu is not None:
        return of_gpu / 1e6
    return memory.free_mb() * memory.MB / 1e6


def check_memory(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """Raises ValueError with a sentence when the run would not fit into memory."""
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
