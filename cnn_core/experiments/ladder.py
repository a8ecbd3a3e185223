"""Time the same operations on every rung of a ladder: plain loops, NumPy, PyTorch on the CPU and on the GPU.

`run_ladder` yields plain events, which the app, a benchmark or a notebook reads.
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
from cnn_core.checks import whole
from cnn_core.geometry import conv_output_size, pool_output_size
from cnn_core.ops import naive

Array = NDArray[np.floating[Any]]
Arrays = tuple[Array, ...]

LOOPS = "Plain loops"
NUMPY = "NumPy, vectorised"
TORCH = "PyTorch, CPU"
GPU = "PyTorch, GPU"
JOBS = ("conv2d forward", "conv2d backward", "max_pool2d forward", "max_pool2d backward")
"""Operations that are timed."""
POOL_SIZE = 2
"""Side and stride of the pooling window."""
MIN_SECONDS = 0.3
"""A fast rung is repeated until its runs take this long in all, so that their median is stable …"""
MAX_RUNS = 30
"""… or until it has run this many times."""
PROBE_ROWS = 4
"""Output rows of the loops that are timed to estimate the whole: few enough to take less than a second."""


@dataclass(frozen=True)
class LadderSizes:
    """What is computed: `batch` images (channels, size, size), and the settings of a convolution.

    Raises ValueError with a sentence for settings that are out of range or do not fit together.

    >>> LadderSizes(size=16, stride=2).output
    8
    """

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
        """Height and width of the convolution's output."""
        return conv_output_size(self.size, self.kernel, stride=self.stride, padding=self.padding)

    @property
    def pooled(self) -> int:
        """Height and width of the input after pooling."""
        return pool_output_size(self.size, POOL_SIZE)


@dataclass(frozen=True, eq=False)
class LadderArrays:
    """The float64 arrays that every rung gets: images, kernels, biases, and the gradients of both outputs."""

    x: Array
    w: Array
    b: Array
    dy: Array
    dpooled: Array
    settings: dict[str, int]


@dataclass(frozen=True)
class LoopProgress:
    """The share of a job that the loops have done."""

    job: str
    share: float


@dataclass(frozen=True)
class Measurement:
    """A job done by a rung: median seconds of `runs` runs, and the largest difference from the first rung's results."""

    job: str
    rung: str
    seconds: float
    runs: int
    difference: float | None


Event = LoopProgress | Measurement


def make_arrays(sizes: LadderSizes, seed: int = 0) -> LadderArrays:
    """Draw standard normal arrays of these sizes, the same for the same seed."""
    rng = np.random.default_rng(seed)
    image = (sizes.batch, sizes.channels, sizes.size, sizes.size)
    out, pooled = sizes.output, sizes.pooled
    return LadderArrays(
        rng.normal(size=image),
        rng.normal(size=(sizes.filters, sizes.channels, sizes.kernel, sizes.kernel)),
        rng.normal(size=sizes.filters),
        rng.normal(size=(sizes.batch, sizes.filters, out, out)),
        rng.normal(size=(*image[:2], pooled, pooled)),
        {"stride": sizes.stride, "padding": sizes.padding},
    )


def run_ladder(sizes: LadderSizes, *, loops: bool = True, gpu: bool = False) -> Iterator[Event]:
    """Do every job of JOBS on every rung, the slowest first; yield a Measurement of each.

    While the loops run, LoopProgress is yielded too. Without `loops` the differences are those from NumPy's results.
    `gpu` adds the GPU that PyTorch finds.

    >>> events = run_ladder(LadderSizes(batch=1, channels=1, size=2, filters=1, kernel=1, padding=0))
    >>> next(events)
    LoopProgress(job='conv2d forward', share=1.0)
    """
    arrays = make_arrays(sizes)
    for job in JOBS:
        reference: Arrays | None = None
        if loops:
            started = time.perf_counter()
            for share, reference in loop_pieces(job, arrays):  # noqa: B007  the last results are those of the whole job
                yield LoopProgress(job, share)
            yield Measurement(job, LOOPS, time.perf_counter() - started, 1, None)
        for rung, run in fast_rungs(job, arrays, gpu=gpu):
            seconds, runs, results = _time_runs(run)
            difference = None if reference is None else _largest_difference(results, reference)
            reference = results if reference is None else reference
            yield Measurement(job, rung, seconds, runs, difference)


def estimate_seconds(sizes: LadderSizes) -> float:
    """Estimate the seconds of the plain loops for all jobs by timing a few rows of one image and one filter."""
    rows = min(sizes.output, PROBE_ROWS)
    probe = replace(sizes, batch=1, filters=1, size=max(POOL_SIZE, _rows_needed(sizes, rows)))
    arrays = make_arrays(probe)
    seconds = 0.0
    for job in JOBS:
        started = time.perf_counter()
        for _ in loop_pieces(job, arrays):
            pass
        seconds += (time.perf_counter() - started) * work_ratio(job, sizes, probe)
    return seconds


def work_ratio(job: str, sizes: LadderSizes, probe: LadderSizes) -> float:
    """Return the work of a job at `sizes` over that at `probe`: the ratio of the numbers of outputs."""
    if job.startswith("conv2d"):
        return sizes.batch * sizes.filters * sizes.output**2 / (probe.batch * probe.filters * probe.output**2)
    return sizes.batch * sizes.channels * sizes.pooled**2 / (probe.batch * probe.channels * probe.pooled**2)


