"""The training benchmark measures what it says, on a few made images."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import training as benchmark
from cnn_core.datasets import Dataset, Split
from cnn_core.networks import Flatten, Linear, NetworkSpec
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig

SPEC = NetworkSpec("", (1, 8, 8), (Flatten(), Linear(3)))
CONFIG = TrainConfig("made", batch_size=8, epochs=9)


def split(count: int) -> Split:
    rng = np.random.default_rng(count)
    return Split(rng.integers(0, 256, (count, 1, 8, 8), dtype=np.uint8), np.arange(count) % 3)


@pytest.fixture
def data() -> Dataset:
    return Dataset("made", ("a", "b", "c"), split(60), split(20), split(21))


def test_both_sides_take_turns_over_whole_epochs(data: Dataset) -> None:
    from torchvision import datasets, transforms

    images = datasets.FakeData(24, (1, 8, 8), 3, transforms.ToTensor())
    theirs = benchmark.tutorial_epochs(images, images, SPEC, CONFIG)
    pairs = benchmark.alternate_epochs(
        theirs, benchmark.our_epochs(SPEC, benchmark.shorten_dataset(data, 24, 6), CONFIG), 3
    )
    assert len(pairs) == 3
    assert all(0 < times.steps <= times.epoch for pair in pairs for times in pair)


def test_turns_change_who_begins() -> None:
    said: list[str] = []

    def side(name: str):
        while True:
            said.append(name)
            yield benchmark.EpochTimes(0.0, 0.0)

    benchmark.alternate_epochs(side("a"), side("b"), 2)
    assert said == ["a", "b", "a", "b", "b", "a"]


def test_a_cut_data_set_keeps_images_with_their_labels(data: Dataset) -> None:
    few = benchmark.shorten_dataset(data, 24, 6)
    assert [len(part) for part in (few.train, few.val, few.test)] == [24, 6, 6]
    np.testing.assert_array_equal(few.train.images, data.train.images[:24])
    np.testing.assert_array_equal(few.train.labels, data.train.labels[:24])


def test_a_watched_run_is_in_the_store(data: Dataset, tmp_path: Path) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    alone, written = benchmark.time_both_runs(store, SPEC, data, replace(CONFIG, epochs=2), (1, 0))
    assert min(alone, written) > 0
    (run,) = store.list_runs(benchmark.WORKSPACE)
    assert (run.status, len(store.load_epochs(run.id)), len(store.load_steps(run.id))) == ("finished", 2, 16)
    ready, done = multiprocessing.Event(), multiprocessing.Event()
    done.set()
    benchmark.read_like_page(store.url, tmp_path, ready, done)
    assert ready.is_set()


@pytest.mark.parametrize("recipe", benchmark.RECIPES, ids=lambda recipe: recipe.name)
def test_recipes_fit_their_data(recipe: benchmark.Recipe) -> None:
    shape = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32)}[recipe.config.dataset]
    assert (recipe.spec.input_shape, recipe.spec.classes) == (shape, 10)
    assert "dataset" in benchmark.changed_settings(recipe.config)


def test_only_settings_of_its_own_are_told() -> None:
    assert benchmark.changed_settings(TrainConfig("mnist", epochs=3)) == "dataset mnist, epochs 3"


def test_a_run_goes_to_its_end_or_says_why_not(data: Dataset) -> None:
    assert benchmark.run_to_end(SPEC, data, replace(CONFIG, epochs=1)).epochs == 1
    with pytest.raises(RuntimeError, match="lower the learning rate"):
        benchmark.run_to_end(SPEC, data, replace(CONFIG, optimizer="sgd", learning_rate=1e6, weight_decay=10.0))
