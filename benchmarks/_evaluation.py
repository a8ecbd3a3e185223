"""What judging costs beside the network itself; `python -m benchmarks.inspect` prints it.

bare        network E answers 10,000 raw images of CIFAR-10's size in batches, and nothing else: eval, inference mode
bare, fast  the same with the channels of a pixel side by side in memory, which the page does too on a CPU
evaluation  the page's whole path from stored images to figures: normalise, answer, confusion matrix, report, intervals,
            confused pairs, calibration, top-k
figures     of that, what comes after the answers

Both sides run in turn in one process, with batches of the same size. Uses CIFAR-10's test images where they are on this
computer, else as many random ones: the time does not depend on what they show.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from torch import nn

from cnn_core.datasets import Dataset, Split, available_names, load
from cnn_core.evaluation.calibration import measure_calibration
from cnn_core.evaluation.metrics import (
    accuracy_interval,
    confused_pairs,
    confusion_matrix,
    image_losses,
    loss_interval,
    per_class_report,
    top_k_curve,
)
from cnn_core.networks import preset
from cnn_core.training.inference import CPU_BATCH, predict_logits

ROUNDS, IMAGES = 5, 10_000
MAX_RATIO = 1.5
"""At most so many times the bare forward pass."""


@dataclass(frozen=True)
class TimingRow:
    """A name, seconds (median of the rounds), and how many times the bare forward pass that is."""

    name: str
    seconds: float
    ratio: float


def load_images() -> Dataset:
    """CIFAR-10, or random images of its size."""
    if "cifar10" in available_names():
        return load("cifar10")
    random = np.random.default_rng(0)
    parts = [
        Split(random.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8), random.integers(0, 10, count))
        for count in (1_000, 1_000, IMAGES)
    ]
    return Dataset("random", tuple("0123456789"), *parts)


def run_bare(model: nn.Module, raw: NDArray[np.uint8], layout: torch.memory_format) -> None:
    """Every image through the network, as floats as they are."""
    with torch.inference_mode():
        for batch in torch.split(torch.from_numpy(raw), CPU_BATCH):
            model(batch.float().contiguous(memory_format=layout))


def compute_figures(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Everything that the page says about the answers."""
    matrix = confusion_matrix(labels, logits.argmax(axis=1), logits.shape[1])
    per_class_report(matrix)
    confused_pairs(matrix)
    accuracy_interval(int(matrix.trace()), len(labels))
    loss_interval(image_losses(logits, labels))
    measure_calibration(softmax(logits.astype(float), axis=1), labels)
    top_k_curve(logits, labels)


def time_call(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_evaluation(rounds: int = ROUNDS, count: int = IMAGES) -> list[TimingRow]:
    """Both sides in turn over the first `count` test images, after a round that warms up."""
    data = load_images()
    raw, labels = np.ascontiguousarray(data.test.images[:count]), data.test.labels[:count]
    model = preset("E").build(seed=0).eval()
    logits = predict_logits(model, raw, data)  # warms up, and counts the training images' statistics once, as the app

    def run_evaluation() -> None:
        compute_figures(predict_logits(model, raw, data), labels)

    sides: dict[str, Callable[[], object]] = {
        "bare": lambda: run_bare(model, raw, torch.contiguous_format),
        "bare, fast": lambda: run_bare(model, raw, torch.channels_last),
        "evaluation": run_evaluation,
        "figures": lambda: compute_figures(logits, labels),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            times[name].append(time_call(work))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [TimingRow(name, seconds, seconds / medians["bare"]) for name, seconds in medians.items()]


def print_report() -> None:
    """Measure and print."""
    about = f"medians of {ROUNDS}, {IMAGES:,} images, {torch.get_num_threads()} threads"
    print(f"{'seconds':42}{'median':>9}{'× bare':>9}   {about}")
    rows = measure_evaluation()
    for row in rows:
        print(f"{row.name:42}{row.seconds:9.3f}{row.ratio:9.2f}")
    evaluation_ratio = next(row.ratio for row in rows if row.name == "evaluation")
    print(f"goal: at most {MAX_RATIO} × the bare forward pass: {'met' if evaluation_ratio <= MAX_RATIO else 'missed'}")