def _rows_needed(sizes: LadderSizes, outputs: int) -> int:
    """Return the input size that gives `outputs` rows, at most that of `sizes`."""
    return min(sizes.size, max(1, (outputs - 1) * sizes.stride + sizes.kernel - 2 * sizes.padding))


# ---- the rungs -------------------------------------------------------------------------------------------------------


def loop_pieces(job: str, arrays: LadderArrays) -> Iterator[tuple[float, Arrays]]:
    """Run the plain loops for one image and one filter (pooling: one channel) at a time.

    Yields the share done and the results so far, for a progress bar; the last results equal those of one call of
    `cnn_core.ops.naive`.
    """
    x, w, b, settings = arrays.x, arrays.w, arrays.b, arrays.settings
    results = tuple(np.zeros(shape) for shape in _result_shapes(job, arrays))
    planes = list(product(range(len(x)), range(len(w) if job.startswith("conv2d") else x.shape[1])))
    for done, (n, k) in enumerate(planes, start=1):
        image, plane = slice(n, n + 1), slice(k, k + 1)
        if job == "conv2d forward":
            results[0][image, plane] = naive.conv2d(x[image], w[plane], b[plane], **settings)
        elif job == "conv2d backward":
            dx, dw, db = naive.conv2d_backward(arrays.dy[image, plane], x[image], w[plane], **settings)
            results[0][image] += dx
            results[1][plane] += dw
            results[2][plane] += db
        elif job == "max_pool2d forward":
            results[0][image, plane] = naive.max_pool2d(x[image, plane], POOL_SIZE)
        else:
            results[0][image, plane] = naive.max_pool2d_backward(
                arrays.dpooled[image, plane], x[image, plane], POOL_SIZE
            )
        yield done / len(planes), results


def _result_shapes(job: str, arrays: LadderArrays) -> list[tuple[int, ...]]:
    return {
        "conv2d forward": [arrays.dy.shape],
        "conv2d backward": [arrays.x.shape, arrays.w.shape, arrays.b.shape],
        "max_pool2d forward": [arrays.dpooled.shape],
        "max_pool2d backward": [arrays.x.shape],
    }[job]


def fast_rungs(job: str, arrays: LadderArrays, *, gpu: bool) -> Iterator[tuple[str, Callable[[], Arrays]]]:
    """Yield the rungs above the loops: a name, and the job as a function without arguments."""
    yield NUMPY, lambda: run_numpy_job(job, arrays)
    yield TORCH, make_torch_job(job, arrays, "cpu")
    if gpu:
        yield GPU, make_torch_job(job, arrays, "cuda")


def run_numpy_job(job: str, arrays: LadderArrays) -> Arrays:
    """Do a job with `cnn_core.ops`, which lays windows out as a matrix and multiplies once."""
    if job == "conv2d forward":
        return (ops.conv2d(arrays.x, arrays.w, arrays.b, **arrays.settings),)
    if job == "conv2d backward":
        return ops.conv2d_backward(arrays.dy, arrays.x, arrays.w, **arrays.settings)
    if job == "max_pool2d forward":
        return (ops.max_pool2d(arrays.x, POOL_SIZE),)
    return (ops.max_pool2d_backward(arrays.dpooled, arrays.x, POOL_SIZE),)


def make_torch_job(job: str, arrays: LadderArrays, device: str) -> Callable[[], Arrays]:
    """Return a job with PyTorch on `device` as a function; arrays are moved and forward passes done beforehand."""
    import torch
    import torch.nn.functional as F

    x, w, b = (torch.tensor(array, device=device, requires_grad=True) for array in (arrays.x, arrays.w, arrays.b))
    convolution = job.startswith("conv2d")

    def forward() -> Any:
        return F.conv2d(x, w, b, **arrays.settings) if convolution else F.max_pool2d(x, POOL_SIZE)

    if job.endswith("forward"):
        with torch.no_grad():
            forward()  # the first call includes setup

        def run_forward() -> Arrays:
            with torch.no_grad():
                y = forward()
            return (_wait_for_gpu(y, torch),)

        return run_forward
    y = forward()
    dy = torch.tensor(arrays.dy if convolution else arrays.dpooled, device=device)
    leaves = (x, w, b) if convolution else (x,)

    def run_backward() -> Arrays:
        return tuple(_wait_for_gpu(grad, torch) for grad in torch.autograd.grad(y, leaves, dy, retain_graph=True))

    run_backward()
    return run_backward


def _wait_for_gpu(tensor: Any, torch: Any) -> Any:
    """Return the tensor once it is computed: Python does not wait for a GPU."""
    if tensor.is_cuda:
        torch.cuda.synchronize()
    return tensor


def _time_runs(run: Callable[[], Arrays]) -> tuple[float, int, Arrays]:
    """Return the median seconds of a run, the number of runs, and the results as NumPy arrays."""
    times: list[float] = []
    results: Any = ()
    while not times or (sum(times) < MIN_SECONDS and len(times) < MAX_RUNS):
        started = time.perf_counter()
        results = run()
        times.append(time.perf_counter() - started)
    arrays = tuple(np.asarray(result.cpu() if hasattr(result, "cpu") else result) for result in results)
    return statistics.median(times), len(times), arrays


def _largest_difference(results: Arrays, reference: Arrays) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(results, reference, strict=True))
