"""The training runs of the courses, started together at one click, on the images of the course or on others.

Settings that a course did not give are chosen here; the recipe's text says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from cnn_core.datasets import TITLES
from cnn_core.networks import (
    ELU,
    Conv2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    preset,
)
from cnn_core.networks.variants import with_activation, with_batch_norm, with_dropout, without_dropout
from cnn_core.runs.planned import Planned
from cnn_core.training.config import TrainConfig

UNMIRRORED_DATASETS = ("digits", "mnist")
"""Data sets whose images change their meaning when they are mirrored."""


@dataclass(frozen=True)
class RecipeImages:
    """The facts about a data set that a recipe needs: its name, image shape (C, H, W) and number of classes."""

    dataset: str
    shape: tuple[int, int, int]
    classes: int

    def preset_network(self, name: str) -> NetworkSpec:
        """Return the preset called `name` for these images. Raises ValueError when it does not fit them."""
        return preset(name, input_shape=self.shape, classes=self.classes)

    @property
    def mirror_augmentation(self) -> tuple[str, ...]:
        """Return mirroring as augmentation, or cropping where a mirrored image would mean something else."""
        return ("crop",) if self.dataset in UNMIRRORED_DATASETS else ("flip",)


@dataclass(frozen=True)
class Recipe:
    """A batch of runs: `name` for links, `title` and `description` for people, the course's `dataset`, and `runs`.

    `runs` returns the planned runs for given images. Where a course used its own images, `dataset` is a built-in one
    that shows the same effects.
    """

    name: str
    title: str
    description: str
    dataset: str
    runs: Callable[[RecipeImages], tuple[Planned, ...]]


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`. Raises ValueError when there is none."""
    found = next((one for one in RECIPES if one.name == name), None)
    if found is None:
        raise ValueError(f"Name is {name!r:.60}: choose one of {', '.join(one.name for one in RECIPES)}.")
    return found


def plan_recipe(name: str, images: RecipeImages) -> tuple[Planned, ...]:
    """Return the runs of the recipe called `name`, for these images.

    Raises ValueError when there is no such recipe, or when one of its networks does not fit the images.

    >>> [one.name for one in plan_recipe("e-relu", RecipeImages("digits", (1, 8, 8), 10))]
    ['ReLU', 'leaky ReLU']
    """
    return find_recipe(name).runs(images)


def describe_other_images(chosen: Recipe, dataset: str) -> str:
    """Return a warning that other images than the recipe's give other results; "" for its own images."""
    if dataset == chosen.dataset:
        return ""
    made_for, now = TITLES.get(chosen.dataset, chosen.dataset), TITLES.get(dataset, dataset)
    return f"This recipe is made for {made_for}: on {now} its results will differ."


def overfitting_ladder(
    spec: NetworkSpec,
    config: TrainConfig,
    *,
    weight_decay: float,
    dropout: float,
    patience: int,
    augmentation: tuple[str, ...],
) -> tuple[Planned, ...]:
    """Return five runs, each with one more measure against overfitting than the one before: the overfitting ladder.

    Dropout in `spec` is removed first; `dropout` is the probability with which the third run drops its inputs.
    """
    plain, dropped = without_dropout(spec), with_dropout(spec, dropout)
    decayed = replace(config, weight_decay=weight_decay)
    patient = replace(decayed, patience=patience)
    return (
        Planned("base", plain, config),
        Planned("+ L2", plain, decayed),
        Planned("+ dropout", dropped, decayed),
        Planned("+ early stopping", dropped, patient),
        Planned("+ augmentation", dropped, replace(patient, augmentation=augmentation)),
    )


def small_vgg(images: RecipeImages) -> NetworkSpec:
    """Return a network of six 3×3 convolutions and two linear layers: under a tenth of the work of the course's VGG."""
    layers: list[Layer] = []
    for filters in (16, 32, 64):
        layers += [Conv2d(filters, 3, padding=1), ReLU(), Conv2d(filters, 3, padding=1), ReLU(), MaxPool2d(2)]
    return NetworkSpec("Small VGG", images.shape, (*layers, Flatten(), Linear(128), ReLU(), Linear(images.classes)))


def _course_a_runs(images: RecipeImages) -> tuple[Planned, ...]:
    config = TrainConfig(images.dataset, learning_rate=0.001, batch_size=10, epochs=5)
    return (Planned("A", images.preset_network("A"), config),)


