"""The NumPy operations beside their plain-loop twins and PyTorch: `python -m benchmarks.ops`.

One batch, 8×16×32×32 in float32; 32 filters of 3×3 with padding 1; pooling 2×2. Everything runs on one thread in this
one process. Vectorised and PyTorch: median of many calls, taken in turn. Loops: one call, for the four take about a
minute. PyTorch's max_pool2d backward knows the winners from its forward pass; ours finds them anew.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.nn import functional

from cnn_core import ops
from cnn_core.ops import naive

REPEATS = 101


class TimingRow(NamedTuple):
    """Seconds that one operation takes in each of three ways."""

    name: str
    loops: float
    vectorised: float
    pytorch: float


def time_call(call: Callable[[], Any]) -> float:
    """How long one call takes."""
    start = perf_counter()
    call()
    return perf_counter() - start


def time_operation(name: str, call: Callable[[Any], Any], pytorch: Callable[[], Any]) -> TimingRow:
    """Time `call` with the naive and the vectorised module, and PyTorch's counterpart."""
    for _ in range(5):
        call(ops), pytorch()
    pairs = [(time_call(lambda: call(ops)), time_call(pytorch)) for _ in range(REPEATS)]
    fast, theirs = (median(times) for times in zip(*pairs, strict=True))
    return TimingRow(name, time_call(lambda: call(naive)), fast, theirs)


def convolution_rows(rng: np.random.Generator) -> list[TimingRow]:
    """Convolution of 8×16×32×32 with 32 filters of 3×3, padding 1."""
    x, w, b, dy = (
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((8, 16, 32, 32), (32, 16, 3, 3), (32,), (8, 32, 32, 32))
    )
    tx, tw, tb, gradient = (torch.tensor(array) for array in (x, w, b, dy))
    leaves = [tensor.clone().requires_grad_() for tensor in (tx, tw, tb)]
    y = functional.conv2d(leaves[0], leaves[1], leaves[2], padding=1)
    return [
        time_operation(
            "conv2d forward",
            lambda module: module.conv2d(x, w, b, padding=1),
            lambda: functional.conv2d(tx, tw, tb, padding=1),
        ),
        time_operation(
            "conv2d backward",
            lambda module: module.conv2d_backward(dy, x, w, padding=1),
            lambda: torch.autograd.grad(y, leaves, gradient, retain_graph=True),
        ),
    ]


def max_pool_rows(rng: np.random.Generator) -> list[TimingRow]:
    """Max pooling of 8×16×32×32 by 2×2 windows."""
    x, dy = (rng.standard_normal(shape).astype(np.float32) for shape in ((8, 16, 32, 32), (8, 16, 16, 16)))
    leaf = torch.tensor(x, requires_grad=True)
    y, gradient = functional.max_pool2d(leaf, 2), torch.tensor(dy)
    return [
        time_operation(
            "max_pool2d forward",
            lambda module: module.max_pool2d(x, 2),
            lambda: functional.max_pool2d(leaf.detach(), 2),
        ),
        time_operation(
            "max_pool2d backward",
            lambda module: module.max_pool2d_backward(dy, x, 2),
            lambda: torch.autograd.grad(y, leaf, gradient, retain_graph=True),
        ),
    ]


def format_table(rows: list[TimingRow]) -> str:
    """The rows as aligned text: milliseconds, then both ratios."""
    lines = [f"{'':20}{'loops':>12}{'vectorised':>12}{'PyTorch':>12}{'loops/vec.':>12}{'vec./PyTorch':>14}"]
    for name, *times in rows:
        loops, fast, theirs = times
        milliseconds = "".join(f"{time * 1000:9.3f} ms" for time in times)
        lines.append(f"{name:20}{milliseconds}{loops / fast:11.0f}×{fast / theirs:13.1f}×")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        print(format_table(convolution_rows(rng) + max_pool_rows(rng)))


if __name__ == "__main__":
    main()
