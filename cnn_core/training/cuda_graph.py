"""A step of training recorded once as a CUDA graph and replayed: hundreds of small launches become one.

A small network's step on a GPU takes most of its time in Python, which starts one kernel after the other. A graph holds
the whole step (batch, forward, backward, optimiser) at fixed places in memory: the inputs of each step are copied to
where those of the recorded step lay. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

WARM_UP_STEPS = 3
"""Steps taken kernel by kernel before one is recorded: libraries choose algorithms, optimisers allocate their state."""
FIGURE_ROWS = 512
"""Steps whose figures are kept on the device: twice as many as the loop ever leaves unfetched (MAX_STEPS_AHEAD)."""
StepFunction = Callable[..., Tensor]


@dataclass
class CapturedStep:
    """A recorded step: its graph, the `inputs` it reads, and the `figures` (FIGURE_ROWS, 3) of which it writes one row.

    `row` (1,) is the row that comes next, on the device; `steps` have been replayed. A graph does not own the tensors
    it was recorded with: whatever it reads and writes must stay alive here.
    """

    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    figures: Tensor
    row: Tensor
    steps: int = 0

    def accepts_inputs(self, inputs: tuple[Tensor, ...]) -> bool:
        """Return whether the shapes are those that were recorded; the last batch of an epoch is often smaller."""
        return all(new.shape == old.shape for new, old in zip(inputs, self.inputs, strict=True))

    def replay(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Take the step and return its figures (3,), which are overwritten FIGURE_ROWS steps later."""
        for old, new in zip(self.inputs, inputs, strict=True):
            old.copy_(new)
        self.graph.replay()
        self.steps += 1
        return self.figures[(self.steps - 1) % FIGURE_ROWS]


def capture_step(learn: StepFunction, inputs: tuple[Tensor, ...]) -> CapturedStep:
    """Record `learn(*inputs)`, which returns figures (3,), as a graph. Nothing is learned while it is recorded."""
    fixed = tuple(tensor.clone() for tensor in inputs)
    figures = torch.zeros(FIGURE_ROWS, 3, device=fixed[0].device)
    row = torch.zeros(1, dtype=torch.int64, device=fixed[0].device)
    graph = torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    # other threads of this process may allocate meanwhile: runs share a GPU and its process
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        figures.index_copy_(0, row, learn(*fixed)[None])
        row.add_(1).remainder_(FIGURE_ROWS)
    return CapturedStep(graph, fixed, figures, row)


def make_capturable(optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Keep the learning rate and the number of steps in tensors on the device, where a graph reads them anew."""
    for group in optimizer.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device)
        if "capturable" in group:
            group["capturable"] = True


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the steps to come: a number, or in place where `make_capturable` keeps a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
