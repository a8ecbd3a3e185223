"""Ready-made networks: small ones for first training runs, those of five courses, and the classics.

Their numbers of parameters equal those of the courses' tables and of torchvision's models.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.networks.blocks import Residual
from cnn_core.networks.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Tanh,
)
from cnn_core.networks.spec import NetworkSpec, check_input_shape
from cnn_core.words import format_shape

Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class _Preset:
    """A ready-made network: its usual input shape and number of classes, and its layers for any number of classes."""

    description: str
    input_shape: tuple[int, int, int]
    classes: int
    layers: Callable[[int], Layers]


def _tiny_layers(classes: int, norm: Layers = ()) -> Layers:
    convs = [(Conv2d(filters, 3, padding=1), *norm, ReLU(), MaxPool2d(2)) for filters in (16, 32)]
    return (*convs[0], *convs[1], Flatten(), Linear(classes))


def _linear_only_layers(classes: int) -> Layers:
    return Flatten(), Linear(classes)


def _course_a_layers(classes: int) -> Layers:
    return Conv2d(36, 5, stride=2, padding=1), MaxPool2d(2), Flatten(), Linear(48), GELU(), Linear(classes)


def _course_b_layers(classes: int, norm: Layers = (), after_pool: Layers = ()) -> Layers:
    layers: Layers = ()
    for filters in (32, 64, 128):
        layers += (Conv2d(filters, 5, padding=2), *norm, ReLU(), MaxPool2d(2), *after_pool)
    return (*layers, Flatten(), Linear(64), *norm, ReLU(), Linear(classes), *norm)


def _course_c_layers(classes: int) -> Layers:
    return Conv2d(32, 7, padding=3), ReLU(), MaxPool2d(2), Flatten(), Linear(100), ReLU(), Linear(classes)


def _course_e_layers(classes: int) -> Layers:
    def conv_stage(filters: int) -> Layers:
        return Conv2d(filters, 3), BatchNorm(), ReLU(), MaxPool2d(2)

    head = (Flatten(), Linear(128), ReLU(), Linear(256), ReLU(), Linear(classes))
    return (*conv_stage(64), *conv_stage(128), Dropout2d(0.1), *conv_stage(256), *head)


def _lenet5_layers(classes: int) -> Layers:
    stages = (Conv2d(6, 5), Tanh(), AvgPool2d(2), Conv2d(16, 5), Tanh(), AvgPool2d(2))
    return (*stages, Flatten(), Linear(120), Tanh(), Linear(84), Tanh(), Linear(classes))


def _alexnet_layers(classes: int) -> Layers:
    first = (Conv2d(64, 11, stride=4, padding=2), ReLU(), MaxPool2d(3, 2))
    second = (Conv2d(192, 5, padding=2), ReLU(), MaxPool2d(3, 2))
    third = (Conv2d(384, 3, padding=1), ReLU())
    fourth = (Conv2d(256, 3, padding=1), ReLU())
    fifth = (Conv2d(256, 3, padding=1), ReLU(), MaxPool2d(3, 2))
    head = (Flatten(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Linear(classes))
    return (*first, *second, *third, *fourth, *fifth, AdaptiveAvgPool2d(6), *head)


def _vgg_stages(stages: tuple[tuple[int, ...], ...]) -> Layers:
    """Return 3×3 convolutions with ReLU, and a pooling after every stage (Simonyan and Zisserman, 2014)."""
    layers: Layers = ()
    for stage in stages:
        for filters in stage:
            layers += (Conv2d(filters, 3, padding=1), ReLU())
        layers += (MaxPool2d(2),)
    return layers


def _vgg_head(classes: int) -> Layers:
    return Flatten(), Linear(4096), ReLU(), Dropout(), Linear(4096), ReLU(), Dropout(), Linear(classes)


def _course_d_vgg_layers(classes: int) -> Layers:
    return (*_vgg_stages(((64, 64), (128, 128), (256, 256), (512, 512), (512, 512))), *_vgg_head(classes))


def _vgg_layers(stages: tuple[tuple[int, ...], ...], classes: int) -> Layers:
    return (*_vgg_stages(stages), AdaptiveAvgPool2d(7), *_vgg_head(classes))


def _vgg11_layers(classes: int) -> Layers:
    return _vgg_layers(((64,), (128,), (256, 256), (512, 512), (512, 512)), classes)


def _vgg16_layers(classes: int) -> Layers:
    return _vgg_layers(((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3), classes)


def _basic_block(filters: int, stride: int, project: bool) -> Layers:
    """Return two 3×3 convolutions with a shortcut, a 1×1 convolution where `project` (He et al., 2015)."""
    first = (Conv2d(filters, 3, stride=stride, padding=1, bias=False), BatchNorm(), ReLU())
    second = (Conv2d(filters, 3, padding=1, bias=False), BatchNorm())
    shortcut = (Conv2d(filters, 1, stride=stride, bias=False), BatchNorm()) if project else ()
    return Residual((*first, *second), shortcut), ReLU()


def _resnet_layers(blocks: tuple[int, int, int, int], classes: int) -> Layers:
    layers: Layers = (Conv2d(64, 7, stride=2, padding=3, bias=False), BatchNorm(), ReLU(), MaxPool2d(3, 2, 1))
    for stage, count in enumerate(blocks):
        for block in range(count):
            changes = block == 0 and stage > 0
            layers += _basic_block(64 * 2**stage, 2 if changes else 1, changes)
    return (*layers, AdaptiveAvgPool2d(1), Flatten(), Linear(classes))


def _resnet18_layers(classes: int) -> Layers:
    return _resnet_layers((2, 2, 2, 2), classes)


def _resnet34_layers(classes: int) -> Layers:
    return _resnet_layers((3, 4, 6, 3), classes)


def _inverted_residual(channels: int, filters: int, stride: int, expand: int) -> Layers:
    """Return a 1×1 expansion, a depthwise 3×3 convolution and a 1×1 projection (Sandler et al., 2018)."""
    wide = channels * expand
    widen = (Conv2d(wide, 1, bias=False), BatchNorm(), ReLU6()) if expand > 1 else ()
    depthwise = (Conv2d(wide, 3, stride=stride, padding=1, groups=wide, bias=False), BatchNorm(), ReLU6())
    body = (*widen, *depthwise, Conv2d(filters, 1, bias=False), BatchNorm())
    return (Residual(body),) if stride == 1 and channels == filters else body


MOBILENET_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, filters, blocks, and stride of the first block: table 2 of the paper."""