def _course_b_settings(images: RecipeImages) -> TrainConfig:
    return TrainConfig(
        images.dataset, optimizer="sgd", learning_rate=0.05, momentum=0.0, batch_size=64, epochs=30, patience=3
    )


def _course_b_runs(images: RecipeImages) -> tuple[Planned, ...]:
    config = _course_b_settings(images)
    mirrored = replace(config, augmentation=images.mirror_augmentation)
    return (
        Planned("B-base", images.preset_network("B-base"), config),
        Planned("B-net1, batch norm", images.preset_network("B-net1"), config),
        Planned(f"B-net2, dropout and {images.mirror_augmentation[0]}", images.preset_network("B-net2"), mirrored),
    )


def _course_b_effects(images: RecipeImages) -> tuple[Planned, ...]:
    base, config = images.preset_network("B-base"), _course_b_settings(images)
    flat = next(place for place, layer in enumerate(base.layers) if isinstance(layer, Flatten))
    deeper = (*base.layers[:flat], Conv2d(128, 3, padding=1), ReLU(), *base.layers[flat:])
    return (
        Planned("base", base, config),
        Planned(f"{images.mirror_augmentation[0]}", base, replace(config, augmentation=images.mirror_augmentation)),
        Planned("one more convolution", replace(base, name="B-base, deeper", layers=deeper), config),
        Planned("ELU for ReLU", with_activation(base, ELU()), config),
        Planned("dropout", with_dropout(base, 0.3), config),
        Planned("batch norm", with_batch_norm(base), config),
    )


def _course_b_transfer(images: RecipeImages) -> tuple[Planned, ...]:
    config = TrainConfig(
        images.dataset, learning_rate=5e-4, epochs=3, resize=224, augmentation=images.mirror_augmentation
    )
    tuned, frozen = (replace(config, pretrained=kind) for kind in ("fine-tuned", "frozen"))
    network = preset("ResNet-18", input_shape=tuned.network_shape(images.shape), classes=images.classes)
    return Planned("last layer alone", network, frozen), Planned("fine-tuned", network, tuned)


def _course_c_runs(images: RecipeImages) -> tuple[Planned, ...]:
    config = TrainConfig(images.dataset, learning_rate=0.001, batch_size=64, epochs=1)
    handful = replace(config, train_images=50, batch_size=10, epochs=30)
    network = images.preset_network("C")
    return Planned("overfit a handful: 50 images", network, handful), Planned("one epoch", network, config)


def _course_d_small_runs(images: RecipeImages) -> tuple[Planned, ...]:
    # Few images, so that there is something to overfit.
    config = TrainConfig(images.dataset, learning_rate=0.001, epochs=60, train_images=30 * images.classes)
    return overfitting_ladder(
        small_vgg(images), config, weight_decay=1e-4, dropout=0.3, patience=15, augmentation=images.mirror_augmentation
    )


def _course_d_runs(images: RecipeImages) -> tuple[Planned, ...]:
    config = TrainConfig(images.dataset, learning_rate=1e-4, epochs=30)
    vgg = images.preset_network("D-vgg")
    rungs = overfitting_ladder(
        vgg, config, weight_decay=1e-4, dropout=0.5, patience=5, augmentation=(*images.mirror_augmentation, "rotate")
    )
    return *rungs, Planned("ResNet-18", images.preset_network("D-resnet18"), rungs[-1].config)


def _course_e_runs(images: RecipeImages) -> tuple[Planned, ...]:
    return (Planned("E", images.preset_network("E"), TrainConfig(images.dataset, learning_rate=0.001, epochs=8)),)


def _course_e_equal(images: RecipeImages) -> tuple[Planned, ...]:
    network, config = images.preset_network("Tiny CNN"), TrainConfig(images.dataset, epochs=6)
    equal = replace(config, initialisation="equal")
    return Planned("drawn at random", network, config), Planned("all equal", network, equal)


def _course_e_loss(images: RecipeImages) -> tuple[Planned, ...]:
    network = images.preset_network("Tiny CNN")
    config = TrainConfig(images.dataset, optimizer="sgd", learning_rate=0.05, momentum=0.0, epochs=6)
    return Planned("cross-entropy", network, config), Planned("quadratic", network, replace(config, loss="quadratic"))


