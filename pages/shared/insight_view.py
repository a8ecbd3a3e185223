"""What Inspect and Evaluate share: which run is looked at, its checkpoints, and cached answers of its network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight import enlarge, image_rgb, tile_grid
from cnn_core.spec import NetworkSpec, preset
from cnn_core.training import TrainConfig
from pages.shared import state
from pages.shared.lesson import note
from pages.shared.site import page

COLUMNS = 8
"""Small pictures a row: on a phone they are still told apart."""
STRIP = 16
"""Thumbnails to choose from."""
ALL = "all classes"
UNTRAINED = ""
"""Stands for the id of a run where there is none: the tiny network with the weights it would start from."""


@dataclass(frozen=True)
class Subject:
    """The network looked at: its run (or UNTRAINED), its description, settings and the epochs with saved weights."""

    run_id: str
    spec: NetworkSpec
    config: TrainConfig
    epochs: tuple[int, ...]

    @property
    def dataset(self) -> str:
        """The name of the data set it was trained on."""
        return self.config.dataset


def choose_subject(promise: str) -> Subject | None:
    """Let the visitor pick a run, and say in words what state it is in.

    None when there is nothing to look into; then `promise` says what will be here, beside a link to Train.
    """
    run = state.run_picker()
    epochs = tuple(state.store().checkpoints(run.id)) if run else ()
    if run is None or not epochs:
        missing = "No network of yours yet." if run is None else f"This run has no saved weights. {run.message}".strip()
        st.info(f"{missing} Train a network, which takes a few seconds, and {promise}", icon=":material/school:")
        st.page_link(page("train"), label="Train a network", icon=":material/model_training:")
        return None
    latest = f"after epoch {epochs[-1]}" if epochs[-1] else "the untrained network"
    if run.status in ("queued", "running"):
        st.info(f"This run is still going. Its latest checkpoint so far: {latest}.", icon=":material/sync:")
    elif run.status in ("failed", "interrupted"):
        st.warning(f"This run ended early. {run.message} Its last checkpoint: {latest}.", icon=":material/warning:")
    return Subject(run.id, run.spec, run.config, epochs)


def untrained_subject() -> Subject:
    """A small network on Digits, to have something to look at before anything was trained."""
    return Subject(UNTRAINED, preset("Tiny CNN"), TrainConfig(), (0,))


def choose_epoch(subject: Subject, key: str) -> int:
    """A slider over the checkpoints, from untrained to the last; the last one at first."""
    if len(subject.epochs) == 1:
        return subject.epochs[0]
    chosen: int = st.select_slider(
        "Checkpoint",
        options=list(subject.epochs),
        value=subject.epochs[-1],
        format_func=lambda epoch: f"after epoch {epoch}" if epoch else "untrained",
        key=f"{key}_epoch",
        bind="query-params",
    )
    return chosen


def ink() -> str:
    """The text colour of the theme that is on, for charts that must be told."""
    return "#E8ECF4" if st.context.theme.type == "dark" else "#1B2333"


@st.cache_data(max_entries=24, show_spinner=False)
def weights(run_id: str, epoch: int) -> dict[str, NDArray[Any]]:
    """The weights of a checkpoint, or those an untrained tiny network starts from."""
    if run_id == UNTRAINED:
        return {name: value.numpy() for name, value in untrained_subject().spec.build(seed=0).state_dict().items()}
    return dict(state.store().load_weights(run_id, epoch))


@st.cache_data(max_entries=24, show_spinner="Running the network on the test images …")
def logits_of(run_id: str, epoch: int, _subject: Subject) -> NDArray[np.float32]:
    """Logits (N, classes) of all test images."""
    from cnn_core.insight.network import load_network
    from cnn_core.training.evaluation import predict_logits

    data = state.dataset(_subject.dataset)
    return predict_logits(load_network(_subject.spec, weights(run_id, epoch)), data.test.images, data, _subject.config)


@st.cache_data(max_entries=32, show_spinner=False)
def maps_of(run_id: str, epoch: int, index: int, _subject: Subject) -> dict[str, NDArray[np.float32]]:
    """Layer name → feature maps (C, H, W) of test image `index`."""
    from cnn_core.insight.network import load_network, stored_image_maps

    data = state.dataset(_subject.dataset)
    # A module of its own: hooks on a shared one would see the images of other sessions too.
    return stored_image_maps(
        load_network(_subject.spec, weights(run_id, epoch)), data.test.images[index], data, _subject.config
    )


def choose_image(subject: Subject, key: str) -> int:
    """A class, a number within it, and a strip of thumbnails around it; returns the place in the test set."""
    names, test = state.dataset(subject.dataset).class_names, state.dataset(subject.dataset).test
    labels = test.labels
    left, right = st.columns(2)
    wanted = left.selectbox("Class", [ALL, *names], key=f"{key}_class", bind="query-params")
    places = np.arange(len(labels)) if wanted == ALL else np.flatnonzero(labels == names.index(wanted))
    if not len(places):
        st.warning(f"The test set holds no image of class {wanted}. Choose another class.")
        st.stop()
    if st.session_state.get(f"{key}_image", 1) > len(places):
        st.session_state[f"{key}_image"] = len(places)
    number = right.number_input(
        f"Image, 1 to {len(places)}", 1, len(places), 1, key=f"{key}_image", bind="query-params"
    )
    start = (number - 1) // STRIP * STRIP
    strip = places[start : start + STRIP]
    thumbnails = np.stack([image_rgb(image) for image in test.images[strip]])
    shown = [f"{start + i + 1}" for i in range(len(strip))]
    alt = f"Images {shown[0]} to {shown[-1]}, number {number} chosen"
    grid(thumbnails, shown, 64, COLUMNS, alt=alt, marked=number - 1 - start)
    return int(places[number - 1])


def switch(label: str, options: tuple[str, str], key: str) -> str:
    """A choice of two, the first one at first, kept in the URL."""
    return st.segmented_control(label, options, default=options[0], required=True, key=key, bind="query-params")


def scale_caption(
    limits: NDArray[np.float64], count: int, shown: int, things: str, *, real_colour: bool = False
) -> None:
    """Say which number each colour stands for, and how many pictures were left out."""
    scale = f"−{limits[0]:.3g} … +{limits[0]:.3g}"
    if np.ptp(limits) > 0:
        scale = f"each its own, from ±{limits.min():.3g} to ±{limits.max():.3g}"
    colours = "mid-grey is 0" if real_colour else "red negative, white 0, blue positive"
    left_out = f" The first {shown} of {count} {things}." if shown < count else ""
    note(f"Scale {scale}: {colours}.{left_out}")


def grid(
    rgb: NDArray[np.uint8], labels: list[str], tile: int, columns: int, *, alt: str, marked: int | None = None
) -> None:
    """Draw the small pictures `rgb` (N, H, W, 3) in rows, each about `tile` pixels wide under its label."""
    zoom = max(1, round(tile / rgb.shape[2]))
    st.image(tile_grid(rgb, columns=columns, zoom=zoom, labels=labels, marked=marked), width="content", alt=alt)


def page_of(label: str, items: list[str], size: int, key: str) -> list[str]:
    """The items of the chosen page; with more than `size` items a selectbox names the pages."""
    if len(items) <= size:
        return items
    pages = {
        f"{start + 1} to {min(start + size, len(items))} of {len(items)}": items[start : start + size]
        for start in range(0, len(items), size)
    }
    return pages[st.selectbox(label, list(pages), key=key, bind="query-params")]


def gallery(images: NDArray[np.uint8], captions: list[str]) -> None:
    """Stored images (N, C, H, W) side by side, as many a row as fit, each with its caption."""
    with st.container(horizontal=True, gap="small"):
        for image, caption in zip(images, captions, strict=True):
            with st.container(width=104, gap="xsmall"):
                st.image(upright(image, 96), width=104, output_format="PNG", alt=caption)
                note(caption)


def upright(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A stored image (C, H, W) as (H, W, 3), enlarged by a whole number to about `size` pixels."""
    return enlarge(image_rgb(image)[np.newaxis], max(1, size // max(image.shape[1:])))[0]
