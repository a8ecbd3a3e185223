"""What is computed for a single image: heat maps for classes, and the most similar training images."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.heat import default_cam_layer
from cnn_core.render.overlay import overlay_heat
from pages.parts.evaluate.cards import Figure, make_figure
from pages.shared import state
from pages.shared.features import nearest_training_images, used_training_split
from pages.shared.pictures import to_thumbnail
from pages.shared.subject import BY_RUN, LoadedRun, locked_model, run_normaliser


@st.cache_data(max_entries=512, show_spinner=False, hash_funcs=BY_RUN)
def compute_heat_map(
    subject: LoadedRun, epoch: int, image: NDArray[np.uint8], target: int, layer: str
) -> NDArray[np.float32]:
    """Compute Grad-CAM (h, w) of one stored image uint8 (C, H, W) for class `target` at `layer`."""
    from torch import from_numpy

    from cnn_core.insight import grad_cam

    ready = run_normaliser(subject)(from_numpy(image[np.newaxis]))[0].numpy()
    with locked_model(subject, epoch) as model:
        return grad_cam(model, ready, target, layer)


def heat_map_figures(
    subject: LoadedRun,
    epoch: int,
    image: NDArray[np.uint8],
    classes: list[tuple[str, int]],
    *,
    title: str,
    layer: str | None = None,
    side: int = 96,
) -> tuple[Figure, ...]:
    """Return the image and a heat map for each (role, class) of `classes`; only the image where no layer suits."""
    names = state.load_dataset(subject.dataset_name).class_names
    found = [make_figure(to_thumbnail(image, side), "the image", title)]
    layer = layer or default_cam_layer(subject.spec)
    if layer is None:
        return tuple(found)
    for role, target in classes:
        heat = compute_heat_map(subject, epoch, image, target, layer)
        what = f"{role}, {names[target]}"
        if not np.isfinite(heat).all():
            found.append(
                make_figure(to_thumbnail(image, side), f"{what}: not finite", f"No Grad-CAM for {what}: not finite")
            )
            continue
        empty = not heat.any()
        caption = f"{what}: all zero" if empty else what
        alt = f"Grad-CAM at {layer} for {what}{': all zeros, nothing here speaks for it' if empty else ''}"
        found.append(make_figure(overlay_heat(image, heat, side), caption, alt))
    return tuple(found)


def nearest_training_figures(
    subject: LoadedRun, epoch: int, images: NDArray[np.uint8], count: int
) -> tuple[list[tuple[Figure, ...]], str]:
    """Return for each image the most similar training images, and a sentence that says how they were found.

    Raises ValueError when the network has no features to compare.
    """
    names, train = state.load_dataset(subject.dataset_name).class_names, used_training_split(subject)
    places, cosines, sentence = nearest_training_images(subject, epoch, images, count)

    def neighbour_figure(place: int, cosine: float) -> Figure:
        name = names[train.labels[place]]
        alt = f"Training image {place}, class {name}, cosine {cosine:.2f}"
        return make_figure(to_thumbnail(train.images[place], 64), f"{name} · {cosine:.2f}", alt)

    rows = zip(places, cosines, strict=True)
    return [tuple(neighbour_figure(int(p), float(c)) for p, c in zip(*row, strict=True)) for row in rows], sentence
