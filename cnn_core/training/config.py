"""The settings of a training run as one checked value that goes to JSON and back."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from cnn_core.checks import flag, one_of, real, whole
from cnn_core.training.augmentation import NAMES as AUGMENTATIONS

Optimizer = Literal["sgd", "adam", "adamw"]
Schedule = Literal["constant", "step", "cosine", "one-cycle"]
Loss = Literal["cross-entropy", "quadratic"]
Initialisation = Literal["pytorch", "he", "xavier", "normal", "equal"]
Precision = Literal["auto", "float32", "mixed"]
Device = Literal["auto", "cpu", "cuda"]
Pretrained = Literal["", "frozen", "fine-tuned"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
LOSSES: tuple[Loss, ...] = get_args(Loss)
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
PRETRAINED: tuple[Pretrained, ...] = get_args(Pretrained)
RESIZE_LIMITS = (32, 256)
"""The smallest and the largest side, in pixels, to which images may be resized."""
DEVICES: tuple[str, ...] = get_args(Device)
# Rates that usually work at once: Adam scales every step to the size of the gradients, SGD needs a larger rate.
DEFAULT_LEARNING_RATES = {"sgd": 0.05, "adam": 0.002, "adamw": 0.002}

_REAL_LIMITS = {
    "learning_rate": (0.0, 1e6),
    "momentum": (0.0, 0.999),
    "weight_decay": (0.0, 10.0),
    "step_factor": (0.01, 1.0),
    "label_smoothing": (0.0, 0.9),
}
_WHOLE_LIMITS = {
    "batch_size": (1, 4096),
    "epochs": (1, 1000),
    "seed": (0, 2**31 - 1),
    "step_every": (1, 1000),
    "patience": (0, 1000),
    "train_images": (0, 10_000_000),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "loss": LOSSES,
    "initialisation": INITIALISATIONS,
    "precision": PRECISIONS,
    "device": DEVICES,
}


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a run: everything but the network. Raises ValueError with a sentence for a bad value.

    learning_rate    above 0, up to 1,000,000 (far too large on purpose: watching a run diverge is part of learning)
    momentum         0 … 0.999, for "sgd" only, plain or `nesterov`'s; Adam has averages instead
    weight_decay     0 … 10; "adamw" subtracts it from the weights directly, the others add it to the gradient (L2)
    schedule         how the learning rate changes: by `step_factor` every `step_every` epochs, along half a cosine down
                     to 0, or in one cycle up and down again
    loss             "quadratic" is half the squared distance of the softmax probabilities from the targets
    label_smoothing  0 … 0.9 of the target probability is spread evenly over all classes (cross-entropy only)
    augmentation     random changes of training images: names from AUGMENTATIONS
    patience         epochs without a better validation loss until the run ends with its best weights; 0: never
    initialisation   how weights are drawn at first; "equal" gives all of a layer one value (they never separate)
    precision        "mixed" computes convolutions and products in bfloat16; "auto" does where the device gains from it
    pretrained       "" begins with random weights; "frozen" takes ImageNet's and learns the last layer only;
                     "fine-tuned" learns all layers from there. Images are then normalised with ImageNet's statistics
                     and grey ones get three channels
    weights          a file (.pth, .pt, .safetensors) in the folder weights/ of the data folder, by its bare name, in
                     place of torchvision's; for pretrained networks only
    resize           the side in pixels, 32 … 256, to which all images are resized first; 0: not at all
    train_images     the number of training images used, evenly from all classes: few are soon learned by heart; 0: all
    batch_size       1 … 4,096 images a step;  epochs  1 … 1,000;  seed  0 … 2,147,483,647
    device           "auto" takes the GPU when there is one

    >>> TrainConfig(epochs=3, augmentation=("flip", "crop")).augmentation  # always in the order of AUGMENTATIONS
    ('crop', 'flip')
    >>> TrainConfig.from_dict({"seed": 7}) == TrainConfig(seed=7)
    True
    """

    dataset: str = "digits"
    optimizer: Optimizer = "adam"
    learning_rate: float = 0.002
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    step_every: int = 10
    step_factor: float = 0.1
    loss: Loss = "cross-entropy"
    label_smoothing: float = 0.0
    augmentation: tuple[str, ...] = ()
    patience: int = 0
    initialisation: Initialisation = "pytorch"
    precision: Precision = "auto"
    pretrained: Pretrained = ""
    weights: str = ""
    resize: int = 0
    train_images: int = 0
    batch_size: int = 32
    epochs: int = 10
    seed: int = 0
    device: Device = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.dataset, str) or not self.dataset:
            raise ValueError(f"Dataset is {self.dataset!r:.60}: it must be the name of a data set, such as 'digits'.")
        for name, choices in _CHOICES.items():
            one_of(name, getattr(self, name), choices)
        for name, (low, high) in _REAL_LIMITS.items():
            # Stored as float, so that equal settings are equal values and print alike.
            object.__setattr__(self, name, real(name, getattr(self, name), low, high))
        if self.learning_rate == 0:
            raise ValueError("Learning rate is 0: nothing would be learned; choose a number above 0, such as 0.002.")
        for name, (smallest, largest) in _WHOLE_LIMITS.items():
            object.__setattr__(self, name, whole(name, getattr(self, name), smallest, largest))
        object.__setattr__(self, "augmentation", _check_augmentation(self.augmentation))
        self._check_together()

    def _check_together(self) -> None:
        """Raise ValueError for settings that contradict each other."""
        _check_pretrained(self.pretrained, self.weights, self.resize)
        flag("nesterov", self.nesterov)
        if self.nesterov and (self.optimizer != "sgd" or self.momentum == 0):
            raise ValueError("Nesterov is true: it needs the optimizer 'sgd' with a momentum above 0.")
        if self.label_smoothing and self.loss != "cross-entropy":
            raise ValueError(f"Label smoothing is {self.label_smoothing}: it needs the loss 'cross-entropy'.")

    def network_shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the shape (C, H, W) in which the network sees images of `shape`."""
        channels, height, width = shape
        side = (self.resize, self.resize) if self.resize else (height, width)
        return (3 if self.pretrained and channels == 1 else channels, *side)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name: strings, numbers and lists of them, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> "TrainConfig":
        """Return the settings that `to_dict` wrote; a missing setting takes its default.

        Raises ValueError when `settings` is no mapping, names an unknown setting or holds a bad value.
        """
        if not isinstance(settings, Mapping):
            raise ValueError(f"The settings are a {type(settings).__name__}: it must map setting names to values.")
        known = [field.name for field in fields(cls)]
        unknown = [str(name) for name in settings if name not in known]
        if unknown:
            raise ValueError(
                f"The settings have the unknown name {unknown[0]!r:.60}: the names are {', '.join(known)}."
            )
        return cls(**settings)


def _check_augmentation(names: object) -> tuple[str, ...]:
    """Return the names in their fixed order, each once: equal settings are equal values."""
    given = list(names) if isinstance(names, list | tuple) else [names]
    unknown = [name for name in given if name not in AUGMENTATIONS]
    if unknown:
        raise ValueError(f"Augmentation holds {unknown[0]!r:.60}: choose among {', '.join(AUGMENTATIONS)}.")
    return tuple(name for name in AUGMENTATIONS if name in given)


def _check_pretrained(pretrained: object, weights: object, resize: object) -> None:
    if pretrained not in PRETRAINED:
        raise ValueError(f"Pretrained is {pretrained!r:.60}: choose 'frozen' or 'fine-tuned', or leave it empty.")
    if not isinstance(weights, str) or not re.fullmatch(r"|[\w][\w .+-]{0,99}\.(pth|pt|safetensors)", weights):
        raise ValueError(
            f"The weights file is {weights!r:.120}: "
            "it must be the bare name of a file that ends in .pth, .pt or .safetensors."
        )
    if weights and not pretrained:
        raise ValueError(f"The weights file is {weights!r:.120}: it needs pretrained to be 'frozen' or 'fine-tuned'.")
    if resize != 0 or isinstance(resize, bool):
        whole("resize", resize, *RESIZE_LIMITS)
