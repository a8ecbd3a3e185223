"""The same operations on every rung of a ladder: plain loops, vectorised NumPy, PyTorch on the CPU and on the GPU.

`climb` is a stream of plain events: a page, a benchmark or a notebook may read it.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core import ops
from cnn_core.geometry import conv_output_size, pool_output_size, whole
from cnn_core.ops import naive

Array = NDArray[np.floating[Any]]
Arrays = tuple[Array, ...]

LOOPS, NUMPY, TORCH, GPU = "Plain loops", "NumPy, vectorised", "PyTorch, CPU", "PyTorch, GPU"
JOBS = ("conv2d forward", "conv2d backward", "max_pool2d forward", "max_pool2d backward")
POOL = 2
"""Side and stride of the pooling window."""
ENOUGH_S, MOST_RUNS = 0.3, 30
"""A fast rung is repeated until this much time is spent, or so often; the median counts."""
PROBE_ROWS = 4


@dataclass(frozen=True)
class Sizes:
    """What is computed: `batch` images (channels, size, size), and a convolution; ValueError says what does not fit."""

    batch: int = 2
    channels: int = 3
    size: int = 16
    filters: int = 8
    kernel: int = 3
    stride: int = 1
    padding: int = 1

    def __post_init__(self) -> None:
        for name, low, high in (
            ("batch", 1, 64),
            ("channels", 1, 32),
            ("size", 2, 48),
            ("filters", 1, 64),
            ("kernel", 1, 5),
            ("stride", 1, 4),
            ("padding", 0, 4),
        ):
            whole(name, getattr(self, name), low, high)
        conv_output_size(self.size, self.kernel, stride=self.stride, padding=self.padding)

    @property
    def output(self) -> int:
        """Rows, and columns, of the convolution's output."""
        return conv_output_size(self.size, self.kernel, stride=self.stride, padding=self.padding)

    @property
    def pooled(self) -> int:
        """Rows, and columns, of the input after pooling."""
        return pool_output_size(self.size, POOL)


@dataclass(frozen=True, eq=False)
class Numbers:
    """The arrays that every rung gets, float64: images, kernels, biases, and what comes back to each output."""

    x: Array
    w: Array
    b: Array
    dy: Array
    dpooled: Array
    settings: dict[str, int]


@dataclass(frozen=True)
class Progress:
    """The loops have done this share of a job."""

    job: str
    share: float


@dataclass(frozen=True)
class Measured:
    """A rung has done a job: median seconds over `runs`, and the largest difference from the first rung's results."""

    job: str
    rung: str
    seconds: float
    runs: int
    difference: float | None


Event = Progress | Measured


def numbers(sizes: Sizes, seed: int = 0) -> Numbers:
    """Standard normal numbers of these sizes, the same for the same seed."""
    rng = np.random.default_rng(seed)
    image = (sizes.batch, sizes.channels, sizes.size, sizes.size)
    out, pooled = sizes.output, sizes.pooled
    return Numbers(
        rng.normal(size=image),
        rng.normal(size=(sizes.filters, sizes.channels, sizes.kernel, sizes.kernel)),
        rng.normal(size=sizes.filters),
        rng.normal(size=(sizes.batch, sizes.filters, out, out)),
        rng.normal(size=(*image[:2], pooled, pooled)),
        {"stride": sizes.stride, "padding": sizes.padding},
    )


def climb(sizes: Sizes, *, loops: bool = True, gpu: bool = False) -> Iterator[Event]:
    """Do every job of JOBS on every rung, slowest rung first; yields Progress while loops run, and Measured.

    Without `loops` the differences are those from NumPy's results. `gpu` adds the GPU that PyTorch finds.
    """
    given = numbers(sizes)
    for job in JOBS:
        reference: Arrays | None = None
        if loops:
            started = time.perf_counter()
            for share, reference in loop_pieces(job, given):  # noqa: B007  what the last piece leaves is the result
                yield Progress(job, share)
            yield Measured(job, LOOPS, time.perf_counter() - started, 1, None)
        for rung, run in fast_rungs(job, given, gpu=gpu):
            seconds, runs, results = _timed(run)
            difference = None if reference is None else _difference(results, reference)
            reference = results if reference is None else reference
            yield Measured(job, rung, seconds, runs, difference)


def estimate(sizes: Sizes) -> float:
    """Seconds that the plain loops will take for all jobs: a few rows of one image and filter measured, and scaled."""
    rows = min(sizes.output, PROBE_ROWS)
    probe = replace(sizes, batch=1, filters=1, size=max(POOL, _rows_needed(sizes, rows)))
    given = numbers(probe)
    seconds = 0.0
    for job in JOBS:
        started = time.perf_counter()
        for _ in loop_pieces(job, given):
            pass
        seconds += (time.perf_counter() - started) * scale(job, sizes, probe)
    return seconds


def scale(job: str, sizes: Sizes, probe: Sizes) -> float:
    """How many times the work of `probe` a job has at `sizes`: the ratio of the outputs that are computed."""
    if job.startswith("conv2d"):
        return sizes.batch * sizes.filters * sizes.output**2 / (probe.batch * probe.filters * probe.output**2)
    return sizes.batch * sizes.channels * sizes.pooled**2 / (probe.batch * probe.channels * probe.pooled**2)


