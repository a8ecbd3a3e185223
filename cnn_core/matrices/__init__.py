"""Small matrices as learners type, paste or generate them, and examples to begin with."""

from cnn_core.matrices.examples import example_name, upstream_examples
from cnn_core.matrices.text import format_matrix, format_planes, parse_matrix, parse_planes

__all__ = [
    "example_name",
    "format_matrix",
    "format_planes",
    "parse_matrix",
    "parse_planes",
    "upstream_examples",
]
