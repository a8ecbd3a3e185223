"""A step of training recorded once as a CUDA graph and played back: hundreds of small launches become one.

A small network's step on a GPU takes most of its time in Python, which starts one kernel after the other. A graph holds
the whole step (forward, backward, optimiser) at fixed places in memory, so a new batch is copied to where the recorded
one lay. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Figures = tuple[Tensor, Tensor, Tensor]
Learn = Callable[[Tensor, Tensor, Tensor], Figures]
STEPS_BEFORE = 3
"""Steps taken kernel by kernel before one is recorded: libraries choose algorithms, optimisers their places."""


@dataclass(frozen=True)
class Recorded:
    """The graph, the tensors (images, labels, wanted) that it reads, and the one of three figures that it writes."""

    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, Tensor, Tensor]
    figures: Tensor

    def fits(self, images: Tensor, labels: Tensor, wanted: Tensor) -> bool:
        """Whether a batch looks as the recorded one did; the last of an epoch often does not."""
        return all(
            new.shape == old.shape and new.dtype == old.dtype
            for new, old in zip((images, labels, wanted), self.inputs, strict=True)
        )

    def play(self, images: Tensor, labels: Tensor, wanted: Tensor) -> Figures:
        """Take the step with this batch: its figures, which the next step does not overwrite."""
        self.inputs[0].copy_(images)
        self.inputs[1].copy_(labels)
        if wanted is not labels:
            self.inputs[2].copy_(wanted)
        self.graph.replay()
        loss, correct, norm = self.figures.clone()
        return loss, correct, norm


def record(learn: Learn, images: Tensor, labels: Tensor, wanted: Tensor) -> Recorded:
    """The step `learn` on batches like this one as a graph. Nothing is learned while it is recorded."""
    inputs = (images.clone(), labels.clone(), wanted.clone())
    if wanted is labels:
        inputs = (*inputs[:2], inputs[1])
    graph = torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    # other threads of this process may allocate meanwhile: runs share a GPU and its process
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        figures = torch.stack([figure.float() for figure in learn(*inputs)])
    return Recorded(graph, inputs, figures)


def make_recordable(optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Keep the learning rate where a graph reads it anew at every step, and the count of steps on the device."""
    for group in optimizer.param_groups:
        group["lr"] = torch.tensor(float(group["lr"]), device=device)
        if "capturable" in group:
            group["capturable"] = True


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of the steps to come, as a number or in place where `make_recordable` keeps it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
