"""The courses' runs: that they fit every data set or say why not, that they are the courses', and that they show it."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest
import torch

from cnn_core.datasets import load
from cnn_core.networks import BatchNorm, Dropout, preset
from cnn_core.runs import Planned
from cnn_core.runs.recipes import (
    RECIPES,
    RecipeImages,
    describe_other_images,
    find_recipe,
    overfitting_ladder,
    plan_recipe,
    small_vgg,
)
from cnn_core.runs.schema import MAX_NAME_LENGTH
from cnn_core.training import TrainConfig, train
from cnn_core.training.events import EpochDone, Finished
from cnn_core.training.pretrained import check_pretrained

DATA = {
    "digits": RecipeImages("digits", (1, 8, 8), 10),
    "textures": RecipeImages("textures", (1, 32, 32), 6),
    "shapes": RecipeImages("shapes", (3, 32, 32), 5),
    "mnist": RecipeImages("mnist", (1, 28, 28), 10),
    "fashion-mnist": RecipeImages("fashion-mnist", (1, 28, 28), 10),
    "cifar10": RecipeImages("cifar10", (3, 32, 32), 10),
    "cifar100": RecipeImages("cifar100", (3, 32, 32), 100),
    "cifar100-20": RecipeImages("cifar100-20", (3, 32, 32), 20),
    "own-flowers": RecipeImages("own-flowers", (3, 64, 64), 3),
}
NAMES = [one.name for one in RECIPES]
TOO_SMALL = {("d", "digits"), ("d", "mnist"), ("d", "fashion-mnist"), ("e", "digits")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dataset", DATA)
def test_every_recipe_fits_every_data_set_or_says_why_not(name: str, dataset: str) -> None:
    images = DATA[dataset]
    if (name, dataset) in TOO_SMALL:
        with pytest.raises(ValueError, match=r"does not fit .* It fits images of \d+×\d+ and more\."):
            plan_recipe(name, images)
        return
    runs = plan_recipe(name, images)
    assert len({one.name for one in runs}) == len(runs)
    assert len({(one.spec, one.config) for one in runs}) == len(runs)
    for one in runs:
        spec, config = one.spec, one.config
        assert 0 < len(one.name) <= MAX_NAME_LENGTH
        assert (spec.input_shape, spec.classes) == (config.network_shape(images.shape), images.classes)
        check_pretrained(spec, config)
        assert config.dataset == dataset
        assert "flip" not in config.augmentation or dataset not in ("digits", "mnist")


def test_recipes_have_names_of_their_own_and_data_sets_that_fit() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for one in RECIPES:
        assert find_recipe(one.name) is one
        assert plan_recipe(one.name, DATA[one.dataset])
        assert describe_other_images(one, one.dataset) == ""
        assert "own-flowers" in describe_other_images(one, "own-flowers")


def test_an_unknown_recipe_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="choose one of a, b, b-effects"):
        plan_recipe("z", DATA["digits"])


@pytest.mark.parametrize(
    ("name", "parameters", "settings"),
    [
        ("a", [88_436], {"batch_size": 10, "epochs": 5}),
        ("b", [390_410, 391_006, 390_410], {"optimizer": "sgd", "learning_rate": 0.05, "batch_size": 64}),
        ("e", [538_506], {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 8}),
    ],
)
def test_the_courses_own_figures(name: str, parameters: list[int], settings: dict[str, object]) -> None:
    runs = plan_recipe(name, DATA[find_recipe(name).dataset])
    assert [one.spec.total_parameters for one in runs] == parameters
    for one in runs:
        assert {key: getattr(one.config, key) for key in settings} == settings


def test_the_courses_photographs() -> None:
    runs = plan_recipe("d", DATA["own-flowers"])
    assert [one.spec.total_parameters for one in runs] == [34_591_299] * 5 + [11_178_051]
    assert 10 * small_vgg(DATA["own-flowers"]).total_macs < runs[0].spec.total_macs


def changed(before: Planned, after: Planned) -> set[str]:
    """What differs between two runs: settings, and "network"."""
    settings = {f.name for f in fields(TrainConfig) if getattr(before.config, f.name) != getattr(after.config, f.name)}
    return settings | ({"network"} if before.spec.layers != after.spec.layers else set())


def test_each_rung_of_the_ladder_adds_one_thing() -> None:
    config = TrainConfig()
    runs = overfitting_ladder(
        preset("D-vgg"), config, weight_decay=1e-4, dropout=0.3, patience=5, augmentation=("flip",)
    )
    steps = [changed(one, two) for one, two in pairwise(runs)]
    assert steps == [{"weight_decay"}, {"network"}, {"patience"}, {"augmentation"}]
    dropped = [sum(isinstance(layer, Dropout) for layer in one.spec.layers) for one in runs]
    assert dropped == [0, 0, 3, 3, 3]
    assert runs[0].config == config


def test_each_effect_is_seen_alone() -> None:
    base, *others = plan_recipe("b-effects", DATA["cifar10"])
    assert [changed(base, other) for other in others] == [{"augmentation"}, *[{"network"}] * 4]
    assert sum(isinstance(layer, BatchNorm) for layer in others[-1].spec.layers) == 3


def outcomes(name: str, dataset: str) -> dict[str, tuple[EpochDone, Finished]]:
    data = load(dataset)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found = {}
    for one in plan_recipe(name, DATA[dataset]):
        events = list(train(one.spec, data, replace(one.config, device="cpu")))
        found[one.name] = [event for event in events if isinstance(event, EpochDone)][-1], events[-1]
    torch.set_num_threads(threads)
    return found


@pytest.mark.parametrize(
    ("name", "better", "worse"),
    [
        ("e-equal", "drawn at random", "all equal"),
        ("e-loss", "cross-entropy", "quadratic"),
        ("e-relu", "leaky ReLU", "ReLU"),
    ],
)
def test_the_concepts_show_what_they_promise(name: str, better: str, worse: str) -> None:
    found = outcomes(name, "digits")
    assert found[better][0].val_accuracy > found[worse][0].val_accuracy + 0.3
    if name == "e-relu":
        assert found["ReLU"][0].dead_relus > 0.5


def test_a_handful_is_learned_by_heart() -> None:
    epoch, _ = outcomes("c", "digits")["overfit a handful: 50 images"]
    assert epoch.train_accuracy == 1
    assert epoch.val_accuracy < 0.9


@pytest.mark.slow
def test_the_ladder_lessens_overfitting() -> None:
    found = outcomes("d-small", "textures")
    base, last = found["base"][0], found["+ augmentation"][0]
    assert base.train_accuracy > 0.97  # of four seeds, 0.98 to 1
    assert base.val_loss > 2 * last.val_loss
    assert base.train_accuracy - base.val_accuracy > last.train_accuracy - last.val_accuracy + 0.03
