"""Read a network from the source of an `nn.Sequential(...)`, which is parsed but never run."""

import ast
from collections.abc import Callable
from typing import Any

from cnn_core.checks import name_in_words
from cnn_core.networks.blocks import KINDS, Branches, Residual
from cnn_core.networks.draft import Draft, Layers
from cnn_core.networks.layers import BatchNorm, Conv2d, Layer, Linear
from cnn_core.networks.spec import MAX_BRANCHES, MAX_DEPTH, MAX_LAYERS, MAX_TEXT

_SIGNATURES: dict[str, tuple[str, ...]] = {
    "Conv2d": ("in", "filters", "kernel_size", "stride", "padding", "dilation", "groups", "bias"),
    "MaxPool2d": ("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"),
    "AvgPool2d": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    "AdaptiveAvgPool2d": ("output_size",),
    "BatchNorm2d": ("in", "eps", "momentum", "affine", "track_running_stats", "shift"),
    "BatchNorm1d": ("in", "eps", "momentum", "affine", "track_running_stats", "shift"),
    "Linear": ("in", "units", "bias"),
    "Flatten": ("start_dim", "end_dim"),
    "ReLU": ("inplace",),
    "ReLU6": ("inplace",),
    "GELU": ("approximate",),
    "Tanh": (),
    "LeakyReLU": ("negative_slope", "inplace"),
    "ELU": ("alpha", "inplace"),
    "Dropout": ("p", "inplace"),
    "Dropout2d": ("p", "inplace"),
}
"""Module → the names of its arguments in order, in the words of this library; "in" is the input's channels."""
_FIELD_NAMES = {
    "in_channels": "in",
    "out_channels": "filters",
    "in_features": "in",
    "out_features": "units",
    "num_features": "in",
}
"""PyTorch's name of an argument → the name here."""
_LAYER_CLASSES: dict[str, Callable[..., Layer]] = {**KINDS, "BatchNorm2d": BatchNorm, "BatchNorm1d": BatchNorm}
_BLOCK_CLASSES: dict[str, type[Residual | Branches]] = {"Residual": Residual, "Branches": Branches}
_IGNORED = ("in", "inplace")
"""Arguments without meaning here: input channels follow from the input."""
_USUAL_VALUES = {
    "eps": 1e-5,
    "momentum": 0.1,
    "affine": True,
    "shift": True,
    "track_running_stats": True,
    "start_dim": 1,
    "end_dim": -1,
    "approximate": "none",
    "return_indices": False,
}
"""Arguments that are accepted only with their default value."""
MAX_NESTING = 20
"""nn.Sequential inside each other: functions call themselves for each."""


def read_sequential(source: str, input_shape: tuple[int, int, int], name: str = "Pasted network") -> Draft:
    """Read the network of a pasted `nn.Sequential(...)`, for images of `input_shape` (C, H, W).

    It may be assigned to a name, returned by a function, and contain `OrderedDict([("conv1", …), …])` and the
    `Residual(…)` and `Branches(…)` of `cnn_core.networks.export`, so that an exported file can be read again. Input
    channels are ignored, because they follow from the input, but the first convolution must agree with `input_shape`.
    Nothing is executed. Raises ValueError with a sentence and the line for anything but layers with plain numbers.

    >>> read_sequential("nn.Sequential(nn.Flatten(), nn.Linear(64, 10))", (1, 8, 8)).layers
    (Flatten(), Linear(units=10, bias=True))
    """
    if len(source) > MAX_TEXT:
        raise ValueError(f"The source has {len(source):,} characters: at most {MAX_TEXT:,} are read.")
    call = _find_sequential(source)
    layers: list[Layer] = []
    first_channels = None
    for node in _collect_layer_calls(call):
        if len(layers) >= MAX_LAYERS:
            raise ValueError(f"The network has more than {MAX_LAYERS} layers.")
        layer, stated = _read_layer(node)
        first_channels = stated if first_channels is None else first_channels
        layers.append(layer)
    if not layers:
        raise ValueError("This nn.Sequential(…) holds no layers: put some between its brackets.")
    weighted = next((layer for layer in layers if isinstance(layer, Conv2d | Linear | BatchNorm)), None)
    if isinstance(weighted, Conv2d) and first_channels not in (None, input_shape[0]):
        raise ValueError(
            f"Its first convolution takes {first_channels} channels, the input has {input_shape[0]}: make them equal."
        )
    return Draft(name, input_shape, tuple(layers))


