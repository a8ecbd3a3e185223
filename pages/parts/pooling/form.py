"""The kinds of pooling, their controls and their source; every control is kept in the URL under `pooling_`."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from cnn_core.ops import naive
from cnn_core.trace import Trace, adaptive_pool_trace, avg_pool_trace, lp_pool_trace, max_pool_trace
from pages.shared.controls import choose_option

LIKE_KERNEL = "= kernel"


@dataclass(frozen=True)
class PoolingKind:
    """One kind of pooling: its name in `cnn_core.ops` and torch.nn.functional, its layer in torch.nn, its trace, what
    can be set, the formula of a value, and what it is good for."""

    operation: str
    layer: str
    make_trace: Callable[..., Trace]
    setting_names: tuple[str, ...]
    formula: str
    remark: str

    @property
    def is_adaptive(self) -> bool:
        """Whether the size of the output is chosen instead of that of the window."""
        return self.operation.startswith("adaptive")


WINDOW = r"x_{\,i S + u D - P,\; j S + v D - P}"
ADAPTIVE_MAX = partial(adaptive_pool_trace, combine="max")
ADAPTIVE_MEAN = partial(adaptive_pool_trace, combine="mean")

KINDS = {
    "Max": PoolingKind(
        "max_pool2d",
        "MaxPool2d",
        max_pool_trace,
        ("stride", "padding", "dilation", "ceil_mode"),
        rf"y_{{i,j}} = \max_{{u,v}}\; {WINDOW}",
        "Padding holds −∞, so that it never wins.",
    ),
    "Average": PoolingKind(
        "avg_pool2d",
        "AvgPool2d",
        avg_pool_trace,
        ("stride", "padding", "ceil_mode", "count_include_pad"),
        r"y_{i,j} = \frac{1}{n_{i,j}} \sum_{u,v} x_{\,i S + u - P,\; j S + v - P}",
        "n is the number of cells that count. Padding holds 0.",
    ),
    "L2": PoolingKind(
        "lp_pool2d",
        "LPPool2d",
        lp_pool_trace,
        ("stride",),
        r"y_{i,j} = \sqrt{\sum_{u,v} x_{\,i S + u,\; j S + v}^{\,2}}",
        "PyTorch’s L2 pooling has no padding and no dilation. It is the length of the window, never negative.",
    ),
    "Global max": PoolingKind(
        "adaptive_max_pool2d",
        "AdaptiveMaxPool2d",
        ADAPTIVE_MAX,
        (),
        r"y = \max_{i,j}\; x_{i,j}",
        "One window over the whole picture: one number a channel, whatever its size.",
    ),
    "Global average": PoolingKind(
        "adaptive_avg_pool2d",
        "AdaptiveAvgPool2d",
        ADAPTIVE_MEAN,
        (),
        r"y = \frac{1}{H\,W} \sum_{i,j} x_{i,j}",
        "One window over the whole picture: one number a channel, whatever its size.",
    ),
    "Adaptive max": PoolingKind(
        "adaptive_max_pool2d",
        "AdaptiveMaxPool2d",
        ADAPTIVE_MAX,
        ("output_size",),
        r"y_{i,j} = \max\;\{\,x_{r,c} : r \in \text{rows of } i,\; c \in \text{columns of } j\,\}",
        "The output’s size is chosen, the windows follow from it; they may overlap.",
    ),
    "Adaptive average": PoolingKind(
        "adaptive_avg_pool2d",
        "AdaptiveAvgPool2d",
        ADAPTIVE_MEAN,
        ("output_size",),
        r"y_{i,j} = \text{mean of } x_{r,c},\; r \in \text{rows of } i,\; c \in \text{columns of } j",
        "The output’s size is chosen, the windows follow from it; they may overlap.",
    ),
}


@dataclass(frozen=True)
class Pooling:
    """A kind of pooling (a name of KINDS) as set: its window's size, or its output's, and the other arguments."""

    name: str
    size: tuple[int, int]
    settings: dict[str, Any]

    @property
    def kind(self) -> PoolingKind:
        """The entry of KINDS for this pooling."""
        return KINDS[self.name]


def choose_pooling() -> Pooling:
    """Let the learner choose the kind of pooling and its settings."""
    name = choose_option("Pooling", tuple(KINDS), "Max", "pooling_kind")
    kind = KINDS[name]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if not kind.is_adaptive:
            size = (
                _number_field("Kernel height", "kernel_height", 2, 7),
                _number_field("Kernel width", "kernel_width", 2, 7),
            )
        elif "output_size" in kind.setting_names:
            size = (
                _number_field("Output height", "output_height", 3, 12),
                _number_field("Output width", "output_width", 3, 12),
            )
        else:
            size = 1, 1
        settings = _choose_window_settings(kind)
    return Pooling(name, size, settings)


def _choose_window_settings(kind: PoolingKind) -> dict[str, Any]:
    """Let the learner choose the settings of this kind; those with PyTorch's defaults are not returned."""
    settings: dict[str, Any] = {}
    if "stride" in kind.setting_names:
        stride = choose_option(
            "Stride", (LIKE_KERNEL, "1", "2", "3", "4"), LIKE_KERNEL, "pooling_stride", "Cells moved on."
        )
        settings["stride"] = None if stride == LIKE_KERNEL else int(stride)
    if "padding" in kind.setting_names:
        hint = "Cells around the input: −∞ for max pooling, 0 for the average. At most half of the kernel."
        settings["padding"] = int(choose_option("Padding", ("0", "1", "2", "3"), "0", "pooling_padding", hint))
    if "dilation" in kind.setting_names:
        hint = "2: every second cell of the window is read."
        settings["dilation"] = int(choose_option("Dilation", ("1", "2", "3"), "1", "pooling_dilation", hint))
    if "ceil_mode" in kind.setting_names:
        settings["ceil_mode"] = _flag_field("Ceil mode", "ceil_mode", False, "The last window may hang over the edge.")
    if "count_include_pad" in kind.setting_names:
        hint = "Whether padding cells count in the number that the sum is divided by (count_include_pad)."
        settings["count_include_pad"] = _flag_field("Count padding", "count_include_pad", True, hint)
    standard = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "count_include_pad": True}
    return {setting: value for setting, value in settings.items() if value != standard[setting]}


