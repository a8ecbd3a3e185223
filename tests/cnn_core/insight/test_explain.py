"""Sentences and formulas hold the numbers that they are about."""

import numpy as np
import pytest

from cnn_core.insight.explain import FINDING_CRITERIA, FINDING_NAMES, describe_left_out, format_number, map_formula
from cnn_core.insight.filter_findings import collect_findings
from cnn_core.insight.graph import Node
from cnn_core.insight.value_trace import LeftOutMaps
from cnn_core.networks import AdaptiveAvgPool2d, BatchNorm, Conv2d, Flatten, Layer, Linear, MaxPool2d, ReLU, Residual
from tests.cnn_core.insight.examples import Looked

FORMULAS: list[tuple[Layer, str]] = [
    (Conv2d(4, 3, padding=1, groups=2), "Σ over 4 maps of (map ∗ its kernel) + bias 0.5"),
    (Conv2d(4, 3, padding=1, groups=8, bias=False), "map ∗ kernel (no bias)"),
    (MaxPool2d((3, 2), (2, 1)), "the largest value of each window of 3×2, stride 2, 1"),
    (AdaptiveAvgPool2d((2, 3)), "the mean of each of 2×3 parts of the map"),
    (BatchNorm(), "(x − mean 1) / √(variance 4 + 0.00001) · scale 2 + shift 0.5"),
    (Flatten(), "the value of map 1 at row 1, column 3"),
    (ReLU(), "max(0, x)"),
    (Residual((ReLU(),)), "body + shortcut"),
]
WEIGHTS = {
    "one.bias": np.full(9, 0.5),
    "one.weight": np.full(9, 2.0),
    "one.running_mean": np.ones(9),
    "one.running_var": np.full(9, 4.0),
}


@pytest.mark.parametrize(("layer", "formula"), FORMULAS, ids=lambda value: type(value).__name__)
def test_a_formula_holds_the_layers_own_numbers(layer: Layer, formula: str) -> None:
    shape = {AdaptiveAvgPool2d: (8, 2, 3), Flatten: (240,)}.get(type(layer), (8, 5, 6))
    node = Node("one", layer, ("image",), shape, ((8, 5, 6),))
    assert map_formula(node, WEIGHTS, 2) == formula


def test_a_linear_unit_counts_what_it_reads() -> None:
    node = Node("one", Linear(3), ("image",), (3,), ((1200,),))
    assert map_formula(node, WEIGHTS, 0) == "Σ over 1,200 units of (value · weight) + bias 0.5"


def test_every_map_has_a_formula(looked: Looked) -> None:
    nodes, _, weights, _ = looked
    assert all(map_formula(node, weights, 0) for node in nodes.values())


def test_what_is_left_out_is_added_up() -> None:
    alone = describe_left_out(LeftOutMaps((4,), 1500, -0.25, None))
    assert alone == "Written out: the map that adds most here (5). The other 1,500 add −0.25."
    assert describe_left_out(LeftOutMaps((0, 2), 1, 0.25, -1.0)).endswith("with the bias −1 that is −0.75.")


def test_small_numbers_keep_their_digits() -> None:
    assert [format_number(value) for value in (0.0, -2.0, 1 / 3, -1.25e-7)] == ["0", "−2", "0.3333", "−1.25e−07"]


def test_every_finding_has_a_name_and_a_criterion() -> None:
    draw = np.random.default_rng(0)
    filters = np.concatenate([draw.normal(size=(3, 3, 5, 5)), np.ones((2, 3, 5, 5)), np.zeros((1, 3, 5, 5))])
    letters = {finding.letter for finding in collect_findings(filters, np.ones(6, bool))}
    assert {"P", "D", "Z", "S"} <= letters <= FINDING_NAMES.keys() == FINDING_CRITERIA.keys()
