"""ImageNet weights for the presets ResNet-18 and ResNet-34: from a file, torch's cache, or the internet.

Nothing that is read runs code: .pth files are read with `weights_only`, the others are safetensors.
"""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from urllib.parse import urlparse
from urllib.request import Request, urlopen

import torch
from torch import Tensor, nn

from cnn_core.folders import data_folder
from cnn_core.networks import NetworkSpec, preset
from cnn_core.training.config import TrainConfig
from cnn_core.words import format_shape

StateDict = dict[str, Tensor]
ARCHITECTURES = {"ResNet-18": "resnet18", "ResNet-34": "resnet34"}
"""Presets with published weights, and torchvision's names for them."""
BASE_URL_VARIABLE = "CNN_LAB_WEIGHTS_URL"
"""Environment variable with the address of a folder that holds torchvision's files, for rooms without internet."""
ANSWER_TIMEOUT_S = 10
"""Seconds in which the server must answer; torch's own download would wait for ever."""
MAX_FILE_BYTES = 2**30
"""Largest weights file that is read: ten times ResNet-34, and it still fits into memory."""


def match_architecture(spec: NetworkSpec) -> str:
    """Return the preset whose weights the network can take: the one with its layers, whatever the number of classes.

    Raises ValueError when no such preset has these layers.
    """
    for name in ARCHITECTURES:
        try:
            if preset(name, input_shape=spec.input_shape, classes=spec.classes).layers == spec.layers:
                return name
        except ValueError:
            continue
    known = " and ".join(ARCHITECTURES)
    raise ValueError(f"Pretrained weights are there for {known} alone: {spec.name!r:.60} has other layers.")


def weights_folder() -> Path:
    """Return the folder in which a weights file is looked for: weights/ of the data folder. It need not exist."""
    return data_folder() / "weights"


def check_pretrained(spec: NetworkSpec, config: TrainConfig) -> None:
    """Raise ValueError with a sentence when `config` asks for pretrained weights that this network cannot take."""
    if not config.pretrained:
        return
    match_architecture(spec)
    if config.weights:
        _weights_path(config.weights)


def apply_pretrained(model: nn.Module, spec: NetworkSpec, config: TrainConfig, *, load: bool = True) -> None:
    """Load the pretrained weights that `config` asks for into `model`, built from `spec`, and freeze what shall stay.

    Without `load`, only freeze: the weights come from elsewhere. Raises ValueError with a sentence when the weights
    cannot be obtained or are not this network's.
    """
    if not config.pretrained:
        return
    if load:
        name = match_architecture(spec)
        state = _read_state(_weights_path(config.weights)) if config.weights else _load_published(name)
        model.load_state_dict(translate_state(state, name, model))
    if config.pretrained == "frozen":
        model.requires_grad_(False)
        list(model.children())[-1].requires_grad_(True)


def set_training_mode(model: nn.Module, config: TrainConfig) -> None:
    """Call `model.train()`, except for the batch norm of a frozen network, which keeps the averages it came with."""
    model.train()
    if config.pretrained == "frozen":
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def translate_state(state: StateDict, name: str, model: nn.Module) -> StateDict:
    """Translate torchvision's state_dict of the architecture `name` to the names of `model`, built from that preset.

    Both list the same layers in the same order. The last layer stays as it is in `model` where the number of classes
    differs. Raises ValueError when a tensor is missing, unknown, or of another shape.
    """
    from torchvision import models

    with torch.device("meta"):
        theirs = models.get_model(ARCHITECTURES[name], weights=None).state_dict()
    ours = model.state_dict()
    extra = [key for key in state if key not in theirs]
    if extra:
        raise ValueError(f"The weights are not those of {name}: they have {extra[0]!r:.60}, which it has not.")
    result: StateDict = {}
    for (key, expected), (own, value) in zip(theirs.items(), ours.items(), strict=True):
        found = state.get(key)
        if found is None and not key.endswith("num_batches_tracked"):  # which older files lack
            raise ValueError(f"The weights are not those of {name}: {key!r} is missing.")
        if found is None or (
            key.startswith("fc.") and found.shape != value.shape and found.shape[1:] == value.shape[1:]
        ):
            result[own] = value
            continue
        if key.split(".")[-1] != own.split(".")[-1] or found.shape != value.shape or not found.isfinite().all():
            shape = format_shape(expected.shape)
            raise ValueError(f"The weights are not those of {name}: {key!r} must hold {shape} finite numbers.")
        result[own] = found.to(value.dtype)
    return result


def _weights_path(name: str) -> Path:
    """Return the weights file called `name`. Raises ValueError when it is missing, or outside the folder."""
    folder = weights_folder()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise ValueError(
            f"The weights file is {name!r:.120}: there is no such file in the folder weights/ of the data folder."
        )
    return path


def _read_state(path: Path) -> StateDict:
    """Read the tensors of a .pth or .safetensors file. Raises ValueError when it holds anything else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(
            f"The weights file is {path.name!r:.120}: the file is larger than {MAX_FILE_BYTES // 2**30} GB."
        )
    try:
        state: Any = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise ValueError(f"The weights file is {path.name!r:.120}: this is no readable file of weights.") from error
    if not isinstance(state, dict) or not all(
        isinstance(value, Tensor) and value.layout == torch.strided for value in state.values()
    ):
        raise ValueError(
            f"The weights file is {path.name!r:.120}: it must hold a state_dict, names with their tensors."
        )
    return state


def published_url(name: str) -> str:
    """Return the address of the weights of the architecture `name`: torchvision's, or below CNN_LAB_WEIGHTS_URL."""
    from torchvision import models

    url: str = models.get_model_weights(ARCHITECTURES[name]).IMAGENET1K_V1.url
    base = os.environ.get(BASE_URL_VARIABLE)
    return f"{base.rstrip('/')}/{Path(urlparse(url).path).name}" if base else url


def _load_published(name: str) -> StateDict:
    """Load torchvision's weights from torch's cache, or download them into it. Raises ValueError when neither works."""
    url = published_url(name)
    file = Path(urlparse(url).path).name
    cached = Path(torch.hub.get_dir()) / "checkpoints" / file
    if cached.is_file():
        return _read_state(cached)
    try:
        with urlopen(Request(url, method="HEAD"), timeout=ANSWER_TIMEOUT_S):  # the download itself would wait for ever
            pass
        state: StateDict = torch.hub.load_state_dict_from_url(
            url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError, ValueError, UnpicklingError) as error:
        raise ValueError(
            f"The pretrained weights of {name} are not on this computer and could not be downloaded: connect to the "
            f"internet, or put the file {file} into the folder weights/ of the data folder and name it as weights."
        ) from error
    return state