def _mobilenet_layers(classes: int) -> Layers:
    layers: Layers = (Conv2d(32, 3, stride=2, padding=1, bias=False), BatchNorm(), ReLU6())
    channels = 32
    for expand, filters, blocks, stride in MOBILENET_STAGES:
        for block in range(blocks):
            layers += _inverted_residual(channels, filters, stride if block == 0 else 1, expand)
            channels = filters
    last = (Conv2d(1280, 1, bias=False), BatchNorm(), ReLU6())
    return (*layers, *last, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2), Linear(classes))


_PRESETS = {
    "Tiny CNN": _Preset("Two small convolutions and one linear layer: trains in seconds.", (1, 8, 8), 10, _tiny_layers),
    "Tiny CNN + batch norm": _Preset(
        "The tiny CNN with batch normalisation after each convolution.",
        (1, 8, 8),
        10,
        lambda classes: _tiny_layers(classes, norm=(BatchNorm(),)),
    ),
    "Linear only": _Preset(
        "No convolution at all: the baseline every CNN should beat.", (1, 8, 8), 10, _linear_only_layers
    ),
    "LeNet-5": _Preset("LeCun's digit reader of 1998: tanh and average pooling.", (1, 32, 32), 10, _lenet5_layers),
    "A": _Preset(
        "One 5×5 convolution with stride 2, then GELU: written in NumPy loops.", (3, 32, 32), 20, _course_a_layers
    ),
    "B-base": _Preset("Three 5×5 convolutions, each halved by max pooling.", (3, 32, 32), 10, _course_b_layers),
    "B-net1": _Preset(
        "B-base with batch norm after each convolution and each linear layer.",
        (3, 32, 32),
        10,
        lambda classes: _course_b_layers(classes, norm=(BatchNorm(),)),
    ),
    "B-net2": _Preset(
        "B-base with a little dropout after each pooling.",
        (3, 32, 32),
        10,
        lambda classes: _course_b_layers(classes, after_pool=(Dropout(0.05),)),
    ),
    "C": _Preset("The three-layer net: one 7×7 convolution and two linear layers.", (3, 32, 32), 10, _course_c_layers),
    "D-vgg": _Preset(
        "A VGG of ten convolutions for 64×64 photos of three classes.", (3, 64, 64), 3, _course_d_vgg_layers
    ),
    "D-resnet18": _Preset("ResNet-18 for 64×64 photos of three classes.", (3, 64, 64), 3, _resnet18_layers),
    "E": _Preset(
        "Three unpadded 3×3 convolutions with batch norm, then 128-256-10.", (3, 32, 32), 10, _course_e_layers
    ),
    "AlexNet": _Preset(
        "The network that started it all in 2012 (torchvision's form).", (3, 224, 224), 1000, _alexnet_layers
    ),
    "VGG-11": _Preset("Eleven layers of 3×3 convolutions (2014).", (3, 224, 224), 1000, _vgg11_layers),
    "VGG-16": _Preset(
        "Sixteen layers: 138 million parameters, most of them linear.", (3, 224, 224), 1000, _vgg16_layers
    ),
    "ResNet-18": _Preset("Eight residual blocks (2015).", (3, 224, 224), 1000, _resnet18_layers),
    "ResNet-34": _Preset("Sixteen residual blocks (2015).", (3, 224, 224), 1000, _resnet34_layers),
    "MobileNet-V2": _Preset(
        "Depthwise convolutions and inverted residuals: few parameters, few operations (2018).",
        (3, 224, 224),
        1000,
        _mobilenet_layers,
    ),
}