def _find_sequential(source: str) -> ast.Call:
    """Find the outermost nn.Sequential(...) of the source."""
    try:
        tree = ast.parse(source.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise ValueError(f"This is no Python that can be read{where}: paste one nn.Sequential(…).") from None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    body = [*tree.body, *(node for function in functions for node in function.body)]
    values = [node.value for node in body if isinstance(node, ast.Expr | ast.Assign | ast.Return)]
    calls = [value for value in values if isinstance(value, ast.Call) and _module_name(value.func) == "Sequential"]
    if len(calls) != 1:
        raise ValueError(f"There are {len(calls)} nn.Sequential(…) in this source: paste exactly one.")
    return calls[0]


def _collect_layer_calls(call: ast.Call, depth: int = 0) -> list[ast.Call]:
    """Return the calls inside nn.Sequential(...), with nested ones unfolded in order."""
    if depth > MAX_NESTING:
        raise ValueError(f"The nn.Sequential(…) are nested more than {MAX_NESTING} deep.")
    if call.keywords:
        raise _line_error(call, "An nn.Sequential(…) takes layers, no named arguments.")
    nodes = [node for argument in call.args for node in _unwrap_ordered_dict(argument)]
    layer_calls = []
    for node in nodes:
        if not isinstance(node, ast.Call):
            raise _line_error(node, "Only layers such as nn.Conv2d(3, 16, 3) can stand here.")
        layer_calls += _collect_layer_calls(node, depth + 1) if _module_name(node.func) == "Sequential" else [node]
    return layer_calls


def _unwrap_ordered_dict(node: ast.expr) -> list[ast.expr]:
    """Return the layers of an OrderedDict([(name, layer), …]), and any other expression as it is."""
    if not (isinstance(node, ast.Call) and _module_name(node.func) == "OrderedDict"):
        return [node]
    if len(node.args) != 1 or not isinstance(node.args[0], ast.List):
        raise _line_error(node, "OrderedDict needs one list of pairs (name, layer).")
    pairs = node.args[0].elts
    if not all(isinstance(pair, ast.Tuple) and len(pair.elts) == 2 for pair in pairs):
        raise _line_error(node, "OrderedDict needs pairs (name, layer).")
    return [pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple)]


def _read_block(node: ast.Call, kind: type[Residual | Branches], depth: int) -> Layer:
    """Read a block from a call whose arguments are the nn.Sequential of its parts, by name."""
    if depth > MAX_DEPTH:
        raise _line_error(node, f"Blocks are nested more than {MAX_DEPTH} deep.")
    inside: dict[str, Layers] = {}
    for keyword in node.keywords:
        part = keyword.value
        if not isinstance(part, ast.Call) or _module_name(part.func) != "Sequential":
            raise _line_error(node, f"Every part of {kind.__name__} must be an nn.Sequential(…).")
        inside[keyword.arg or "**"] = tuple(_read_layer(child, depth)[0] for child in _collect_layer_calls(part))
    right = {"body", "shortcut"} if kind is Residual else {f"branch{i + 1}" for i in range(len(inside))}
    if node.args or set(inside) != right or len(inside) > MAX_BRANCHES:
        wanted = "body=… and shortcut=…" if kind is Residual else f"branch1=…, branch2=… and at most {MAX_BRANCHES}"
        raise _line_error(node, f"{kind.__name__} needs {wanted}.")
    try:
        if kind is Residual:
            return Residual(inside["body"], inside["shortcut"])
        return Branches(tuple(inside[f"branch{i + 1}"] for i in range(len(inside))))
    except ValueError as error:
        raise _line_error(node, str(error)) from None


def _read_layer(node: ast.Call, depth: int = 0) -> tuple[Layer, int | None]:
    """Read the layer of a call, `depth` blocks deep, and the input channels or features that it states."""
    name = _module_name(node.func)
    if name in _BLOCK_CLASSES:
        return _read_block(node, _BLOCK_CLASSES[name], depth + 1), None
    if name not in _SIGNATURES:
        raise _line_error(node, f"“{name[:30]}” is no layer that is known here: there are {', '.join(_SIGNATURES)}.")
    names = _SIGNATURES[name]
    if len(node.args) > len(names):
        raise _line_error(node, f"nn.{name} takes at most {len(names)} arguments here.")
    values = {key: _read_value(value) for key, value in zip(names, node.args, strict=False)}
    for keyword in node.keywords:
        key = _FIELD_NAMES.get(keyword.arg or "", keyword.arg or "")
        key = "shift" if key == "bias" and "shift" in names else key
        if key not in names:
            raise _line_error(node, f"nn.{name} has no argument “{(keyword.arg or '**')[:30]}” here.")
        values[key] = _read_value(keyword.value)
    stated = values.get("in")
    unusual = next((key for key, value in values.items() if key in _USUAL_VALUES and value != _USUAL_VALUES[key]), None)
    if unusual:
        raise _line_error(
            node, f"{name_in_words(unusual)} is {values[unusual]!r}: only {_USUAL_VALUES[unusual]!r} is known here."
        )
    kept = {key: value for key, value in values.items() if key not in _IGNORED and key not in _USUAL_VALUES}
    try:
        return _LAYER_CLASSES[name](**kept), stated if isinstance(stated, int) else None
    except TypeError:
        raise _line_error(node, f"nn.{name} lacks an argument.") from None
    except ValueError as error:
        raise _line_error(node, str(error)) from None


def _read_value(node: ast.expr) -> Any:
    """Read a plain number, truth value, text, or a tuple of them."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise _line_error(node, "Only plain numbers can stand here.") from None
    simple = value if isinstance(value, tuple) else (value,)
    if not all(item is None or isinstance(item, bool | int | float | str) for item in simple):
        raise _line_error(node, "Only plain numbers can stand here.")
    return value


def _module_name(node: ast.expr) -> str:
    """Return "Conv2d" for nn.Conv2d, torch.nn.Conv2d and Conv2d, and "" for anything that is not a name."""
    if isinstance(node, ast.Attribute):
        base = ast.unparse(node.value) if isinstance(node.value, ast.Name | ast.Attribute) else ""
        return node.attr if base in ("nn", "torch.nn", "collections") else ""
    return node.id if isinstance(node, ast.Name) else ""


def _line_error(node: ast.AST, reason: str) -> ValueError:
    return ValueError(f"Line {getattr(node, 'lineno', 1)}: {reason}")
