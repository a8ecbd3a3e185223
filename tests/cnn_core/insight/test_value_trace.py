"""A single value written out is the one that torch computes."""

import numpy as np
import pytest

from cnn_core.insight.graph import IMAGE, PROBABILITIES, receptive_boxes
from cnn_core.insight.unfold import unfold_map
from cnn_core.insight.value_trace import pixel_trace
from cnn_core.networks import (
    Conv2d,
    Flatten,
    Linear,
    NetworkSpec,
    preset,
)
from tests.cnn_core.insight.examples import Looked, looked_at, places


def test_the_player_shows_the_value_of_the_map(looked: Looked) -> None:
    nodes, values, weights, _ = looked
    spelt = 0
    for name in list(nodes)[:40]:
        for index, row, column in places(nodes, name):
            try:
                found = pixel_trace(nodes, values, weights, name, index, row, column)
            except ValueError as problem:
                assert "padding alone" in str(problem)  # noqa: PT017
                continue
            if found is None:
                continue
            spelt += 1
            step = found.trace.steps[found.step]
            expected = float(values[name][index, row, column])
            assert float(step.total) == pytest.approx(expected, abs=1e-4), (name, index, row, column)
            assert sum(len(one.terms) for one in found.trace.steps) <= 9 * 450
            assert (found.left_out is not None) == (
                isinstance(nodes[name].layer, Conv2d) and "The others" in str(found.trace.grids)
            )
    assert spelt or nodes.keys() == {IMAGE, "flatten", "fc1", PROBABILITIES}


def test_of_many_maps_the_strongest_are_spelt_out_and_the_others_stand_in_the_bias() -> None:
    spec = NetworkSpec("wide", (20, 5, 5), (Conv2d(2, 3, padding=1), Flatten(), Linear(2)))
    nodes, values, weights, _ = looked_at(spec)
    found = pixel_trace(nodes, values, weights, "conv1", 1, 2, 2)
    assert found is not None
    window = values[IMAGE][:, 1:4, 1:4] * weights["conv1.weight"][1]
    strongest = sorted(np.argsort(-np.abs(window).reshape(20, -1).sum(1))[:4])
    assert found.left_out is not None
    assert found.left_out.written_out == tuple(strongest)
    rest = np.delete(window, strongest, axis=0).sum()
    assert float(found.trace.steps[0].bias) == pytest.approx(rest + weights["conv1.bias"][1], abs=1e-6)
    assert found.trace.grids[0].planes == tuple(f"map {c + 1}" for c in strongest)


def test_the_neighbours_shown_are_the_maps_own() -> None:
    nodes, values, weights, _ = looked_at(preset("LeNet-5"))
    found = pixel_trace(nodes, values, weights, "conv1", 4, 10, 0)
    assert found is not None
    output = found.trace.grid["output"].values
    np.testing.assert_allclose(output[0], values["conv1"][4, 9:12, 0:2], atol=1e-5)
    assert found.step == 2
    assert found.corner == (9, 0)


def test_a_window_in_the_padding_alone_is_said_to_be_one() -> None:
    spec = NetworkSpec("padded", (1, 4, 4), (Conv2d(1, 2, padding=3), Flatten(), Linear(2)))
    nodes, values, weights, _ = looked_at(spec)
    assert IMAGE not in receptive_boxes(nodes, "conv1", 0, 0, 0)
    with pytest.raises(ValueError, match="lies in the padding alone"):
        pixel_trace(nodes, values, weights, "conv1", 0, 0, 0)
    found = pixel_trace(nodes, values, weights, "conv1", 0, 2, 2)  # its upper neighbours see nothing
    assert found is not None
    assert float(found.trace.steps[found.step].total) == pytest.approx(float(values["conv1"][0, 2, 2]), abs=1e-5)


def test_weights_that_are_no_numbers_are_refused_by_the_player_alone() -> None:
    nodes, values, weights, _ = looked_at(preset("Tiny CNN"))
    broken = {name: np.full_like(value, np.nan) for name, value in weights.items()}
    outputs = {name: np.full_like(value, np.nan) for name, value in values.items() if name != IMAGE}
    assert np.isnan(unfold_map(nodes, {**values, **outputs}, broken, "conv2", 3, 4).result).all()
    with pytest.raises(ValueError, match="not a finite number"):
        pixel_trace(nodes, values, broken, "conv1", 0, 0, 0)