PRESETS: tuple[str, ...] = tuple(_PRESETS)
"""The names that `preset` knows, small networks first."""

DESCRIPTIONS: dict[str, str] = {name: entry.description for name, entry in _PRESETS.items()}
"""Name of a preset → one sentence on it."""


def preset(name: str, *, input_shape: tuple[int, int, int] | None = None, classes: int | None = None) -> NetworkSpec:
    """Return a ready-made network, for its usual `input_shape` (C, H, W) and number of classes or for others.

    Raises ValueError with a sentence when there is no such preset, or it does not fit that input.

    >>> preset("LeNet-5").total_parameters, preset("LeNet-5", classes=26).output_shape
    (61706, (26,))
    """
    if name not in _PRESETS:
        raise ValueError(f"Name is {name!r}: there is no such preset; there are {', '.join(PRESETS)}.")
    entry = _PRESETS[name]
    shape = check_input_shape(entry.input_shape if input_shape is None else input_shape)
    layers = entry.layers(entry.classes if classes is None else classes)
    try:
        return NetworkSpec(name, shape, layers)
    except ValueError as error:
        size = format_shape(shape)
        raise ValueError(
            f"{name} does not fit {size} images: {error}{_smallest_size_sentence(shape, layers)}"
        ) from None


def fitting(input_shape: tuple[int, int, int], classes: int) -> dict[str, NetworkSpec]:
    """Return every preset that fits images of `input_shape` (C, H, W), by name."""
    presets = {}
    for name in PRESETS:
        try:
            presets[name] = preset(name, input_shape=input_shape, classes=classes)
        except ValueError:
            continue
    return presets


def _smallest_size_sentence(shape: tuple[int, int, int], layers: Layers) -> str:
    """Name the smallest square image that the layers fit; return "" when a larger image would not help."""
    for size in range(min(shape[1:]) + 1, 257):
        try:
            NetworkSpec("", (shape[0], size, size), layers)
        except ValueError:
            continue
        return f" It fits images of {size}×{size} and more."
    return ""
