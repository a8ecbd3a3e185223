"""Questions about a layer: the answer, likely wrong answers with the term that differs, and a hint."""

from dataclasses import dataclass
from math import prod

from cnn_core.networks.draft import ResolvedLine
from cnn_core.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    pair,
)
from cnn_core.words import format_shape

SHAPE = "Output shape"
PARAMETERS = "Parameters"
FIELD = "Receptive field"
COLUMNS = (SHAPE, PARAMETERS, FIELD)
"""Columns of the designer's table that can be asked for."""


@dataclass(frozen=True)
class Question:
    """The right answer as text, likely wrong ones with a sentence on each, and a hint for all other answers."""

    answer: str
    slips: dict[str, str]
    hint: str


def make_question(line: ResolvedLine, column: str) -> Question:
    """Ask for the value in `column` of a layer's line. Raises ValueError for a column that is not in COLUMNS."""
    match column:
        case "Output shape":
            question = _shape_question(line)
        case "Parameters":
            question = _parameters_question(line)
        case "Receptive field":
            question = _field_question(line)
        case _:
            raise ValueError(f"Column is {column!r}: choose {', '.join(COLUMNS)}.")
    slips = {wrong: reason for wrong, reason in question.slips.items() if wrong != question.answer}
    return Question(question.answer, slips, question.hint)


def _shape_question(line: ResolvedLine) -> Question:
    layer, shape, out = line.layer, line.input_shape, line.row.output_shape
    slips: dict[str, str] = {}
    hint = "This layer keeps the shape."
    if isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
        windows = layer.windows(shape)
        hint = f"⌊({shape[1]} + padding − kernel) / {windows[0].stride}⌋ + 1 along the height; the width likewise."
        raised = [-(-window.room // window.stride) + 1 for window in windows]
        slips[format_shape((out[0], *raised))] = "That is rounded up: windows that do not fit are dropped (floor)."
        one_less = [window.room // window.stride for window in windows]
        slips[format_shape((out[0], *one_less))] = "The + 1 is missing: the first window counts too."
        bare = [(window.room - sum(window.padding)) // window.stride + 1 for window in windows]
        slips[format_shape((out[0], *bare))] = "The padding is missing."
        slips[format_shape((out[0], *shape[1:]))] = "Height and width change here."
        slips[format_shape((shape[0], *out[1:]))] = "The channels are those of the filters, not those of the input."
    elif isinstance(layer, AdaptiveAvgPool2d):
        hint = "The channels stay; height and width are the output size that is set."
        slips[format_shape(shape)] = "Height and width change here."
        slips[format_shape(out[1:])] = "The channels are missing: they come first, and stay."
    elif isinstance(layer, Flatten):
        hint = f"{' · '.join(map(str, shape))} numbers in one row."
        slips[format_shape(shape)] = "Flatten puts all numbers in one row."
        slips[str(prod(shape[1:]))] = "The channels count too."
    elif isinstance(layer, Linear):
        hint = "As many outputs as units."
        slips[str(shape[0])] = "That is what goes in."
    return Question(format_shape(out), slips, hint)


def _parameters_question(line: ResolvedLine) -> Question:
    layer, shape, right = line.layer, line.input_shape, line.row.parameters
    slips: dict[str, str] = {}
    hint = "This layer learns nothing."
    if isinstance(layer, Conv2d):
        height, width = pair(layer.kernel_size)
        area, filters = height * width, layer.filters
        fan_in = shape[0] // layer.groups * area
        bias = filters if layer.bias else 0
        hint = (
            f"filters · (channels · {height} · {width}){' + filters' if layer.bias else ''}; channels are {shape[0]}."
        )
        slips = {
            str(right - bias): "The biases are missing: one for each filter.",
            str(right + filters): "There is no bias here." if not layer.bias else "The biases count once.",
            str(filters * area + bias): "Every filter reads every channel: the channels are missing.",
            str(filters * fan_in * layer.groups + bias): "The groups divide the channels that a filter reads.",
            str(fan_in + 1): "That is one filter: there are more.",
            str(filters * fan_in + 1): "One bias for each filter, not one for all.",
        }
    elif isinstance(layer, Linear):
        hint = f"units · inputs{' + units' if layer.bias else ''}; inputs are {shape[0]:,}."
        slips = {
            str(layer.units * shape[0] + (0 if layer.bias else layer.units)): (
                "The biases are missing: one for each unit." if layer.bias else "There is no bias here."
            ),
            str(layer.units + shape[0]): "Every unit has a weight for every input: multiply.",
        }
    elif isinstance(layer, BatchNorm):
        hint = "A scale and a shift for each channel; mean and variance are not learned."
        slips = {
            str(shape[0]): "A scale and a shift: two for each channel.",
            str(4 * shape[0]): "Running mean and variance are kept, not learned.",
        }
    elif isinstance(layer, MaxPool2d | AvgPool2d):
        slips = {str(prod(pair(layer.kernel_size))): "Pooling has no weights."}
    return Question(str(right), slips, hint)


def _field_question(line: ResolvedLine) -> Question:
    right = line.row.receptive_field
    before = (line.input_fields[0].size, line.input_fields[1].size)
    jump = (line.input_fields[0].jump, line.input_fields[1].jump)
    slips: dict[str, str] = {}
    hint = "It does not change here."
    if isinstance(line.layer, Conv2d | MaxPool2d | AvgPool2d):
        spans = [window.span for window in line.layer.windows(line.input_shape)]
        hint = f"{before[0]} + (kernel − 1) · {jump[0]}: the jump is the product of the strides before this layer."
        slips = {
            format_shape(
                (before[0] + spans[0] - 1, before[1] + spans[1] - 1)
            ): "The strides before it stretch the kernel.",
            format_shape((before[0] + spans[0] * jump[0], before[1] + spans[1] * jump[1])): "Kernel − 1, not kernel.",
            format_shape((spans[0], spans[1])): "That is this kernel alone: add what the layers before it see.",
            format_shape(before): "This layer sees more than the one before.",
        }
    elif isinstance(line.layer, Flatten):
        hint = f"From here on all places are seen together: {before[0]} + ({line.input_shape[1]} − 1) · {jump[0]}."
        slips = {format_shape(before): "That is one place: the units behind this layer read all of them."}
    elif isinstance(line.layer, AdaptiveAvgPool2d):
        hint = f"{before[0]} + (cells of the widest bin − 1) · {jump[0]}; {line.input_shape[1]} rows are shared out."
        slips = {format_shape(before): "Each bin reads several cells of the layer before."}
    return Question(format_shape(right), slips, hint)
