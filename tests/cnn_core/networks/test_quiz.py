"""Questions about layers: the answers of the table, and likely mistakes that name the term that differs."""

import pytest
from hypothesis import HealthCheck, given, settings

from cnn_core.networks import NetworkSpec
from cnn_core.networks.blocks import Residual
from cnn_core.networks.draft import (
    Draft,
    examine_draft,
)
from cnn_core.networks.layers import (
    AdaptiveAvgPool2d,
    BatchNorm,
    Conv2d,
    Flatten,
    MaxPool2d,
)
from cnn_core.networks.quiz import COLUMNS, FIELD, PARAMETERS, SHAPE, make_question
from tests.cnn_core.networks.drawn import networks


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_questions_have_the_answer_of_the_table_and_slips_that_are_wrong(spec: NetworkSpec) -> None:
    for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)):
        for column in COLUMNS:
            asked = make_question(line, column)
            assert asked.answer not in asked.slips
            assert asked.hint.endswith(".")
        assert make_question(line, SHAPE).answer == "×".join(map(str, line.row.output_shape))
        assert make_question(line, PARAMETERS).answer == str(line.row.parameters)


def test_slips_name_the_term_that_differs() -> None:
    layers = (Conv2d(32, 5, padding=2), MaxPool2d(2), Conv2d(64, 5), BatchNorm(), Flatten())
    lines = examine_draft(Draft("B", (3, 32, 32), layers))
    conv, _, deeper, norm, flat = lines
    assert make_question(conv, PARAMETERS).answer == "2432"
    slips = make_question(conv, PARAMETERS).slips
    assert "biases are missing" in slips[str(32 * 3 * 25)]
    assert "channels are missing" in slips[str(32 * 25 + 32)]
    assert "One bias for each filter" in slips[str(32 * 75 + 1)]
    assert "padding is missing" in make_question(conv, SHAPE).slips["32×28×28"]
    assert "not those of the input" in make_question(conv, SHAPE).slips["3×32×32"]
    field = make_question(deeper, FIELD)
    assert field.answer == "14×14"
    assert "strides before it" in field.slips["10×10"]
    assert "kept, not learned" in make_question(norm, PARAMETERS).slips["256"]
    assert "channels count too" in make_question(flat, SHAPE).slips["144"]
    with pytest.raises(ValueError, match="Column is 'MACs': choose Output shape"):
        make_question(conv, "MACs")


def test_the_first_layer_of_a_block_is_asked_from_what_goes_into_the_block() -> None:
    layers = (Conv2d(4, 5, stride=2), Residual((Conv2d(4, 3, padding=1),)), AdaptiveAvgPool2d(2), Flatten())
    _, _, inside, pool, flat = examine_draft(Draft("Deep", (3, 21, 21), layers))
    assert make_question(inside, FIELD).answer == "9×9"
    assert make_question(inside, FIELD).hint.startswith("5 + (kernel − 1) · 2")
    assert "strides before it" in make_question(inside, FIELD).slips["7×7"]
    assert "output size that is set" in make_question(pool, SHAPE).hint
    assert make_question(pool, FIELD).answer == "17×17"  # bins of 5 of the 9 rows: 9 + (5 − 1) · 2
    assert make_question(flat, FIELD).hint == "From here on all places are seen together: 17 + (2 − 1) · 10."
    assert make_question(flat, FIELD).answer == "27×27"