def _number_field(label: str, name: str, default: int, maximum: int) -> int:
    return int(st.number_input(label, 1, maximum, default, key=f"pooling_{name}", bind="query-params", width=120))


def _flag_field(label: str, name: str, default: bool, hint: str) -> bool:
    return st.toggle(label, default, key=f"pooling_{name}", bind="query-params", help=hint)


def torch_source(pooling: Pooling, input_size: tuple[int, int], output_size: tuple[int, int]) -> str:
    """Return the same pooling in PyTorch, as a function and as a layer; `input_size` and `output_size` are (H, W)."""
    kind = pooling.kind
    size = pooling.size[0] if pooling.size[0] == pooling.size[1] else pooling.size
    arguments: dict[str, Any] = {"norm_type": 2} if kind.operation == "lp_pool2d" else {}
    arguments |= {"output_size" if kind.is_adaptive else "kernel_size": size, **pooling.settings}
    text = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    (height, width), (rows, columns) = input_size, output_size
    return (
        "import torch.nn as nn\nimport torch.nn.functional as F\n\n"
        f"# x: (N, C, {height}, {width})   y: (N, C, {rows}, {columns})\n"
        f"y = F.{kind.operation}(x, {text})\n\n# the same as a layer\npool = nn.{kind.layer}({text})"
    )


def loop_source(kind: PoolingKind) -> str:
    """Return the source of the plain loops of this pooling, with the helpers that they call."""
    helpers = {
        "max_pool2d": ("_window_cells", "_find_winner"),
        "avg_pool2d": ("_window_cells", "_mean_divisor"),
        "lp_pool2d": ("_window_cells",),
    }
    names = (kind.operation, *helpers.get(kind.operation, ()))
    return "\n\n".join(inspect.getsource(getattr(naive, name)) for name in names)