def _course_e_relu(images: RecipeImages) -> tuple[Planned, ...]:
    # A rate of 0.2 kills most ReLUs whatever the seed; with 0.1, one seed in five still learns.
    network, config = images.preset_network("Tiny CNN"), TrainConfig(images.dataset, learning_rate=0.2, epochs=6)
    return Planned("ReLU", network, config), Planned("leaky ReLU", with_activation(network, LeakyReLU(0.1)), config)


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        "a",
        "A. Layers by hand, 20 classes",
        "One 5×5 convolution and two linear layers on CIFAR-100 in 20 classes, batches of 10, five epochs. The loss "
        "begins at ln 20 ≈ 3.00; the course came to 52 % on training and 41.5 % on validation images, after ten hours "
        "of NumPy loops. Its optimiser is not told: here it is Adam with a rate of 0.001.",
        "cifar100-20",
        _course_a_runs,
    ),
    Recipe(
        "b",
        "B. Three networks",
        "SGD with a rate of 0.05 without momentum, batches of 64, until the validation loss has not fallen for three "
        "epochs. The course's test accuracies: 73.4 % plain, 75.3 % with batch norm, 76.1 % with dropout and mirrored "
        "images. Some minutes a network on a CPU.",
        "cifar10",
        _course_b_runs,
    ),
    Recipe(
        "b-effects",
        "B. One change at a time",
        "The plain network of B, and five runs that differ from it in one thing each: mirrored images, one more "
        "convolution, ELU, dropout, batch norm. Some minutes each on a CPU.",
        "cifar10",
        _course_b_effects,
    ),
    Recipe(
        "b-transfer",
        "B. Transfer learning",
        "ResNet-18 with ImageNet's weights, images brought to 224×224: first the last layer alone learns, then all of "
        "it, as in the course, which came to 92.8 % on test images. Adam with a rate of 0.0005, batches of 32, three "
        "epochs. The weights are downloaded once (45 MB); without a GPU this takes hours.",
        "cifar10",
        _course_b_transfer,
    ),
    Recipe(
        "c",
        "C. A three-layer network, checked first",
        "First learn 50 images by heart: a network that cannot is broken. Then one epoch on all images, which took the "
        "course to 51 % on training and 49.8 % on validation images. Adam with a rate of 0.001, batches of 64.",
        "cifar10",
        _course_c_runs,
    ),
    Recipe(
        "d-small",
        "D. The overfitting ladder, in minutes",
        "Base, + L2, + dropout, + early stopping, + augmentation: each rung keeps those before it. A small VGG on 30 "
        "images a class overfits well, and a CPU does all five runs in minutes. Your own photographs work too.",
        "textures",
        _course_d_small_runs,
    ),
    Recipe(
        "d",
        "D. The overfitting ladder of the course",
        "The course's VGG (35 million parameters on its 64×64 photographs of three classes) up the same ladder, then "
        "ResNet-18. Its test accuracies: 90, 92, 90, 91, 93 and 88 %. Bring three classes of photographs as your own "
        "data set, at least 32×32 pixels; without a GPU this takes hours.",
        "textures",
        _course_d_runs,
    ),
    Recipe(
        "e",
        "E. Batch norm and dropout on CIFAR-10",
        "Three unpadded convolutions with batch norm, Adam with a rate of 0.001, batches of 32, eight epochs: 76.6 % "
        "on test images in the course, cats worst (57 %) and frogs best (88 %). Some minutes on a CPU.",
        "cifar10",
        _course_e_runs,
    ),
    Recipe(
        "e-equal",
        "E. What if all weights begin equal?",
        "The same network twice: weights drawn at random, and all of a layer equal. Equal units get equal gradients, "
        "so they stay equal for ever.",
        "digits",
        _course_e_equal,
    ),
    Recipe(
        "e-loss",
        "E. Quadratic loss or cross-entropy?",
        "The same network, weights and rate with either loss. Where the network is wrong and sure of it, the quadratic "
        "loss is flat: it learns slowly.",
        "digits",
        _course_e_loss,
    ),
    Recipe(
        "e-relu",
        "E. ReLU or leaky ReLU?",
        "The same network with a rate that is too high: ReLU units die and learn no more, leaky ones go on.",
        "digits",
        _course_e_relu,
    ),
)
"""The recipes of courses A to E, in order."""
