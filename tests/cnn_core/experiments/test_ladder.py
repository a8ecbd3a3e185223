"""The ladder: every rung computes the same, pieces are the whole, and the estimate scales with the work."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.experiments import ladder
from cnn_core.experiments.ladder import (
    JOBS,
    LOOPS,
    NUMPY,
    TORCH,
    LadderSizes,
    LoopProgress,
    Measurement,
    make_arrays,
    run_ladder,
)
from cnn_core.experiments.ladder_process import start_ladder
from cnn_core.ops import naive

SMALL = LadderSizes(batch=2, channels=2, size=6, filters=3, kernel=3, stride=2, padding=1)


@pytest.fixture(scope="module")
def events():
    return list(run_ladder(SMALL))


def test_every_job_is_done_on_every_rung(events):
    measured = [(event.job, event.rung) for event in events if isinstance(event, Measurement)]
    assert measured == [(job, rung) for job in JOBS for rung in (LOOPS, NUMPY, TORCH)]


def test_all_rungs_agree(events):
    for event in events:
        if isinstance(event, Measurement):
            assert event.seconds > 0
            assert event.difference is None if event.rung == LOOPS else event.difference < 1e-12


def test_progress_goes_to_the_end(events):
    for job in JOBS:
        shares = [event.share for event in events if isinstance(event, LoopProgress) and event.job == job]
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_without_loops_numpy_is_the_reference():
    measured = [event for event in run_ladder(SMALL, loops=False) if isinstance(event, Measurement)]
    assert [event.rung for event in measured[:2]] == [NUMPY, TORCH]
    assert measured[0].difference is None
    assert measured[1].difference < 1e-12


@given(st.integers(1, 2), st.integers(1, 2), st.integers(4, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
@settings(max_examples=15, deadline=None)
def test_the_pieces_are_one_call(batch, channels, size, filters, kernel, stride):
    given_numbers = make_arrays(LadderSizes(batch, channels, size, filters, kernel, stride, 1))
    x, w, b, options = given_numbers.x, given_numbers.w, given_numbers.b, given_numbers.settings
    whole = {
        "conv2d forward": (naive.conv2d(x, w, b, **options),),
        "conv2d backward": naive.conv2d_backward(given_numbers.dy, x, w, **options),
        "max_pool2d forward": (naive.max_pool2d(x, 2),),
        "max_pool2d backward": (naive.max_pool2d_backward(given_numbers.dpooled, x, 2),),
    }
    for job, expected in whole.items():
        *_, (share, results) = ladder.loop_pieces(job, given_numbers)
        assert share == 1
        for one, other in zip(results, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def test_the_scale_is_the_ratio_of_outputs():
    probe, sizes = LadderSizes(1, 3, 4, 1, 3, 1, 1), LadderSizes(4, 3, 16, 8, 3, 1, 1)
    assert ladder.work_ratio("conv2d forward", sizes, probe) == 4 * 8 * (16 / 4) ** 2
    assert ladder.work_ratio("max_pool2d backward", sizes, probe) == 4 * (8 / 2) ** 2
    assert ladder.estimate_seconds(sizes) > 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"size": 1}, "Size"), ({"batch": 65}, "Batch"), ({"kernel": 5, "size": 2, "padding": 0}, "does not fit")],
)
def test_impossible_sizes_get_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words):
        LadderSizes(**wrong)


def test_a_climb_in_its_own_process_finishes():
    own = start_ladder(SMALL, loops=True, gpu=False)
    deadline = time.monotonic() + 60
    while own.is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    own.update_progress()
    assert len(own.measured) == len(JOBS) * 3
    assert not own.error
    assert not own.stopped


def test_a_climb_is_stopped_in_the_middle_of_its_loops():
    own = start_ladder(
        LadderSizes(batch=64, channels=32, size=48, filters=64, kernel=5), loops=True, gpu=False
    )  # hours
    deadline = time.monotonic() + 60
    while own.progress is None and time.monotonic() < deadline:
        time.sleep(0.05)
        own.update_progress()
    assert own.progress is not None
    own.stop()
    assert not own.is_running
    assert own.stopped
    own.update_progress()  # what is left in the pipe does no harm


def test_an_error_in_the_climb_is_told(monkeypatch):
    own = start_ladder(SMALL, loops=False, gpu=True)  # this test runs where PyTorch finds no GPU
    import torch

    while own.is_running:
        time.sleep(0.05)
    own.update_progress()
    assert bool(own.error) != torch.cuda.is_available()
