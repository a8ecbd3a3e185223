"""The measured receptive field against the formula, the graph and counted paths."""

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cnn_core.insight.graph import network_graph, receptive_pixels
from cnn_core.networks import NetworkSpec, preset
from cnn_core.networks.blocks import block_parts
from cnn_core.networks.draft import (
    Draft,
    examine_draft,
    field_box,
)
from cnn_core.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    MaxPool2d,
    ReLU,
)
from cnn_core.networks.measured_field import measure_field
from tests.cnn_core.networks.drawn import networks, plain

LOST = NetworkSpec("Lost row", (1, 11, 6), (MaxPool2d(2), AvgPool2d(2, ceil_mode=True), Conv2d(1, 2)))
"""Row 11 is lost in the first pooling; the formula, which knows no edges, counts it where a later window hangs over."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.randoms(use_true_random=False))
@example(LOST, Random(0))
@example(NetworkSpec("Lost column", (1, 6, 11), LOST.layers), Random(0))
def test_the_measured_field_is_counted_back_and_lies_in_the_formula_s(spec: NetworkSpec, chance: Random) -> None:
    nodes = network_graph(spec)
    for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)):
        shape = line.row.output_shape
        place = tuple(chance.randrange(size) for size in shape[1:]) or (0, 0)
        seen = measure_field(spec, line.name, place) > 0
        np.testing.assert_array_equal(
            seen, receptive_pixels(nodes, line.name, *place), err_msg=f"{line.name} at {place}"
        )
        if len(shape) == 3 and not uneven(spec):
            top, bottom, left, right = field_box(line, place)
            rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
            assert all(top <= row < bottom for row in rows)
            assert all(left <= column < right for column in columns)


def test_a_row_that_an_earlier_layer_lost_is_not_seen() -> None:
    *_, conv = examine_draft(Draft(LOST.name, LOST.input_shape, LOST.layers))
    assert field_box(conv, (1, 0))[:2] == (4, 4 + 8)  # 2 · 2 · 2 rows, one of them beyond the edge
    assert measure_field(LOST, "conv1", (1, 0)).any(axis=1).nonzero()[0].tolist() == [4, 5, 6, 7, 8, 9]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(plain, min_size=1, max_size=4))
def test_far_from_every_edge_the_measured_field_is_the_formula_s(layers: list) -> None:
    try:
        spec = NetworkSpec("Wide", (1, 120, 130), tuple(layers))
    except ValueError:
        return
    *_, line = examine_draft(Draft(spec.name, spec.input_shape, spec.layers))
    if uneven(spec):
        return
    place = (line.row.output_shape[1] // 2, line.row.output_shape[2] // 2)
    seen = measure_field(spec, line.name, place)
    box = field_box(line, place)
    rows, columns = seen.any(axis=1).nonzero()[0], seen.any(axis=0).nonzero()[0]
    assert (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) == box


def uneven(spec: NetworkSpec) -> bool:
    """Whether a field depends on the place: in adaptive bins, and where branches see parts of different size."""
    return any(isinstance(layer, AdaptiveAvgPool2d) or block_parts(layer) for layer in spec.layers)


def test_paths_are_counted() -> None:
    spec = NetworkSpec("Two", (2, 7, 7), (Conv2d(4, 3, padding=1), ReLU(), Conv2d(3, 3, padding=1)))
    paths = measure_field(spec, "conv2", (3, 3))
    one = np.array([1, 2, 3, 2, 1])  # 3 by 3 ones, convolved with themselves
    np.testing.assert_allclose(paths[1:6, 1:6] / paths[1, 1], np.outer(one, one))


@pytest.mark.slow
def test_the_measured_field_of_resnet() -> None:
    spec = preset("ResNet-18", input_shape=(3, 512, 512))
    rows = {row.name: row for row in spec.summary()}
    for name in ("pool1", "block1", "block3"):
        shape = rows[name].output_shape
        seen = measure_field(spec, name, (shape[1] // 2, shape[2] // 2)) > 0
        assert (seen.any(axis=1).sum(), seen.any(axis=0).sum()) == rows[name].receptive_field
    with pytest.raises(ValueError, match="There is no layer “nope” in ResNet-18"):
        measure_field(spec, "nope")
    with pytest.raises(ValueError, match=r"Place is \(0, 256\): conv1 has 256 rows and 256 columns"):
        measure_field(spec, "conv1", (0, 256))
