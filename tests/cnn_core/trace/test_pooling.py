"""The pooling traces say, term by term, exactly what torch and our own operations compute."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core import ops
from cnn_core.geometry import pool_output_size
from cnn_core.matrices import examples
from cnn_core.trace import (
    Trace,
    adaptive_pool_trace,
    avg_pool_trace,
    find_ties,
    lp_pool_trace,
    max_pool_trace,
    play_data,
    unpooling_trace,
)
from cnn_core.trace.model import sentence, visited
from tests.cnn_core.trace.drawn_poolings import CLASSICAL, TRACES, poolings


def in_torch(operation: str, x: torch.Tensor, kernel: Any, options: dict[str, Any]) -> torch.Tensor:
    if operation == "lp_pool2d":
        return F.lp_pool2d(x, 2, kernel, **options)
    return getattr(F, operation)(x, kernel, **options)


@given(poolings())
@settings(max_examples=150, deadline=None)
def test_output_equals_torch_and_our_own(case: tuple[str, np.ndarray, Any, dict]) -> None:
    operation, x, kernel, options = case
    output = TRACES[operation](x, kernel, **options).grid["output"].values
    np.testing.assert_allclose(output, getattr(ops, operation)(x[None], kernel, **options)[0], atol=1e-12)
    np.testing.assert_allclose(output, in_torch(operation, torch.tensor(x)[None], kernel, options)[0], atol=1e-12)


@given(
    st.sampled_from(["max", "mean"]),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_adaptive_output_equals_torch_and_our_own(combine: Any, size: Any, shape: Any, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-9, 10, (2, *shape)).astype(float)
    name = "adaptive_max_pool2d" if combine == "max" else "adaptive_avg_pool2d"
    output = adaptive_pool_trace(x, size, combine=combine).grid["output"].values
    np.testing.assert_allclose(output, getattr(ops, name)(x[None], size)[0], atol=1e-12)
    np.testing.assert_allclose(output, getattr(F, name)(torch.tensor(x), size), atol=1e-12)


@given(poolings())
@settings(max_examples=60, deadline=None)
def test_every_step_adds_up_and_writes_its_own_cell(case: tuple[str, np.ndarray, Any, dict]) -> None:
    operation, x, kernel, options = case
    trace = TRACES[operation](x, kernel, **options)
    assert len({step.writes for step in trace.steps}) == len(trace.steps) == trace.grid["output"].values.size
    for step in trace.steps:
        values = [term.value for term in step.terms]
        assert values == [Decimal(float(trace.grid["input"].values[term.left[1:]])) for term in step.terms]
        if step.combine == "max":
            assert step.total == max(values)
        elif step.combine == "mean":
            assert step.total * step.divisor == pytest.approx(sum(values))
        else:
            assert step.total**2 == pytest.approx(sum(value * value for value in values))


@given(poolings(("max_pool2d",)))
@settings(max_examples=80, deadline=None)
def test_the_winner_is_the_cell_that_gets_the_gradient(case: tuple[str, np.ndarray, Any, dict]) -> None:
    _, x, kernel, options = case
    trace = max_pool_trace(x, kernel, **options)
    image = torch.tensor(x, requires_grad=True)
    F.max_pool2d(image[None], kernel, **options).sum().backward()
    frame = trace.grid["input"].padding
    wins = np.zeros(x.shape)
    for step in trace.steps:
        winner = step.terms[step.chosen].left
        wins[winner.plane, winner.row - frame.top, winner.column - frame.left] += 1
    np.testing.assert_array_equal(wins, image.grad)


def test_the_classical_example() -> None:
    # windows 1 1 / 5 6, 2 4 / 7 8, 3 2 / 1 2, 1 0 / 3 4
    assert max_pool_trace(CLASSICAL, 2).grid["output"].values[0].tolist() == [[6, 8], [3, 4]]
    means = [[(1 + 1 + 5 + 6) / 4, (2 + 4 + 7 + 8) / 4], [(3 + 2 + 1 + 2) / 4, (1 + 0 + 3 + 4) / 4]]
    assert avg_pool_trace(CLASSICAL, 2).grid["output"].values[0].tolist() == means
    trace = lp_pool_trace(CLASSICAL, 2)
    assert sentence(trace, trace.steps[2]) == "√(3² + 2² + 1² + 2²) ≈ 4.2426"
    assert float(trace.steps[2].total) == pytest.approx((9 + 4 + 1 + 4) ** 0.5)


def test_2_by_2_pooling_of_the_course_halves_504() -> None:
    assert pool_output_size(504, 2) == 252
    rows = adaptive_pool_trace(np.zeros((1, 504, 1)), (252, 1), combine="max")
    assert rows.grid["output"].values.shape == max_pool_trace(np.zeros((1, 504, 1)), (2, 1)).grid["output"].values.shape


def test_padding_of_a_maximum_is_minus_infinity_and_never_wins() -> None:
    trace = max_pool_trace(-CLASSICAL - 1, 3, stride=2, padding=1)
    data = play_data(trace)
    assert data["grids"][0]["texts"][:7] == ["−∞"] * 6 + ["−∞"]  # the row above, and the first of the next
    assert trace.steps[0].total == -2  # the −2 in the corner (1, 1), of −2 −2 / −6 −7
    assert trace.grid["input"].values[trace.steps[0].terms[trace.steps[0].chosen].left[1:]] == -2


def test_divisors_at_the_border() -> None:
    five = examples.POOLING_INPUTS["Five by five"][None]
    counted = avg_pool_trace(five, 2, padding=1, ceil_mode=True)
    alone = avg_pool_trace(five, 2, padding=1, ceil_mode=True, count_include_pad=False)
    over = avg_pool_trace(five, 2, ceil_mode=True)
    assert sentence(counted, counted.steps[0]) == "(0 + 0 + 0 + 1) / 4 = 0.25"
    assert sentence(alone, alone.steps[0]) == "(0 + 0 + 0 + 1) / 1 = 1"
    # the third window of a row hangs over the edge: two cells exist, and two are counted
    assert sentence(over, over.steps[2]) == "(5 + 10) / 2 = 7.5"
    assert sentence(over, over.steps[8]) == "(25) / 1 = 25"


def test_a_window_that_meets_padding_alone_has_no_winner() -> None:
    trace = max_pool_trace(np.ones((1, 1, 1)), 2, stride=1, padding=1, dilation=2)
    assert (trace.steps[0].chosen, trace.steps[0].total) == (None, Decimal("-Infinity"))
    assert find_ties(trace) == ()
    assert unpooling_trace(trace, switches=True).grid["unpooled"].values.tolist() == [[[0]]]
    assert unpooling_trace(trace, switches=False).grid["unpooled"].values.tolist() == [[[0]]]


@given(poolings())
@settings(max_examples=20, deadline=None)
def test_play_data_is_json(case: tuple[str, np.ndarray, Any, dict]) -> None:
    operation, x, kernel, options = case
    trace: Trace = TRACES[operation](x, kernel, **options)
    for shown in (trace, unpooling_trace(trace, switches=False)):
        data = json.loads(json.dumps(play_data(shown)))
        assert len(data["steps"]) == len(shown.steps)
        assert "NaN" not in json.dumps(data)


def test_cells_that_no_window_visits() -> None:
    trace = max_pool_trace(np.ones((1, 5, 5)), 2)
    assert (~visited(trace, trace.grid["input"])[0]).sum() == 5 + 5 - 1  # the last row and the last column


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: max_pool_trace(CLASSICAL, 5), "Kernel 5 does not fit a 4-wide input"),
        (lambda: max_pool_trace(CLASSICAL, 2, padding=2), "Padding 2 is more than half of kernel 2"),
        (lambda: avg_pool_trace(CLASSICAL, (1, 3), padding=1), "Padding 1 is more than half of kernel 1"),
        (lambda: lp_pool_trace(CLASSICAL[0], 2), "give four axes"),
        (lambda: max_pool_trace(np.full((1, 2, 2), np.inf), 2), "not a finite number"),
        (lambda: adaptive_pool_trace(CLASSICAL, 0, combine="max"), "Output size is 0"),
        (lambda: unpooling_trace(avg_pool_trace(CLASSICAL, 2), switches=True), "only max pooling"),
    ],
)
def test_bad_arguments_get_a_sentence(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
