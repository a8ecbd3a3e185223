"""Precision, how far a GPU may run ahead, and random numbers that belong to one run."""

from dataclasses import replace

import torch

from cnn_core.training.device import seeded_random, steps_ahead, uses_mixed_precision
from cnn_core.training.events import EpochDone
from tests.cnn_core.training.small_run import CONFIG, of, run, told


def test_mixed_precision_still_learns_and_is_repeatable() -> None:
    config = replace(CONFIG, precision="mixed")
    events = run(config)
    assert told(events) == told(run(config)) != told(run())
    assert of(EpochDone, events)[-1].train_loss < of(EpochDone, events)[0].train_loss
    assert not uses_mixed_precision("auto", torch.device("cpu"), 1000)
    assert uses_mixed_precision("mixed", torch.device("cpu"), 0)
    assert not uses_mixed_precision("float32", torch.device("cpu"), 10**9)


def test_a_gpu_runs_ahead_as_far_as_nobody_notices() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert steps_ahead(cpu, 1e-4) == 1
    assert [steps_ahead(gpu, seconds) for seconds in (2.0, 0.05, 0.0025, 1e-6, 0.0)] == [1, 1, 20, 256, 256]


def test_dropout_draws_what_torchs_own_seeding_gives() -> None:
    torch.manual_seed(7)
    expected = torch.rand(5)
    torch.manual_seed(8)
    after = torch.rand(3)
    torch.manual_seed(8)
    with seeded_random(torch.device("cpu"), 7):
        assert torch.equal(torch.rand(5), expected)
    assert torch.equal(torch.rand(3), after)


def test_runs_in_threads_of_one_process_draw_as_if_alone() -> None:
    """As runs that share a GPU do: dropout and first weights come from generators that belong to the whole process."""
    from concurrent.futures import ThreadPoolExecutor

    configs = [replace(CONFIG, seed=seed, epochs=6) for seed in range(4)]
    alone = [told(run(config)) for config in configs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda config: told(run(config)), configs)) == alone
