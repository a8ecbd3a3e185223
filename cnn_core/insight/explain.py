"""Sentences and formulas about what the other modules of insight measure. No torch."""

from cnn_core import words
from cnn_core.insight.filter_findings import (
    COLOUR_LIMIT,
    DEAD_LIMIT,
    NOISY_LIMIT,
    SIMILARITY_LIMIT,
    SLOPE_LIMIT,
    SMOOTH_LIMIT,
)
from cnn_core.insight.graph import Node
from cnn_core.insight.unfold import Weights, map_bias
from cnn_core.insight.value_trace import LeftOutMaps
from cnn_core.networks import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Residual,
    Tanh,
)
from cnn_core.trace import decimals

BATCH_NORM_EPS = 1e-5
"""What PyTorch adds to the variance by default, and this project never changes."""

FINDING_NAMES = {
    "N": "Noisy",
    "E": "Even",
    "G": "Gradient: dark on one side, light on the other",
    "C": "Colour",
    "S": "Similar channels",
    "P": "Pairs",
    "D": "Dead: next to no weights",
    "Z": "Dead: its map is always zero",
}
"""What each letter of `cnn_core.insight.filter_findings.Finding` stands for."""
FINDING_CRITERIA = {
    "N": f"neighbouring weights differ as much as random ones do: Geary's C of at least {NOISY_LIMIT}",
    "E": f"neighbouring weights are alike: Geary's C of at most {SMOOTH_LIMIT}",
    "G": f"a slanted plane explains at least {SLOPE_LIMIT:.0%} of the weights' variance (R²)",
    "C": f"at least {COLOUR_LIMIT:.0%} of Σw² lies in differences between red, green and blue",
    "S": f"the mean cosine between the filter's channels is at least {SIMILARITY_LIMIT}",
    "P": f"the cosine between two filters is at least {SIMILARITY_LIMIT}, or at most −{SIMILARITY_LIMIT} for opposites",
    "D": f"the norm is at most {DEAD_LIMIT:.0%} of the largest",
    "Z": "its map behind the activation is 0 everywhere, on every image tried",
}
"""What was measured for each letter, and where the limit lies."""


def format_number(value: float) -> str:
    """Return a number as a sentence holds it: at most four decimals, or three digits where these would all be 0.

    >>> format_number(-0.12346), format_number(0.0000123)
    ('−0.1235', '1.23e−05')
    """
    short = decimals.format_decimal(decimals.exact_decimal(float(value)))
    return short if short != "0" or value == 0 else words.format_number(value, ".3g")


def map_formula(node: Node, weights: Weights, index: int) -> str:
    """Return how map `index` of a node is made from the maps that feed it: one line, with this map's own numbers.

    `weights` is the state_dict as arrays.
    """
    layer = node.layer
    match layer:
        case Conv2d():
            count = node.input_shapes[0][0] // layer.groups
            of = f"Σ over {count} maps of (map ∗ its kernel)" if count > 1 else "map ∗ kernel"
            return of + _bias_term(map_bias(node, weights, index))
        case Linear():
            return f"Σ over {node.input_shapes[0][0]:,} units of (value · weight)" + _bias_term(
                map_bias(node, weights, index)
            )
        case BatchNorm():
            mean, variance, scale, shift = (
                format_number(weights[f"{node.name}.{what}"][index])
                for what in ("running_mean", "running_var", "weight", "bias")
            )
            return f"(x − mean {mean}) / √(variance {variance} + {BATCH_NORM_EPS:.5f}) · scale {scale} + shift {shift}"
        case MaxPool2d() | AvgPool2d() | AdaptiveAvgPool2d():
            return _pooling_formula(layer, node)
        case Flatten():
            height, width = node.input_shapes[0][1:]
            place, inside = divmod(index, height * width)
            row, column = divmod(inside, width)
            return f"the value of map {place + 1} at row {row + 1}, column {column + 1}"
        case Residual():
            return "body + shortcut"
        case Branches():
            return "the map itself: the branches' maps are stacked, not added"
    return _activation_formula(node)


def _bias_term(bias: float | None) -> str:
    return " (no bias)" if bias is None else f" + bias {format_number(bias)}"


def _pooling_formula(layer: MaxPool2d | AvgPool2d | AdaptiveAvgPool2d, node: Node) -> str:
    if isinstance(layer, AdaptiveAvgPool2d):
        return f"the mean of each of {words.format_shape(node.map_size)} parts of the map"
    rows, columns = layer.windows(node.input_shapes[0])
    what = "largest value" if isinstance(layer, MaxPool2d) else "mean"
    step = f"{rows.stride}" if rows.stride == columns.stride else f"{rows.stride}, {columns.stride}"
    return f"the {what} of each window of {rows.kernel}×{columns.kernel}, stride {step}"


def _activation_formula(node: Node) -> str:
    match node.layer:
        case ReLU():
            return "max(0, x)"
        case ReLU6():
            return "min(max(0, x), 6)"
        case LeakyReLU(negative_slope=slope):
            return f"x where x > 0, else {format_number(slope)} · x"
        case ELU(alpha=alpha):
            return f"x where x > 0, else {format_number(alpha)} · (eˣ − 1)"
        case GELU():
            return "x · Φ(x), Φ the normal distribution function"
        case Tanh():
            return "tanh(x)"
        case Dropout():
            return "x: dropout passes everything on when the network answers"
        case None if node.inputs:
            return f"eˣ / the sum of eˣ over all {node.map_count:,} classes"
    return "the picture, less the training images' mean, over their deviation"


def describe_left_out(left_out: LeftOutMaps) -> str:
    """Return which maps are written out in the sum of a value, and what the others add.

    >>> describe_left_out(LeftOutMaps(written_out=(0, 2), count=14, total=0.25, bias=0.5))
    'Written out: the 2 maps that add most here (1, 3). The other 14 add 0.25; with the bias 0.5 that is 0.75.'
    """
    shown = left_out.written_out
    maps = "map that adds" if len(shown) == 1 else f"{len(shown)} maps that add"
    which = ", ".join(str(index + 1) for index in shown)
    total = format_number(left_out.total)
    with_bias = ""
    if left_out.bias is not None:
        whole = format_number(left_out.total + left_out.bias)
        with_bias = f"; with the bias {format_number(left_out.bias)} that is {whole}"
    return f"Written out: the {maps} most here ({which}). The other {left_out.count:,} add {total}{with_bias}."
