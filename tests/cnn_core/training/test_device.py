"""Precision, and how far a GPU may run ahead."""

from dataclasses import replace

import torch

from cnn_core.training.device import steps_ahead, uses_mixed_precision
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
