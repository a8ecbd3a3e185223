"""Sanity checks of a network before training: each is a question with a measured answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core import ops
from cnn_core.datasets import load
from cnn_core.experiments.three_layer import (
    PARAMETER_NAMES,
    EpochResult,
    Labels,
    NetworkShape,
    Parameters,
    fit_parameters,
    initialise_parameters,
    loss_and_gradients,
)

Array = NDArray[np.float64]
BATCH_SIZE = 50
"""Random images on which the first loss is measured."""
VALIDATION_SIZE = 200
"""Validation images of Digits."""


def random_batch(shape: NetworkShape, count: int, seed: int = 0) -> tuple[Array, Labels]:
    """Draw `count` random images (count, C, H, W) with random labels (count,), which nothing can predict."""
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(count, shape.channels, shape.size, shape.size))
    return images, rng.integers(0, shape.classes, count)


@dataclass(frozen=True)
class InitialLoss:
    """The loss before training: data loss, regularisation, and the loss of guessing, ln C."""

    data: float
    regularisation: float
    guessing: float

    @property
    def total(self) -> float:
        """The first loss that a training loop would print."""
        return self.data + self.regularisation


def initial_loss(classes: int, scale: float, reg: float, seed: int = 0) -> InitialLoss:
    """Measure the loss of an untrained network for `classes` classes whose weights are drawn from N(0, scale²)."""
    shape = NetworkShape(classes=classes)
    p, batch = initialise_parameters(shape, scale=scale, seed=seed), random_batch(shape, BATCH_SIZE, seed)
    data, _ = loss_and_gradients(p, *batch)
    total, _ = loss_and_gradients(p, *batch, reg=reg)
    return InitialLoss(data, total - data, float(np.log(classes)))


@dataclass(frozen=True)
class ParameterCheck:
    """Largest relative errors of one parameter's gradient: against finite differences, and against autograd."""

    name: str
    count: int
    numerical: float
    autograd: float


def check_parameters(shape: NetworkShape, reg: float, seed: int = 0) -> list[ParameterCheck]:
    """Check the backward pass, parameter by parameter, on three random images. Imports PyTorch when called."""
    p, (x, labels) = initialise_parameters(shape, scale=0.5, seed=seed), random_batch(shape, 3, seed)
    _, gradients = loss_and_gradients(p, x, labels, reg=reg)
    auto = _autograd_gradients(p, x, labels, reg)
    checks = []
    for name in PARAMETER_NAMES:
        differences = ops.numerical_gradient(
            lambda value, name=name: loss_and_gradients(p | {name: value}, x, labels, reg=reg)[0],  # type: ignore[misc]
            p[name],
        )
        numerical = ops.relative_error(gradients[name], differences)
        checks.append(ParameterCheck(name, p[name].size, numerical, ops.relative_error(gradients[name], auto[name])))
    return checks


def _autograd_gradients(p: Parameters, x: Array, labels: Labels, reg: float) -> Parameters:
    """Compute the gradients of the same network with PyTorch."""
    import torch
    import torch.nn.functional as F

    t = {name: torch.tensor(value, requires_grad=True) for name, value in p.items()}
    h = F.conv2d(torch.tensor(x), t["W1"], t["b1"], padding=p["W1"].shape[-1] // 2).relu()
    h = F.max_pool2d(h, 2).flatten(1)
    logits = (h @ t["W2"] + t["b2"]).relu() @ t["W3"] + t["b3"]
    weights = sum((t[name] ** 2).sum() for name in ("W1", "W2", "W3"))
    loss = F.cross_entropy(logits, torch.tensor(labels)) + 0.5 * reg * weights
    gradients = torch.autograd.grad(loss, list(t.values()))
    return {name: gradient.numpy() for name, gradient in zip(t, gradients, strict=True)}


def split_digits(count: int) -> tuple[tuple[Array, Labels], tuple[Array, Labels]]:
    """Return the first `count` training images of Digits, and VALIDATION_SIZE others, scaled to −0.5 … 0.5."""
    data = load("digits")
    return tuple(  # type: ignore[return-value]
        (split.images[:size].astype(np.float64) / 255 - 0.5, split.labels[:size])
        for split, size in ((data.train, count), (data.val, VALIDATION_SIZE))
    )


def overfit_digits(count: int, epochs: int, reg: float, seed: int = 0) -> list[EpochResult]:
    """Train on only `count` digits: a network that cannot memorise a handful of images has a mistake in it."""
    train, val = split_digits(count)
    return list(
        fit_parameters(
            initialise_parameters(NetworkShape(), seed=seed), train, val, epochs=epochs, learning_rate=0.1, reg=reg
        )
    )


@dataclass(frozen=True, eq=False)
class FilterSeparation:
    """A trained network: filters (F, C, k, k), the largest differences between filters and between units, accuracy."""

    filters: Array
    between_filters: float
    between_units: float
    accuracy: float


def measure_separation(*, equal: bool, epochs: int, seed: int = 0) -> FilterSeparation:
    """Train on 100 digits from equal or random weights, and measure whether the filters became different."""
    train, val = split_digits(100)
    p = initialise_parameters(NetworkShape(), seed=seed, scale=0.05 if equal else 0.1, equal=equal)
    last = list(fit_parameters(p, train, val, epochs=epochs, learning_rate=0.1))[-1]
    w1, w2 = p["W1"].reshape(len(p["W1"]), -1), p["W2"].T
    return FilterSeparation(p["W1"], _unit_spread(w1), _unit_spread(w2), last.train_accuracy)


def _unit_spread(units: Array) -> float:
    """Return the largest difference between the same weight of any two units (rows)."""
    return float((units.max(axis=0) - units.min(axis=0)).max())
