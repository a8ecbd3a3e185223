"""The network that a page looks at: its run, its checkpoints, and what is cached of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core.networks import NetworkSpec, preset
from cnn_core.runs import Run
from cnn_core.training import TrainConfig
from cnn_core.words import format_count, format_size
from pages.shared import state
from pages.shared.problems import show_problem
from pages.shared.run_choice import choose_run
from pages.shared.site import get_page

if TYPE_CHECKING:
    from torch import Tensor, nn

UNTRAINED = ""
"""Stands for the id of a run where there is none: the tiny network with the weights it would start from."""
NO_CONVOLUTION = (
    "This network has no convolution, so there is no Grad-CAM: nothing in it keeps apart what was seen and where."
)
"""Said where a heat map would be."""


@dataclass(frozen=True)
class LoadedRun:
    """The network that is looked at: its run (or UNTRAINED), description, settings, and epochs with saved weights."""

    run_id: str
    spec: NetworkSpec
    config: TrainConfig
    epochs: tuple[int, ...]
    default_epoch: int = 0

    @property
    def dataset_name(self) -> str:
        """The name of the data set it was trained on."""
        return self.config.dataset


BY_RUN: dict[str | type[Any], Callable[[Any], Any]] = {LoadedRun: lambda subject: subject.run_id}
"""The `hash_funcs` of cached functions that take a LoadedRun: the run's id stands for its description and settings,
which never change. What depends on the checkpoint takes the epoch as an argument of its own; nothing that is cached may
depend on the list of epochs, which grows while a run trains."""


def choose_loaded_run(promise: str) -> LoadedRun | None:
    """Let the visitor choose a run, and say what state it is in.

    None when there is nothing to look into; then `promise` says what will be here, beside a link to Train.
    """
    run = choose_run()
    epochs = tuple(state.run_store().checkpoint_epochs(run.id)) if run else ()
    if run is None or not epochs:
        missing = "No network of yours yet." if run is None else f"This run has no saved weights. {run.message}".strip()
        st.info(f"{missing} Train a network, which takes a few seconds, and {promise}", icon=":material/school:")
        st.page_link(get_page("train"), label="Train a network", icon=":material/model_training:")
        return None
    latest = f"after epoch {epochs[-1]}" if epochs[-1] else "the untrained network"
    if run.is_active:
        st.info(f"This run is still going. Its latest checkpoint so far: {latest}.", icon=":material/sync:")
    elif run.status in ("failed", "interrupted"):
        st.warning(f"This run ended early. {run.message} Its last checkpoint: {latest}.", icon=":material/warning:")
    try:
        state.load_dataset(run.config.dataset)
    except ValueError as problem:  # deleted since, or of another computer
        show_problem(problem, "The images that this run learned from cannot be read.")
        return None
    return load_run(run)


def load_run(run: Run) -> LoadedRun:
    """Return the network of a run that has weights; the tested checkpoint is shown first, or else the last."""
    epochs = state.run_store().checkpoint_epochs(run.id)
    tested = run.tested_epoch if run.tested_epoch in epochs else None
    return LoadedRun(run.id, run.spec, run.config, epochs, epochs[-1] if tested is None else tested)


def untrained_run() -> LoadedRun:
    """Return a small network on Digits, so that there is something to look at before anything was trained."""
    return LoadedRun(UNTRAINED, preset("Tiny CNN"), TrainConfig(), (0,))


def choose_epoch(subject: LoadedRun, key: str) -> int:
    """Let the visitor choose a checkpoint, from the untrained network to the last; at first the default one."""
    if len(subject.epochs) == 1:
        return subject.epochs[0]
    chosen: int = st.select_slider(
        "Checkpoint",
        options=list(subject.epochs),
        value=subject.default_epoch,
        format_func=lambda epoch: f"after epoch {epoch}" if epoch else "untrained",
        key=f"{key}_epoch",
        bind="query-params",
    )
    return chosen


@st.cache_data(max_entries=24, show_spinner=False)
def load_weights(run_id: str, epoch: int) -> dict[str, NDArray[Any]]:
    """Load the weights of a checkpoint, or those that the untrained tiny network starts from."""
    if run_id == UNTRAINED:
        return {name: value.numpy() for name, value in untrained_run().spec.build(seed=0).state_dict().items()}
    return dict(state.run_store().load_weights(run_id, epoch))


@st.cache_data(max_entries=24, show_spinner="Running the network on the images …", hash_funcs=BY_RUN)
def compute_logits(subject: LoadedRun, epoch: int, part: Literal["test", "val"] = "test") -> NDArray[np.float32]:
    """Compute the logits (N, classes) of all images of a split.

    Raises ValueError when the images are not of the network's size, or the split is empty.
    """
    from cnn_core.training.inference import predict_logits

    data = state.load_dataset(subject.dataset_name)
    seen = subject.config.network_shape(data.input_shape)
    if seen != subject.spec.input_shape:
        raise ValueError(
            f"The network takes images of {_format_shape(subject.spec.input_shape)}, these have {_format_shape(seen)}."
        )
    images = data.test.images if part == "test" else data.val.images
    if not len(images):
        raise ValueError("This part of the data set holds no image.")
    with locked_model(subject, epoch) as model:
        return predict_logits(model, images, data, subject.config)


def _format_shape(shape: tuple[int, ...]) -> str:
    return f"{format_count(shape[0], 'channel')} × {format_size(shape[1:])} pixels"


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=BY_RUN)
def _load_model(subject: LoadedRun, epoch: int) -> "tuple[nn.Module, Lock]":
    from cnn_core.insight.load import load_network

    return load_network(subject.spec, load_weights(subject.run_id, epoch)), Lock()


@contextmanager
def locked_model(subject: LoadedRun, epoch: int) -> "Iterator[nn.Module]":
    """Lend the network of a checkpoint, in evaluation mode, to one block at a time: sessions take turns.

    Hooks on a module that two threads run would see the images of both. Leave weights and modes as they were.
    """
    model, lock = _load_model(subject, epoch)
    with lock:
        yield model


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_RUN)
def run_normaliser(subject: LoadedRun) -> "Callable[[Tensor], Tensor]":
    """Return the function that normalises a run's images; cached, as its means are taken over all training images."""
    import torch

    from cnn_core.training.inference import make_normaliser

    return make_normaliser(state.load_dataset(subject.dataset_name), torch.device("cpu"), subject.config)


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs=BY_RUN)
def compute_feature_maps(subject: LoadedRun, epoch: int, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Compute the feature maps of one stored image uint8 (C, H, W): layer name → (C, H, W)."""
    from torch import from_numpy

    from cnn_core.insight import feature_maps

    ready = run_normaliser(subject)(from_numpy(image[np.newaxis]))[0].numpy()
    with locked_model(subject, epoch) as model:
        return feature_maps(model, ready)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def compute_probabilities(subject: LoadedRun, epoch: int, image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Compute the probability of every class (classes,) for one stored image uint8 (C, H, W)."""
    from torch import from_numpy, no_grad

    from cnn_core.insight.activations import one_thread

    ready = run_normaliser(subject)(from_numpy(image[np.newaxis]))
    with locked_model(subject, epoch) as model, no_grad(), one_thread():
        logits = model(ready)[0].numpy()
    found: NDArray[np.float64] = softmax(logits.astype(float))
    return found
