"""Batches: every image once an epoch, and few images drawn from all classes alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import Split
from cnn_core.networks import NetworkSpec
from cnn_core.networks.layers import BatchNorm, Flatten, Linear
from cnn_core.training import train
from cnn_core.training.batches import balanced_subset
from cnn_core.training.events import EpochDone, Started, StepDone
from tests.cnn_core.training.small_run import CONFIG, DATA, SPEC, of, run, shuffled_batches, told


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_batches_hold_every_image_once_and_never_a_lone_last_one(count, size, seed):
    batches = shuffled_batches(count, size, seed=seed, epoch=1)
    assert sorted(torch.cat(batches).tolist()) == list(range(count))
    assert size == 1 or count == 1 or len(batches[-1]) > 1
    assert torch.equal(torch.cat(batches), torch.cat(shuffled_batches(count, size, seed=seed, epoch=1)))


def test_every_epoch_has_an_order_of_its_own():
    first, second = (torch.cat(shuffled_batches(50, 10, seed=0, epoch=e)) for e in (1, 2))
    assert not torch.equal(first, second)


def test_batches_of_one_stay_batches_of_one():
    assert [len(batch) for batch in shuffled_batches(5, 1, seed=0, epoch=1)] == [1] * 5


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 70))
@settings(max_examples=100, deadline=None)
def test_few_images_are_of_all_classes_alike(labels: list[int], count: int) -> None:
    numbers = np.arange(len(labels), dtype=np.uint8)
    kept = balanced_subset(Split(numbers[:, None, None, None], np.array(labels, dtype=np.int64)), count)
    assert len(kept) == (min(count, len(labels)) or len(labels))
    places = kept.images.ravel()
    assert list(places) == sorted(set(places))
    assert list(kept.labels) == [labels[place] for place in places]
    here, there = (np.bincount(part, minlength=5) for part in (kept.labels, labels))
    most = here.max()
    assert all(some == whole or some >= most - 1 for some, whole in zip(here, there, strict=True))


def test_a_run_learns_from_the_few_images_asked_for() -> None:
    some = replace(CONFIG, train_images=9)
    events = run(some)
    assert of(Started, events)[0].steps_per_epoch == 1  # 8 images and a last one that joins them
    assert len(of(EpochDone, events)) == some.epochs
    cut = replace(DATA, train=balanced_subset(DATA.train, 9))
    # The same steps as with a data set that has no more images, but for the normalisation with all of them.
    assert [s.step for s in of(StepDone, events)] == [s.step for s in of(StepDone, list(train(SPEC, cut, CONFIG)))]
    assert told(run(replace(CONFIG, train_images=400))) == told(run())
    flat = NetworkSpec("Flat", (1, 8, 8), (Flatten(), Linear(4), BatchNorm(), Linear(3)))
    with pytest.raises(ValueError, match="batches of one image"):
        train(flat, DATA, replace(CONFIG, train_images=1))
