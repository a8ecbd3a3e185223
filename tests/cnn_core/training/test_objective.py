"""The losses: by hand, and against smoothed probabilities."""

import math

import pytest
import torch
from torch.nn import functional as F

from cnn_core.training.objective import make_objective, quadratic_loss


def test_the_quadratic_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    # one half and one half for class 0: ½(¼ + ¼); three quarters and a quarter for class 1: ½(9/16 + 9/16)
    assert quadratic_loss(logits, torch.tensor([0, 1])).item() == pytest.approx((0.25 + 0.5625) / 2)
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25]])
    assert quadratic_loss(logits, probabilities).item() == pytest.approx(0, abs=1e-12)


def test_smoothed_labels_equal_smoothed_probabilities() -> None:
    logits, labels = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 3, 1, 2, 0])
    smooth = F.one_hot(labels, 4) * 0.8 + 0.2 / 4
    loss = make_objective("cross-entropy", 0.2)(logits, labels)
    assert loss.item() == pytest.approx(-(smooth * logits.log_softmax(1)).sum(1).mean().item(), rel=1e-6)
