"""What layers, maps and units are called at a glance."""

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node
from cnn_core.insight.unfold import UnfoldedMap
from cnn_core.networks import Conv2d, Flatten

_KIND_WORDS = {
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


def describe_kind(node: Node) -> str:
    """Return what a layer does, in a word or two; of an activation, its name."""
    words = _KIND_WORDS.get(node.kind, node.kind)
    if isinstance(node.layer, Conv2d):
        size = node.layer.kernel_size
        rows, columns = size if isinstance(size, tuple) else (size, size)
        return f"{words} {rows}×{columns}"
    return words


def layer_title(name: str) -> str:
    """Return a node's name on the screen."""
    return {IMAGE: "input", PROBABILITIES: "softmax"}.get(name, name)


def map_title(node: Node, index: int) -> str:
    """Return the name of a map among those of its layer: "conv1, map 3 of 16"."""
    return f"{layer_title(node.name)}, {'unit' if node.is_flat else 'map'} {index + 1} of {node.map_count:,}"


def describe_unit(nodes: Graph, source: str, index: int) -> str:
    """Return the name of a unit in the table: the place that a flatten took it from, or its number."""
    node = nodes[source]
    if isinstance(node.layer, Flatten):
        height, width = node.input_shapes[0][1:]
        place, inside = divmod(index, height * width)
        row, column = divmod(inside, width)
        return f"{layer_title(node.inputs[0])}, map {place + 1}, row {row + 1}, column {column + 1}"
    return f"{layer_title(source)}, {'unit' if node.is_flat else 'map'} {index + 1}"


def describe_left_out(node: Node, unfolded: UnfoldedMap) -> str:
    """Say how many contributions are left out, and whether they are added up."""
    if not unfolded.left_out_count:
        return ""
    things = "units" if node.is_flat else "maps"
    if unfolded.rest is None:
        shown_count = len(unfolded.contributions)
        return f"The strongest {shown_count} of {shown_count + unfolded.left_out_count:,} {things} are shown."
    return (
        f"The {len(unfolded.contributions)} {things} that add most are shown; "
        f"the other {unfolded.left_out_count:,} are summed up, so that the sum is whole."
    )
