"""Vanishing gradients: a sigmoid that is sure and wrong, and ReLU units that no input activates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
HIDDEN_UNITS = 20
"""Units of the hidden layer."""
NEURON_RATE = 0.15
"""Learning rate of the single sigmoid: that of Nielsen's book."""
UNITS_RATE = 0.1
"""Learning rate of the hidden layer."""


@dataclass(frozen=True)
class NeuronTraining:
    """A sigmoid that learns to answer 0: its output after 0, 1, … steps, and the first slope ∂C/∂z."""

    outputs: tuple[float, ...]
    first_slope: float


def train_neuron(start: float, steps: int, *, quadratic: bool) -> NeuronTraining:
    """Train a = σ(w·1 + b), from w = b = `start`, to answer 0 (after Nielsen's "Neural networks and deep learning").

    The quadratic cost ½a² has the slope ∂C/∂z = a · a(1 − a), which vanishes as a approaches 1; cross-entropy
    −ln(1 − a) has the slope a.

    >>> train_neuron(0.0, 0, quadratic=True).first_slope, train_neuron(0.0, 0, quadratic=False).first_slope
    (0.125, 0.5)
    """
    z, outputs, slopes = 2 * start, [], []
    for _ in range(steps + 1):
        a = 1 / (1 + np.exp(-z))
        outputs.append(float(a))
        slopes.append(float(a * a * (1 - a) if quadratic else a))
        z -= 2 * NEURON_RATE * slopes[-1]  # w and b both have this slope, as the input is 1
    return NeuronTraining(tuple(outputs), slopes[0])


@dataclass(frozen=True)
class UnitsTraining:
    """A hidden layer in training: the loss before each step, and the units that no input activates."""

    losses: tuple[float, ...]
    dead_before: int
    dead_after: int


def train_units(bias: float, slope: float, steps: int, seed: int = 0) -> UnitsTraining:
    """Train HIDDEN_UNITS units to learn y = |x| from 64 points of −1 … 1, with all biases `bias` at first.

    Their activation is z where positive and `slope`·z elsewhere: ReLU for 0, otherwise leaky ReLU. The loss is half the
    mean squared error.

    >>> train_units(bias=-5.0, slope=0.0, steps=1).dead_before
    20
    """
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, 64)[:, None]
    target = np.abs(x)
    w, b = rng.normal(0, 1, (1, HIDDEN_UNITS)), np.full(HIDDEN_UNITS, bias)
    # There is no bias after v: it would learn the mean without any unit.
    v = rng.normal(0, 1 / np.sqrt(HIDDEN_UNITS), (HIDDEN_UNITS, 1))
    dead_before, losses = _count_dead_units(x @ w + b), []
    for _ in range(steps):
        z = x @ w + b
        h = np.where(z > 0, z, slope * z)
        error = h @ v - target
        losses.append(float(0.5 * (error**2).mean()))
        dy = error / len(x)
        dz = dy @ v.T * np.where(z > 0, 1, slope)
        v = v - UNITS_RATE * h.T @ dy
        w, b = w - UNITS_RATE * x.T @ dz, b - UNITS_RATE * dz.sum(axis=0)
    return UnitsTraining(tuple(losses), dead_before, _count_dead_units(x @ w + b))


def _count_dead_units(z: Array) -> int:
    return int((z <= 0).all(axis=0).sum())
