"""What is cached of a network is found again for the same run and checkpoint, and for no others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnn_core.networks import preset
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Snapshot, Started
from pages.parts.evaluate.looks import compute_heat_map
from pages.parts.inspect.activations import compute_activations
from pages.parts.inspect.attributions import Method, compute_attribution
from pages.parts.inspect.wants import largest_values
from pages.shared import state
from pages.shared.features import nearest_training_images
from pages.shared.subject import LoadedRun, compute_feature_maps, compute_logits, compute_probabilities, load_run

CONV = preset("Tiny CNN").summary()[0].name


def stored_run(scale: float) -> LoadedRun:
    """A run of the Tiny CNN with two checkpoints, its last layer's weights multiplied by `scale` and twice that."""
    store, spec = default_store(), preset("Tiny CNN")
    run_id = store.create_run("subject-test", spec, TrainConfig(dataset="digits", epochs=1))
    weights = {name: value.numpy().copy() for name, value in spec.build(seed=0).state_dict().items()}
    store.append_events(run_id, Started("cpu", spec.total_parameters, 1, 1, 2.3))
    for epoch, factor in enumerate((scale, 2 * scale)):
        store.append_events(run_id, Snapshot(epoch, {name: value * factor for name, value in weights.items()}))
    return load_run(store.get_run(run_id))


@pytest.fixture(scope="module")
def runs() -> tuple[LoadedRun, LoadedRun]:
    """Two runs with the same description, settings and epochs, and other weights."""
    return stored_run(1.0), stored_run(0.3)


def digit(place: int) -> NDArray[np.uint8]:
    return state.load_dataset("digits").test.images[place]


CACHED: dict[str, Callable[[LoadedRun, int, int], Any]] = {
    "logits": lambda run, epoch, place: compute_logits(run, epoch)[place],
    "probabilities": lambda run, epoch, place: compute_probabilities(run, epoch, digit(place)),
    "feature maps": lambda run, epoch, place: compute_feature_maps(run, epoch, digit(place))[CONV],
    "activations": lambda run, epoch, place: compute_activations(run, epoch, digit(place)).values[CONV],
    "largest values": lambda run, epoch, place: largest_values(run, epoch, CONV)[0][place],
    "attribution": lambda run, epoch, place: compute_attribution(run, epoch, digit(place), Method("Gradient"), 0),
    "heat map": lambda run, epoch, place: compute_heat_map(run, epoch, digit(place), 0, CONV),
    "nearest": lambda run, epoch, place: nearest_training_images(run, epoch, digit(place)[np.newaxis], 3)[1],
}


@pytest.mark.parametrize("name", CACHED)
def test_another_run_epoch_or_image_is_computed_anew(name: str, runs: tuple[LoadedRun, LoadedRun]) -> None:
    compute, (one, other) = CACHED[name], runs
    first = compute(one, 0, 0)
    assert not np.array_equal(first, compute(other, 0, 0))
    assert not np.array_equal(first, compute(one, 1, 0))
    assert not np.array_equal(first, compute(one, 0, 1))
    np.testing.assert_array_equal(first, compute(one, 0, 0))


def test_a_run_that_has_trained_further_finds_what_was_computed(runs: tuple[LoadedRun, LoadedRun]) -> None:
    maps = compute_activations(runs[0], 0, digit(0)).values
    later = replace(runs[0], epochs=(0, 1, 2), default_epoch=2)
    assert compute_activations(later, 0, digit(0)).values is maps
    assert compute_activations(later, 1, digit(0)).values is not maps
