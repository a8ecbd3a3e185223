"""Weights on disk: they come back bit by bit, and old ones make room."""

import numpy as np
import pytest

from cnn_core.runs.checkpoints import MAX_CHECKPOINTS
from cnn_core.training.events import Snapshot
from tests.cnn_core.runs.storing import CONFIG, SPEC


def test_weights_come_back_bit_by_bit(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    rng = np.random.default_rng(0)
    weights = {"conv1.weight": rng.random((4, 1, 3, 3), np.float32), "bn1.num_batches_tracked": np.array(7)}
    transposed = rng.random((3, 5), np.float32).T  # not contiguous
    store.append_events(run_id, Snapshot(0, weights), Snapshot(2, {**weights, "fc1.weight": transposed}))
    assert store.checkpoint_epochs(run_id) == (0, 2)
    np.testing.assert_array_equal(store.load_weights(run_id, 0)["conv1.weight"], weights["conv1.weight"])
    np.testing.assert_array_equal(store.load_weights(run_id)["fc1.weight"], transposed)
    assert store.load_weights(run_id)["bn1.num_batches_tracked"] == 7
    with pytest.raises(ValueError, match="of the epochs 0, 2 weights are stored"):
        store.load_weights(run_id, 1)


def test_a_run_without_weights_says_so(store):
    with pytest.raises(ValueError, match="no weights are stored"):
        store.load_weights(store.create_run("mine", SPEC, CONFIG))


def test_of_many_checkpoints_some_are_kept_evenly_with_the_first_and_the_last(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    for epoch in range(2 * MAX_CHECKPOINTS + 2):
        store.append_events(run_id, Snapshot(epoch, {"w": np.full(1, epoch, np.float32)}))
    last = 2 * MAX_CHECKPOINTS + 1
    assert store.checkpoint_epochs(run_id) == (*range(0, last, 4), last)
    assert store.load_weights(run_id)["w"] == last


def test_a_large_network_keeps_fewer_checkpoints(store, monkeypatch):
    monkeypatch.setattr("cnn_core.runs.checkpoints.MAX_CHECKPOINT_BYTES", 10_000)
    run_id = store.create_run("mine", SPEC, CONFIG)
    for epoch in range(12):
        store.append_events(run_id, Snapshot(epoch, {"w": np.zeros(1000, np.float32)}))
    assert store.checkpoint_epochs(run_id) == (0, 8, 11)
    assert sum(file.stat().st_size for file in (store.folder / "runs" / run_id).iterdir()) < 15_000
