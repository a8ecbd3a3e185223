"""What each augmentation does to an image, on the Data page."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.datasets import Dataset
from cnn_core.training import augmentation
from cnn_core.training.augmentation import AUGMENTATIONS, LABELS
from pages.shared import state
from pages.shared.controls import choice, note
from pages.shared.pictures import gallery, grid, small

DRAWS = 6
SIDE = 96
BATCH = 8
USUAL = ("crop", "flip")
MIXUP = "mixup"


def augmented(name: str) -> None:
    """One image beside six draws of the chosen augmentations."""
    data = state.dataset(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Class", data.class_names, key="data_class", bind="query-params", width=220)
        places = np.flatnonzero(data.train.labels == data.class_names.index(label))
        if st.session_state.get("data_image", 1) > len(places):
            st.session_state.data_image = len(places)
        number = st.number_input(
            f"Image, 1 to {len(places):,}", 1, len(places), 1, key="data_image", bind="query-params", width=170
        )
        seed = int(st.number_input("Seed", 0, 9999, 0, key="data_aug_seed", bind="query-params", width=120))
    place = int(places[number - 1])
    kind = choice("Show", ("One by one", "Together", "Mixup"), "One by one", "data_aug")
    if kind == "One by one":
        _one_by_one(name, place, seed)
    elif kind == "Together":
        _together(name, place, seed)
    else:
        _mixed(data, place, seed)


def _one_by_one(name: str, place: int, seed: int) -> None:
    for key in AUGMENTATIONS:
        _line(LABELS[key])
        note(f"{_sentence(augmentation.DESCRIPTIONS[key])}")
        _show(name, place, (key,), seed)


def _line(text: str) -> None:
    st.markdown(f"##### {text}")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _together(name: str, place: int, seed: int) -> None:
    picked = st.pills(
        "Augmentations",
        list(AUGMENTATIONS),
        selection_mode="multi",
        default=list(USUAL),
        format_func=LABELS.__getitem__,
        key="data_augmentations",
        bind="query-params",
    )
    names = tuple(key for key in AUGMENTATIONS if key in (picked or ()))
    if names:
        note(f"One after the other: {', then '.join(LABELS[key].lower() for key in names)}.")
    else:
        note("Nothing is switched on: every draw is the image itself.")
    _show(name, place, names, seed)


def _show(name: str, place: int, names: tuple[str, ...], seed: int) -> None:
    pictures = [state.dataset(name).train.images[place], *drawn(name, place, names, seed)]
    labels = ["the image", *(str(n + 1) for n in range(DRAWS))]
    changes = " and ".join(LABELS[key].lower() for key in names) or "nothing"
    alt = f"The image and {DRAWS} draws of it, changed by: {changes}"
    rgb = np.stack([small(picture, SIDE) for picture in pictures])
    grid(rgb, labels, SIDE, len(labels), alt=alt)


@st.cache_data(max_entries=64, show_spinner="Starting PyTorch …")
def drawn(name: str, place: int, names: tuple[str, ...], seed: int) -> NDArray[np.uint8]:
    """Six draws (6, C, H, W) of the training image at `place`."""
    import torch

    images = torch.from_numpy(state.dataset(name).train.images[[place] * DRAWS])
    made = augmentation.augment(images, names, torch.Generator().manual_seed(seed))
    return np.asarray(made.round().clamp(0, 255).to(torch.uint8))


def _mixed(data: Dataset, place: int, seed: int) -> None:
    note(
        f"{_sentence(augmentation.DESCRIPTIONS[MIXUP])} The shares are drawn anew for each pair; here with "
        "alpha 1, so that all shares are equally likely. Training uses "
        f"{augmentation.MIXUP_ALPHA:g}, with which most pairs are nearly one of the two."
    )
    pictures, captions = mixed(data.name, place, seed)
    gallery(pictures, list(captions))


@st.cache_data(max_entries=32, show_spinner="Starting PyTorch …")
def mixed(name: str, place: int, seed: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The image, and six mixtures of it with others, each with its two classes and their shares."""
    import torch

    data = state.dataset(name)
    draws, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    pictures, captions = [data.train.images[place]], [f"{data.class_names[data.train.labels[place]]}, the image"]
    for _ in range(DRAWS):
        batch = np.array([place, *draws.integers(len(data.train), size=BATCH - 1)])
        # one-hot over the pictures of the batch: the shares then say which two were mixed
        blended, shares = augmentation.mixup(
            torch.from_numpy(data.train.images[batch]), torch.eye(BATCH), generator, alpha=1.0
        )
        pictures.append(np.asarray(blended[0].round().to(torch.uint8)))
        captions.append(_shares(data, batch, np.asarray(shares[0])))
    return np.stack(pictures), tuple(captions)


def _shares(data: Dataset, places: NDArray[np.int64], shares: NDArray[np.float32]) -> str:
    mixed_with = np.flatnonzero(shares)
    names = [data.class_names[label] for label in data.train.labels[places[mixed_with]]]
    parts = [f"{share:.0%} {name}" for share, name in zip(shares[mixed_with], names, strict=True)]
    return " + ".join(parts) if len(parts) > 1 else f"{parts[0]}: it drew itself"
