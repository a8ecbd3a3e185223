"""A map of images: those that the network finds alike lie close together; its mistakes are marked."""

from dataclasses import dataclass

import altair as alt
import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.datasets import explore
from pages.components.common.data_url import encode_data_url
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choose_option, show_note
from pages.shared.features import compute_features
from pages.shared.image_map_charts import MAX_COLOURED_CLASSES, map_rows, scatter_chart
from pages.shared.palette import GREY
from pages.shared.pictures import SPLITS, THUMBNAIL_SIDE, to_thumbnail
from pages.shared.problems import show_problem
from pages.shared.subject import BY_RUN, LoadedRun, locked_model

PCA = "PCA"
TSNE = "t-SNE"
RIGHT = "right"
WRONG = "wrong"


@dataclass(frozen=True, eq=False)
class MappedImages:
    """Images on the map: places in the split, `features` (N, D), what these are, predicted classes, and pictures."""

    places: NDArray[np.intp]
    features: NDArray[np.float32]
    feature_words: str
    predicted: NDArray[np.intp]
    pictures: tuple[str, ...]


@st.fragment
def show_embedding(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show images of a split by the network's last features in two dimensions; the present picture is named."""
    data = state.load_dataset(subject.dataset_name)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = choose_option("Map by", (PCA, TSNE), PCA, "inspect_map")
        part = SPLITS[choose_option("Split", tuple(SPLITS), "Test", "inspect_map_split")]
        seed = int(st.number_input("Seed", 0, 9999, 0, key="inspect_map_seed", bind="query-params", width=120))
        marked = ""
        if len(data.class_names) > MAX_COLOURED_CLASSES:
            marked = st.selectbox(
                "Class to see", data.class_names, key="inspect_map_class", bind="query-params", width=220
            )
        perplexity = 30
        if kind == TSNE:
            perplexity = st.slider("Perplexity", 2, 50, 30, key="inspect_perplexity", bind="query-params", width=220)
    try:
        mapped = _mapped_images(subject, epoch, part, seed)
        spots, axes = _map_positions(subject, epoch, part, seed, kind, perplexity)
    except ValueError as problem:
        show_problem(problem, "There is no map of images.")
        return
    labels = getattr(data, part).labels[mapped.places]
    _show_scatter(
        mapped,
        spots,
        axes,
        [data.class_names[k] for k in labels],
        data.class_names,
        marked,
        wrong=mapped.predicted != labels,
    )
    total, mistakes = len(getattr(data, part)), int((mapped.predicted != labels).sum())
    show_note(
        f"{len(labels):,} of {total:,} {part.replace('val', 'validation')} images, drawn with the seed; a cross marks "
        f"each of the {mistakes:,} that the network takes wrongly. They lie by {mapped.feature_words}."
    )
    if picture.test_index is not None and part == "test" and picture.test_index in mapped.places:
        show_note(f"The picture above is the dot with the number {picture.test_index}.")
    lesson.show_section("inspect", "How to read the map of images")


def _show_scatter(
    mapped: MappedImages,
    spots: NDArray[np.float64],
    axes: tuple[str, str],
    classes: list[str],
    names: tuple[str, ...],
    marked: str,
    *,
    wrong: NDArray[np.bool_],
) -> None:
    columns = {axes[0]: spots[:, 0], axes[1]: spots[:, 1]}
    rows = map_rows(columns, classes, mapped.places.tolist(), list(mapped.pictures), marked)
    rows["answer"] = np.where(wrong, WRONG, RIGHT)
    rows["taken for"] = [names[k] for k in mapped.predicted]
    shape = alt.Shape(
        "answer:N",
        scale=alt.Scale(domain=[RIGHT, WRONG], range=["circle", "cross"]),
        legend=alt.Legend(orient="top", title=None, symbolFillColor=GREY),
    )
    size = alt.condition(f"datum.answer === '{WRONG}'", alt.value(150), alt.value(45))
    # the first must be called "image": Vega shows it as a picture
    tooltip = [
        *(alt.Tooltip(f"{name}:N") for name in ("image", "class", "taken for")),
        alt.Tooltip("number:Q", title="image"),
    ]
    chart = scatter_chart(rows, *axes, names, marked, axes=axes[0] != "first")
    chart = chart.encode(shape=shape, size=size, tooltip=tooltip).properties(height=560)
    alt_text = f"{len(rows)} images by the network's last features, {int(wrong.sum())} of them taken wrongly"
    st.altair_chart(chart, width="stretch", key="inspect_scatter", alt=alt_text)
    show_note("Point at a dot, or tap it, to see its picture. A click on a class in the legend brings it out.")


@st.cache_resource(max_entries=8, show_spinner="Running the network on the images …", hash_funcs=BY_RUN)
def _mapped_images(subject: LoadedRun, epoch: int, part: str, seed: int) -> MappedImages:
    """At most 600 images of the split, with their features. They are shared: only read them."""
    from cnn_core.training.inference import predict_logits

    data = state.load_dataset(subject.dataset_name)
    split = getattr(data, part)
    places = explore.sample_indices(split, seed)
    images = split.images[places]
    features, what = compute_features(subject, epoch, images)
    with locked_model(subject, epoch) as model:
        predicted = predict_logits(model, images, data, subject.config).argmax(axis=1)
    pictures = tuple(encode_data_url(Image.fromarray(to_thumbnail(image, THUMBNAIL_SIDE))) for image in images)
    return MappedImages(places, features, what, predicted, pictures)


@st.cache_data(max_entries=16, show_spinner="Arranging the images …", hash_funcs=BY_RUN)
def _map_positions(
    subject: LoadedRun, epoch: int, part: str, seed: int, kind: str, perplexity: int
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Where each image lies (N, 2), and what the axes are called."""
    features = _mapped_images(subject, epoch, part, seed).features
    if kind == TSNE:
        return explore.row_map(features, seed, perplexity), ("first", "second")
    found = explore.row_components(features, 2)
    if found.scores.shape[1] < 2:
        raise ValueError("These features have a single value each, and a map needs two.")
    one, two = (f"component {n}, {share:.0%} of the variance" for n, share in enumerate(found.shares, 1))
    return found.scores, (one, two)
