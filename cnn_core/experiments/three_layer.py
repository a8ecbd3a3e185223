"""A network of three layers, forward and backward, in NumPy: convolution, ReLU, pooling; linear, ReLU; linear.

x → conv W1, b1 → ReLU → max pool 2 → linear W2, b2 → ReLU → linear W3, b3 → softmax
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core import ops

Array = NDArray[np.float64]
Parameters = dict[str, Array]
Labels = NDArray[np.int64]
PARAMETER_NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
"""Weights and biases, layer by layer."""
POOL_SIZE = 2
"""Side and stride of the pooling window."""


@dataclass(frozen=True)
class NetworkShape:
    """The sizes of the network: images (channels, size, size), `filters` of kernel × kernel, `hidden` units, `classes`.

    >>> NetworkShape(classes=3).size
    8
    """

    channels: int = 1
    size: int = 8
    filters: int = 8
    kernel: int = 3
    hidden: int = 32
    classes: int = 10


@dataclass(frozen=True)
class EpochResult:
    """Results after a pass over the training images: loss, and the accuracy on training and on validation images."""

    epoch: int
    loss: float
    train_accuracy: float
    val_accuracy: float


def initialise_parameters(shape: NetworkShape, *, scale: float = 0.1, seed: int = 0, equal: bool = False) -> Parameters:
    """Draw weights from N(0, scale²), or set all to `scale` when `equal`; biases are 0.

    >>> {name: value.shape for name, value in initialise_parameters(NetworkShape()).items() if name != "b1"}
    {'W1': (8, 1, 3, 3), 'W2': (128, 32), 'b2': (32,), 'W3': (32, 10), 'b3': (10,)}
    """
    rng = np.random.default_rng(seed)
    pooled = shape.filters * (shape.size // POOL_SIZE) ** 2
    weights = {
        "W1": (shape.filters, shape.channels, shape.kernel, shape.kernel),
        "W2": (pooled, shape.hidden),
        "W3": (shape.hidden, shape.classes),
    }
    biases = {"b1": shape.filters, "b2": shape.hidden, "b3": shape.classes}
    drawn = {name: np.full(size, scale) if equal else rng.normal(0, scale, size) for name, size in weights.items()}
    made = drawn | {name: np.zeros(size) for name, size in biases.items()}
    return {name: made[name] for name in PARAMETER_NAMES}


def forward(p: Parameters, x: Array) -> tuple[Array, dict[str, Array]]:
    """Compute the logits (N, classes) of images x (N, C, H, W), and the values that the backward pass needs."""
    padding = p["W1"].shape[-1] // 2
    a1 = np.asarray(ops.conv2d(x, p["W1"], p["b1"], padding=padding), dtype=np.float64)
    r1 = np.maximum(0, a1)
    pooled = np.asarray(ops.max_pool2d(r1, POOL_SIZE), dtype=np.float64)
    a2 = pooled.reshape(len(x), -1) @ p["W2"] + p["b2"]
    r2 = np.maximum(0, a2)
    return r2 @ p["W3"] + p["b3"], {"x": x, "a1": a1, "r1": r1, "pooled": pooled, "a2": a2, "r2": r2}


def softmax_loss(logits: Array, labels: Labels) -> tuple[float, Array]:
    """Compute the mean cross-entropy −log p(label) over N images, and its gradient (p − one-hot)/N for the logits.

    >>> loss, gradient = softmax_loss(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), gradient.tolist()
    (0.6931, [[-0.5, 0.5]])
    """
    shifted = logits - logits.max(axis=1, keepdims=True)  # leaves the probabilities unchanged, and exp cannot overflow
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return float(-log_p[rows, labels].mean()), gradient / len(labels)


def backward(p: Parameters, cache: dict[str, Array], dlogits: Array) -> Parameters:
    """Compute the gradient of the loss for every parameter from that for the logits, by the chain rule."""
    da2 = dlogits @ p["W3"].T * (cache["a2"] > 0)
    pooled = cache["pooled"]
    dpooled = (da2 @ p["W2"].T).reshape(pooled.shape)
    da1 = ops.max_pool2d_backward(dpooled, cache["r1"], POOL_SIZE) * (cache["a1"] > 0)
    _, dw1, db1 = ops.conv2d_backward(da1, cache["x"], p["W1"], padding=p["W1"].shape[-1] // 2)
    return {
        "W1": np.asarray(dw1, dtype=np.float64),
        "b1": np.asarray(db1, dtype=np.float64),
        "W2": pooled.reshape(len(pooled), -1).T @ da2,
        "b2": da2.sum(axis=0),
        "W3": cache["r2"].T @ dlogits,
        "b3": dlogits.sum(axis=0),
    }


def loss_and_gradients(p: Parameters, x: Array, labels: Labels, *, reg: float = 0.0) -> tuple[float, Parameters]:
    """Compute the mean cross-entropy + ½·reg·Σ W² over all weights (without biases), and its gradients."""
    logits, cache = forward(p, x)
    loss, dlogits = softmax_loss(logits, labels)
    gradients = backward(p, cache, dlogits)
    for name in ("W1", "W2", "W3"):
        loss += 0.5 * reg * float((p[name] ** 2).sum())
        gradients[name] = gradients[name] + reg * p[name]
    return loss, gradients


def measure_accuracy(p: Parameters, x: Array, labels: Labels) -> float:
    """Return the share of images whose largest logit is that of their label."""
    return float((forward(p, x)[0].argmax(axis=1) == labels).mean())


def fit_parameters(
    p: Parameters,
    train: tuple[Array, Labels],
    val: tuple[Array, Labels],
    *,
    epochs: int,
    learning_rate: float,
    reg: float = 0.0,
    momentum: float = 0.9,
) -> Iterator[EpochResult]:
    """Train `p` in place by gradient descent with momentum on all images at once; yield results after each pass."""
    velocity: dict[str, Any] = {name: np.zeros_like(value) for name, value in p.items()}
    for epoch in range(1, epochs + 1):
        loss, gradients = loss_and_gradients(p, *train, reg=reg)
        for name in p:
            velocity[name] = momentum * velocity[name] - learning_rate * gradients[name]
            p[name] = p[name] + velocity[name]
        yield EpochResult(epoch, loss, measure_accuracy(p, *train), measure_accuracy(p, *val))
