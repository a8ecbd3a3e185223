"""What each augmentation does to an image, on the Data page."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.datasets import Dataset
from cnn_core.training import augmentation
from cnn_core.training.augmentation import AUGMENTATIONS, LABELS
from cnn_core.words import capitalize_first
from pages.shared import state
from pages.shared.controls import choose_option, show_note
from pages.shared.pictures import show_captioned_images, show_grid, to_thumbnail

DRAW_COUNT = 6
IMAGE_SIDE = 96
MIXUP_BATCH_SIZE = 8
USUAL_AUGMENTATIONS = ("crop", "flip")
MIXUP = "mixup"


def show_augmentations(name: str) -> None:
    """Show one image beside six random versions of it by the chosen augmentations."""
    data = state.load_dataset(name)
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
    kind = choose_option("Show", ("One by one", "Together", "Mixup"), "One by one", "data_aug")
    if kind == "One by one":
        _show_one_by_one(name, place, seed)
    elif kind == "Together":
        _show_combination(name, place, seed)
    else:
        _show_mixup(data, place, seed)


def _show_one_by_one(name: str, place: int, seed: int) -> None:
    for key in AUGMENTATIONS:
        _show_heading(LABELS[key])
        show_note(f"{_to_sentence(augmentation.DESCRIPTIONS[key])}")
        _show_draws(name, place, (key,), seed)


def _show_heading(text: str) -> None:
    st.markdown(f"##### {text}")


def _to_sentence(text: str) -> str:
    return f"{capitalize_first(text)}."


def _show_combination(name: str, place: int, seed: int) -> None:
    picked = st.pills(
        "Augmentations",
        list(AUGMENTATIONS),
        selection_mode="multi",
        default=list(USUAL_AUGMENTATIONS),
        format_func=LABELS.__getitem__,
        key="data_augmentations",
        bind="query-params",
    )
    names = tuple(key for key in AUGMENTATIONS if key in (picked or ()))
    if names:
        show_note(f"One after the other: {', then '.join(LABELS[key].lower() for key in names)}.")
    else:
        show_note("Nothing is switched on: every draw is the image itself.")
    _show_draws(name, place, names, seed)


def _show_draws(name: str, place: int, names: tuple[str, ...], seed: int) -> None:
    pictures = [state.load_dataset(name).train.images[place], *draw_augmented(name, place, names, seed)]
    labels = ["the image", *(str(n + 1) for n in range(DRAW_COUNT))]
    changes = " and ".join(LABELS[key].lower() for key in names) or "nothing"
    alt = f"The image and {DRAW_COUNT} draws of it, changed by: {changes}"
    rgb = np.stack([to_thumbnail(picture, IMAGE_SIDE) for picture in pictures])
    show_grid(rgb, labels, IMAGE_SIDE, len(labels), alt=alt)


@st.cache_data(max_entries=64, show_spinner="Starting PyTorch …")
def draw_augmented(name: str, place: int, names: tuple[str, ...], seed: int) -> NDArray[np.uint8]:
    """Return six random versions (6, C, H, W) of the training image at `place`."""
    import torch

    images = torch.from_numpy(state.load_dataset(name).train.images[[place] * DRAW_COUNT])
    augmented_images = augmentation.augment_images(images, names, torch.Generator().manual_seed(seed))
    return np.asarray(augmented_images.round().clamp(0, 255).to(torch.uint8))


def _show_mixup(data: Dataset, place: int, seed: int) -> None:
    show_note(
        f"{_to_sentence(augmentation.DESCRIPTIONS[MIXUP])} The shares are drawn anew for each pair; here with "
        "alpha 1, so that all shares are equally likely. Training uses "
        f"{augmentation.MIXUP_ALPHA:g}, with which most pairs are nearly one of the two."
    )
    pictures, captions = mixup_pictures(data.name, place, seed)
    show_captioned_images(pictures, list(captions))


@st.cache_data(max_entries=32, show_spinner="Starting PyTorch …")
def mixup_pictures(name: str, place: int, seed: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return an image and six mixtures of it with others, and a caption for each with its classes and their shares."""
    import torch

    data = state.load_dataset(name)
    draws, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    pictures, captions = [data.train.images[place]], [f"{data.class_names[data.train.labels[place]]}, the image"]
    for _ in range(DRAW_COUNT):
        batch = np.array([place, *draws.integers(len(data.train), size=MIXUP_BATCH_SIZE - 1)])
        # one-hot over the pictures of the batch: the shares then say which two were mixed
        blended, shares = augmentation.apply_mixup(
            torch.from_numpy(data.train.images[batch]), torch.eye(MIXUP_BATCH_SIZE), generator, alpha=1.0
        )
        pictures.append(np.asarray(blended[0].round().to(torch.uint8)))
        captions.append(_describe_shares(data, batch, np.asarray(shares[0])))
    return np.stack(pictures), tuple(captions)


def _describe_shares(data: Dataset, places: NDArray[np.int64], shares: NDArray[np.float32]) -> str:
    mixed_with = np.flatnonzero(shares)
    names = [data.class_names[label] for label in data.train.labels[places[mixed_with]]]
    parts = [f"{share:.0%} {name}" for share, name in zip(shares[mixed_with], names, strict=True)]
    return " + ".join(parts) if len(parts) > 1 else f"{parts[0]}: it drew itself"
