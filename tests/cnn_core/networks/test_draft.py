"""Drafts of networks: their lines, what is wrong with them, and editing."""

import pytest
from hypothesis import HealthCheck, given, settings

from cnn_core.networks import NetworkSpec
from cnn_core.networks.blocks import Branches, Residual
from cnn_core.networks.draft import (
    Draft,
    UnresolvedLine,
    duplicate_layer,
    examine_draft,
    exchange_layer,
    insert_layer,
    layer_at,
    move_layer,
    read_draft,
    remove_layer,
)
from cnn_core.networks.layers import (
    GELU,
    Conv2d,
    Flatten,
    Linear,
    ReLU,
    Tanh,
)
from tests.cnn_core.networks.drawn import networks


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_the_lines_of_a_finished_draft_are_the_rows_of_the_network(spec: NetworkSpec) -> None:
    draft = Draft(spec.name, spec.input_shape, spec.layers)
    lines = examine_draft(draft)
    assert sorted((line.row for line in lines), key=lambda row: row.name) == sorted(
        spec.summary(), key=lambda row: row.name
    )
    assert not any(line.problem for line in lines)
    assert draft.to_spec() == spec
    assert read_draft(draft.to_json()) == draft
    for line in lines:
        assert layer_at(draft.layers, line.path) == line.layer
        assert line.input_shape is not None


def test_the_layer_that_does_not_fit_carries_the_sentence() -> None:
    draft = Draft("Wrong", (3, 8, 8), (Conv2d(4, 3), Linear(5), ReLU(), Conv2d(2, 9)))
    first, second, third, _ = examine_draft(draft)
    assert first.row.output_shape == (4, 6, 6)
    assert second.problem == "fc1: The layer needs flat input, but gets 4×6×6: put a flatten before it."
    assert isinstance(third, UnresolvedLine)
    assert (third.problem, third.input_shape) == ("", None)
    with pytest.raises(ValueError, match="needs flat input"):
        draft.to_spec()


def test_blocks_that_do_not_join_carry_the_sentence() -> None:
    sum_, *_ = examine_draft(Draft("Sum", (3, 8, 8), (Residual((Conv2d(4, 3),)),)))
    assert sum_.problem == "block1: Its body gives 4×6×6 and its shortcut 3×8×8; a sum needs them equal."
    stack, *_ = examine_draft(Draft("Stack", (3, 8, 8), (Branches(((Conv2d(4, 3),), ())),)))
    assert "Its branches give 4×6×6 and 3×8×8; stacking channels needs the other sizes equal" in stack.problem
    inside = examine_draft(Draft("Inside", (3, 8, 8), (Residual((Conv2d(4, 3), Linear(3))), ReLU())))
    assert [bool(line.problem) for line in inside] == [False, False, True, False]


def test_networks_beyond_all_memory_are_refused_with_the_estimate() -> None:
    lines = examine_draft(Draft("Huge", (3, 512, 512), (Flatten(), Linear(65_536))))
    assert lines[1].problem == "The network has 51,539,673,088 parameters, 192.0 GB: at most 1,000,000,000 fit."
    wide = examine_draft(Draft("Wide", (1, 4096, 4096), (Conv2d(65_536, 1),)))
    assert "1,099,511,627,776 values for one image, 4,096.0 GB; at most 268,435,456 fit" in wide[0].problem


def test_editing_everywhere() -> None:
    a, b, c, d = Conv2d(1, 1), ReLU(), Tanh(), GELU()
    layers = (a, Residual((b, c)), d)
    assert insert_layer(layers, (0,), d) == (d, *layers)
    assert insert_layer(layers, (99,), d) == (*layers, d)
    assert insert_layer(layers, (1, 1, 0), a)[1] == Residual((b, c), (a,))
    assert remove_layer(layers, (1, 0, 0))[1] == Residual((c,))
    assert remove_layer(layers, (1,)) == (a, d)
    assert exchange_layer(layers, (1, 0, 1), d)[1] == Residual((b, d))
    assert duplicate_layer(layers, (1,)) == (a, layers[1], layers[1], d)
    assert move_layer(layers, (0,), 1) == (layers[1], a, d)
    assert move_layer(layers, (2,), -5) == (d, a, layers[1])
    assert move_layer(layers, (1, 0, 0), 1)[1] == Residual((c, b))
    with pytest.raises(ValueError, match="at least one layer"):
        remove_layer(remove_layer(layers, (1, 0, 0)), (1, 0, 0))
    for path in ((9,), (1, 7, 0), (1, 0, 9), ()):
        with pytest.raises(ValueError, match="There is no"):
            layer_at(layers, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "nested too deeply|not valid JSON"),
        ("[]", "must be an object with name"),
        ('{"name": 3, "input_shape": [1, 8, 8], "layers": []}', "The name must be a text"),
        ('{"name": "x", "input_shape": [1, 8, 1e99], "layers": []}', "Input shape is"),
        ('{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "exec"}]}', "is no layer"),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Branches", "branches": 5}]}',
            "The branches must be a list",
        ),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Branches", "branches": [[]]}]}',
            "The block has 1 branch: at least 2",
        ),
        (
            '{"name": "x", "input_shape": [1, 8, 8], "layers": [{"kind": "Conv2d", "filters": -1, "kernel_size": 3}]}',
            "Filters is -1",
        ),
        ("x" * 300_000, "at most 200,000 characters"),
    ],
)
def test_hostile_json_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_draft(text)
