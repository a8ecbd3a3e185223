"""Networks as values: layers, networks made of them, and ready-made ones. Importing this does not import torch."""

from cnn_core.networks.blocks import KINDS, Branches, Residual
from cnn_core.networks.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Shape,
    Tanh,
)
from cnn_core.networks.presets import DESCRIPTIONS, PRESETS, preset
from cnn_core.networks.spec import NetworkSpec, Row, adapt_to_data
from cnn_core.networks.torch_lines import torch_line

__all__ = [
    "DESCRIPTIONS",
    "ELU",
    "GELU",
    "KINDS",
    "PRESETS",
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BatchNorm",
    "Branches",
    "Conv2d",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "NetworkSpec",
    "ReLU",
    "ReLU6",
    "Residual",
    "Row",
    "Shape",
    "Tanh",
    "adapt_to_data",
    "preset",
    "torch_line",
]
