"""The objectives that a run minimises: the loss of logits against class numbers or target probabilities."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Objective = Callable[[Tensor, Tensor], Tensor]


def make_objective(name: str, label_smoothing: float = 0.0) -> Objective:
    """Return a function of logits (N, K) and targets that computes the mean loss, a scalar.

    Targets are labels (N,) int64 or probabilities (N, K). "cross-entropy" smooths them; "quadratic" is
    ½ Σ (softmax(logits) − target)², the cost of Nielsen's book for one image, with softmax in place of sigmoids:
    http://neuralnetworksanddeeplearning.com/chap3.html
    """
    if name == "quadratic":
        return quadratic_loss
    return lambda logits, targets: F.cross_entropy(logits, targets, label_smoothing=label_smoothing)


def quadratic_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute the mean over the images of ½ Σ (softmax(logits) − target)²; targets as in `make_objective`."""
    if targets.ndim == 1:
        targets = F.one_hot(targets, logits.shape[1])
    probabilities = torch.softmax(logits.float(), dim=1)
    return (probabilities - targets).square().sum(1).mean() / 2
