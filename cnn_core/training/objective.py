"""What a run makes small: the loss of logits, against class numbers or against wished-for probabilities."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Objective = Callable[[Tensor, Tensor], Tensor]


def make_objective(name: str, label_smoothing: float = 0.0) -> Objective:
    """A function of logits (N, K) and labels (N,) int64, or probabilities (N, K), that gives the mean loss.

    "cross-entropy" smooths the labels; "quadratic" is ½ Σ (softmax(logits) − wanted)², as Nielsen's book has it for
    one image, with softmax in place of sigmoids: http://neuralnetworksanddeeplearning.com/chap3.html
    """
    if name == "quadratic":
        return quadratic_loss
    return lambda logits, wanted: F.cross_entropy(logits, wanted, label_smoothing=label_smoothing)


def quadratic_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """½ Σ (softmax(logits) − wanted)², the mean over the images."""
    if targets.ndim == 1:
        targets = F.one_hot(targets, logits.shape[1])
    probabilities = torch.softmax(logits.float(), dim=1)
    return (probabilities - targets).square().sum(1).mean() / 2
