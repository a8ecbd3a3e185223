"""The same operations on every rung of a ladder: plain loops, vectorised NumPy, PyTorch on the CPU and on the GPU.

`run_ladder` is a stream of plain events: a page, a benchmark or a notebook may read it.
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
POOL_SIZE = 2
"""Side and stride of the pooling window."""
MIN_SECONDS, MAX_RUNS = 0.3, 30
"""A fast rung is repeated until this much time is spent, or so often; the median counts."""
PROBE_ROWS = 4


@dataclass(frozen=True)
class LadderSizes:
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
        return pool_output_size(self.size, POOL_SIZE)


@dataclass(frozen=True, eq=False)
class LadderArrays:
    """The arrays that every rung gets, float64: images, kernels, biases, and what comes back to each output."""

    x: Array
    w: Array
    b: Array
    dy: Array
    dpooled: Array
    settings: dict[str, int]


@dataclass(frozen=True)
class LoopProgress:
    """The loops have done this share of a job."""

    job: str
    share: float


@dataclass(frozen=True)
class Measurement:
    """A rung has done a job: median seconds over `runs`, and the largest difference from the first rung's results."""

    job: str
    rung: str
    seconds: float
    runs: int
    difference: float | None


Event = LoopProgress | Measurement


def make_arrays(sizes: LadderSizes, seed: int = 0) -> LadderArrays:
    """Standard normal numbers of these sizes, the same for the same seed."""
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
    """Do every job of JOBS on every rung, slowest rung first; yields Progress while loops run, and Measured.

    Without `loops` the differences are those from NumPy's results. `gpu` adds the GPU that PyTorch finds.
    """
    arrays = make_arrays(sizes)
    for job in JOBS:
        reference: Arrays | None = None
        if loops:
            started = time.perf_counter()
            for share, reference in loop_pieces(job, arrays):  # noqa: B007  what the last piece leaves is the result
                yield LoopProgress(job, share)
            yield Measurement(job, LOOPS, time.perf_counter() - started, 1, None)
        for rung, run in fast_rungs(job, arrays, gpu=gpu):
            seconds, runs, results = _time_runs(run)
            difference = None if reference is None else _largest_difference(results, reference)
            reference = results if reference is None else reference
            yield Measurement(job, rung, seconds, runs, difference)


def estimate_seconds(sizes: LadderSizes) -> float:
    """Seconds that the plain loops will take for all jobs: a few rows of one image and filter measured, and scaled."""
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
    """How many times the work of `probe` a job has at `sizes`: the ratio of the outputs that are computed."""
    if job.startswith("conv2d"):
        return sizes.batch * sizes.filters * sizes.output**2 / (probe.batch * probe.filters * probe.output**2)
    return sizes.batch * sizes.channels * sizes.pooled**2 / (probe.batch * probe.channels * probe.pooled**2)


def _rows_needed(sizes: LadderSizes, outputs: int) -> int:
    """The input size that gives so many outputs, at most that of `sizes`."""
    return min(sizes.size, max(1, (outputs - 1) * sizes.stride + sizes.kernel - 2 * sizes.padding))


# ---- the rungs -------------------------------------------------------------------------------------------------------


def loop_pieces(job: str, arrays: LadderArrays) -> Iterator[tuple[float, Arrays]]:
    """Plain loops, one image and one filter (pooling: channel) at a time; yields the share done and the results so far.

    The pieces together are what one call of `cnn_core.ops.naive` computes; they are there for the progress bar.
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
    """The rungs above the loops: a name, and the job as a function without arguments."""
    yield NUMPY, lambda: run_numpy_job(job, arrays)
    yield TORCH, make_torch_job(job, arrays, "cpu")
    if gpu:
        yield GPU, make_torch_job(job, arrays, "cuda")


def run_numpy_job(job: str, arrays: LadderArrays) -> Arrays:
    """A job by `cnn_core.ops`: windows laid out as a matrix, one matrix product."""
    if job == "conv2d forward":
        return (ops.conv2d(arrays.x, arrays.w, arrays.b, **arrays.settings),)
    if job == "conv2d backward":
        return ops.conv2d_backward(arrays.dy, arrays.x, arrays.w, **arrays.settings)
    if job == "max_pool2d forward":
        return (ops.max_pool2d(arrays.x, POOL_SIZE),)
    return (ops.max_pool2d_backward(arrays.dpooled, arrays.x, POOL_SIZE),)


def make_torch_job(job: str, arrays: LadderArrays, device: str) -> Callable[[], Arrays]:
    """A job by PyTorch on `device`. Numbers are moved there before, and a backward pass has its forward pass done."""
    import torch
    import torch.nn.functional as F

    x, w, b = (torch.tensor(array, device=device, requires_grad=True) for array in (arrays.x, arrays.w, arrays.b))
    convolution = job.startswith("conv2d")

    def forward() -> Any:
        return F.conv2d(x, w, b, **arrays.settings) if convolution else F.max_pool2d(x, POOL_SIZE)

    if job.endswith("forward"):
        with torch.no_grad():
            forward()  # the first call sets things up

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
    """The tensor once it is computed: a GPU works on while Python goes on."""
    if tensor.is_cuda:
        torch.cuda.synchronize()
    return tensor


def _time_runs(run: Callable[[], Arrays]) -> tuple[float, int, Arrays]:
    """Median seconds of a run, the number of runs, and its results as NumPy arrays."""
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
