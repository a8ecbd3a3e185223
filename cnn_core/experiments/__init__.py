"""Experiments that measure: one operation from plain loops to the GPU, three layers in NumPy, moving pictures."""

from cnn_core.experiments.ladder import LadderSizes, run_ladder
from cnn_core.experiments.saturation import train_neuron, train_units
from cnn_core.experiments.shifts import relative_change
from cnn_core.experiments.three_layer import NetworkShape, initialise_parameters, softmax_loss

__all__ = [
    "LadderSizes",
    "NetworkShape",
    "initialise_parameters",
    "relative_change",
    "run_ladder",
    "softmax_loss",
    "train_neuron",
    "train_units",
]