def _rows_needed(sizes: Sizes, outputs: int) -> int:
    """The input size that gives so many outputs, at most that of `sizes`."""
    return min(sizes.size, max(1, (outputs - 1) * sizes.stride + sizes.kernel - 2 * sizes.padding))


# ---- the rungs -------------------------------------------------------------------------------------------------------


def loop_pieces(job: str, given: Numbers) -> Iterator[tuple[float, Arrays]]:
    """Plain loops, one image and one filter (pooling: channel) at a time; yields the share done and the results so far.

    The pieces together are what one call of `cnn_core.ops.naive` computes; they are there for the progress bar.
    """
    x, w, b, settings = given.x, given.w, given.b, given.settings
    results = tuple(np.zeros(shape) for shape in _result_shapes(job, given))
    planes = list(product(range(len(x)), range(len(w) if job.startswith("conv2d") else x.shape[1])))
    for done, (n, k) in enumerate(planes, start=1):
        image, plane = slice(n, n + 1), slice(k, k + 1)
        if job == "conv2d forward":
            results[0][image, plane] = naive.conv2d(x[image], w[plane], b[plane], **settings)
        elif job == "conv2d backward":
            dx, dw, db = naive.conv2d_backward(given.dy[image, plane], x[image], w[plane], **settings)
            results[0][image] += dx
            results[1][plane] += dw
            results[2][plane] += db
        elif job == "max_pool2d forward":
            results[0][image, plane] = naive.max_pool2d(x[image, plane], POOL)
        else:
            results[0][image, plane] = naive.max_pool2d_backward(given.dpooled[image, plane], x[image, plane], POOL)
        yield done / len(planes), results


def _result_shapes(job: str, given: Numbers) -> list[tuple[int, ...]]:
    return {
        "conv2d forward": [given.dy.shape],
        "conv2d backward": [given.x.shape, given.w.shape, given.b.shape],
        "max_pool2d forward": [given.dpooled.shape],
        "max_pool2d backward": [given.x.shape],
    }[job]


def fast_rungs(job: str, given: Numbers, *, gpu: bool) -> Iterator[tuple[str, Callable[[], Arrays]]]:
    """The rungs above the loops: a name, and the job as a function without arguments."""
    yield NUMPY, lambda: numpy_job(job, given)
    yield TORCH, torch_job(job, given, "cpu")
    if gpu:
        yield GPU, torch_job(job, given, "cuda")


def numpy_job(job: str, given: Numbers) -> Arrays:
    """A job by `cnn_core.ops`: windows laid out as a matrix, one matrix product."""
    if job == "conv2d forward":
        return (ops.conv2d(given.x, given.w, given.b, **given.settings),)
    if job == "conv2d backward":
        return ops.conv2d_backward(given.dy, given.x, given.w, **given.settings)
    if job == "max_pool2d forward":
        return (ops.max_pool2d(given.x, POOL),)
    return (ops.max_pool2d_backward(given.dpooled, given.x, POOL),)


def torch_job(job: str, given: Numbers, device: str) -> Callable[[], Arrays]:
    """A job by PyTorch on `device`. Numbers are moved there before, and a backward pass has its forward pass done."""
    import torch
    import torch.nn.functional as F

    x, w, b = (torch.tensor(array, device=device, requires_grad=True) for array in (given.x, given.w, given.b))
    convolution = job.startswith("conv2d")

    def forward() -> Any:
        return F.conv2d(x, w, b, **given.settings) if convolution else F.max_pool2d(x, POOL)

    if job.endswith("forward"):
        with torch.no_grad():
            forward()  # the first call sets things up

        def run() -> Arrays:
            with torch.no_grad():
                y = forward()
            return (_finished(y, torch),)

        return run
    y = forward()
    dy = torch.tensor(given.dy if convolution else given.dpooled, device=device)
    leaves = (x, w, b) if convolution else (x,)

    def run_backward() -> Arrays:
        return tuple(_finished(grad, torch) for grad in torch.autograd.grad(y, leaves, dy, retain_graph=True))

    run_backward()
    return run_backward


def _finished(tensor: Any, torch: Any) -> Any:
    """The tensor once it is computed: a GPU works on while Python goes on."""
    if tensor.is_cuda:
        torch.cuda.synchronize()
    return tensor


def _timed(run: Callable[[], Arrays]) -> tuple[float, int, Arrays]:
    """Median seconds of a run, the number of runs, and its results as NumPy arrays."""
    times: list[float] = []
    results: Any = ()
    while not times or (sum(times) < ENOUGH_S and len(times) < MOST_RUNS):
        started = time.perf_counter()
        results = run()
        times.append(time.perf_counter() - started)
    arrays = tuple(np.asarray(result.cpu() if hasattr(result, "cpu") else result) for result in results)
    return statistics.median(times), len(times), arrays


def _difference(results: Arrays, reference: Arrays) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(results, reference, strict=True))
