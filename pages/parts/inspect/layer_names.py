"""What layers, maps and units are called at a glance."""

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node
from cnn_core.insight.unfold import Unfolded
from cnn_core.networks import Conv2d, Flatten

_KINDS = {
    "Image": "what the network gets",
    "Softmax": "probabilities",
    "Conv2d": "convolution",
    "MaxPool2d": "max pooling",
    "AvgPool2d": "average pooling",
    "AdaptiveAvgPool2d": "average pooling",
    "BatchNorm": "batch norm",
    "Linear": "fully connected",
    "Flatten": "flatten",
    "Residual": "sum of body and shortcut",
    "Branches": "branches stacked",
    "Dropout": "dropout",
    "Dropout2d": "dropout",
}


def kind_words(node: Node) -> str:
    """What a layer does, in a word or two; an activation bears its name."""
    words = _KINDS.get(node.kind, node.kind)
    if isinstance(node.layer, Conv2d):
        size = node.layer.kernel_size
        rows, columns = size if isinstance(size, tuple) else (size, size)
        return f"{words} {rows}×{columns}"
    return words


def layer_title(name: str) -> str:
    """A node's name on the screen."""
    return {IMAGE: "input", PROBABILITIES: "softmax"}.get(name, name)


def map_title(node: Node, index: int) -> str:
    """A map among those of its layer: “conv1, map 3 of 16”."""
    return f"{layer_title(node.name)}, {'unit' if node.flat else 'map'} {index + 1} of {node.maps:,}"


def unit_place(nodes: Graph, source: str, index: int) -> str:
    """What a unit of the table is called: the place that a flatten took it from, or its number."""
    node = nodes[source]
    if isinstance(node.layer, Flatten):
        height, width = node.sources[0][1:]
        place, inside = divmod(index, height * width)
        row, column = divmod(inside, width)
        return f"{layer_title(node.inputs[0])}, map {place + 1}, row {row + 1}, column {column + 1}"
    return f"{layer_title(source)}, {'unit' if node.flat else 'map'} {index + 1}"


def caption(node: Node, found: Unfolded) -> str:
    """What is left out of the parts that are shown, and why."""
    if not found.left_out:
        return ""
    things = "units" if node.flat else "maps"
    if found.rest is None:
        return f"The strongest {len(found.parts)} of {len(found.parts) + found.left_out:,} {things} are shown."
    return (
        f"The {len(found.parts)} {things} that add most are shown; "
        f"the other {found.left_out:,} are summed up, so that the sum is whole."
    )
