"""What is computed for a single image: heat maps for classes, and the training images most like it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.heat import cam_layer
from cnn_core.render.overlay import overlay
from pages.parts.evaluate.cards import Figure, figure
from pages.shared import state
from pages.shared.features import learned_from, nearest_training
from pages.shared.pictures import small
from pages.shared.subject import Subject, borrowed


def heat_of(subject: Subject, epoch: int, image: NDArray[np.uint8], target: int, layer: str) -> NDArray[np.float32]:
    """Grad-CAM (h, w) of one stored image uint8 (C, H, W) for class `target` at `layer`."""
    return _heat(subject.run_id, epoch, image, target, layer, subject)


@st.cache_data(max_entries=512, show_spinner=False)
def _heat(
    run_id: str, epoch: int, image: NDArray[np.uint8], target: int, layer: str, _subject: Subject
) -> NDArray[np.float32]:
    import torch

    from cnn_core.insight.class_activation import grad_cam
    from cnn_core.training.inference import normaliser

    ready = normaliser(state.dataset(_subject.dataset), torch.device("cpu"), _subject.config)
    with borrowed(_subject, epoch) as model:
        return grad_cam(model, ready(torch.from_numpy(image[np.newaxis]))[0].numpy(), target, layer)


def pictures_of(
    subject: Subject,
    epoch: int,
    image: NDArray[np.uint8],
    wanted: list[tuple[str, int]],
    *,
    title: str,
    layer: str | None = None,
    side: int = 96,
) -> tuple[Figure, ...]:
    """The image itself, and a heat map for each (role, class) of `wanted`; only the image where there is no layer."""
    names = state.dataset(subject.dataset).class_names
    found = [figure(small(image, side), "the image", title)]
    layer = layer or cam_layer(subject.spec)
    if layer is None:
        return tuple(found)
    for role, target in wanted:
        heat = heat_of(subject, epoch, image, target, layer)
        what = f"{role}, {names[target]}"
        if not np.isfinite(heat).all():
            found.append(figure(small(image, side), f"{what}: no numbers", f"No Grad-CAM for {what}: not finite"))
            continue
        empty = not heat.any()
        caption = f"{what}: all zero" if empty else what
        alt = f"Grad-CAM at {layer} for {what}{': all zeros, nothing here speaks for it' if empty else ''}"
        found.append(figure(overlay(image, heat, side), caption, alt))
    return tuple(found)


def likes_of(
    subject: Subject, epoch: int, images: NDArray[np.uint8], count: int
) -> tuple[list[tuple[Figure, ...]], str]:
    """For each image the training images most like it, and a sentence that says how they were found.

    Raises ValueError when the network has no features to compare.
    """
    names, train = state.dataset(subject.dataset).class_names, learned_from(subject)
    places, cosines, said = nearest_training(subject, epoch, images, count)

    def one(place: int, cosine: float) -> Figure:
        name = names[train.labels[place]]
        alt = f"Training image {place}, class {name}, cosine {cosine:.2f}"
        return figure(small(train.images[place], 64), f"{name} · {cosine:.2f}", alt)

    rows = zip(places, cosines, strict=True)
    return [tuple(one(int(p), float(c)) for p, c in zip(*row, strict=True)) for row in rows], said
