"""What the Data page shows of a data set: samples, numbers, and maps of its images."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.datasets import Split, explore, normalisation, splitting
from cnn_core.render.tiles import image_rgb, tile_grid
from pages.components.thumbnails import data_url
from pages.parts.data import charts
from pages.shared import state
from pages.shared.controls import choice, note
from pages.shared.image_map_charts import MOST_COLOURED, legend_chart, map_rows, pair_charts, scatter_chart
from pages.shared.pictures import SIDE, SPLITS, page_of, small

A_ROW = 8
CLASSES_A_PAGE = 20
PAIR_COLUMNS = 4


def samples(name: str) -> None:
    """Some images of every class, drawn with a seed."""
    data = state.dataset(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = choice("Split", tuple(SPLITS), "Train", "data_split")
        seed = st.number_input("Seed", 0, 9999, 0, key="data_seed", bind="query-params", width=120)
        st.button("Draw others", icon=":material/casino:", key="data_redraw", on_click=_redraw)
        classes = page_of("Classes", list(data.class_names), CLASSES_A_PAGE, "data_classes")
    split: Split = getattr(data, SPLITS[part])
    for column, some in zip(st.columns(2, gap="large"), (classes[::2], classes[1::2]), strict=True):
        with column:
            for label in some:
                _row(split, data.class_names.index(label), label, int(seed))


def _row(split: Split, label: int, called: str, seed: int) -> None:
    places = explore.drawn_places(split, label, A_ROW, seed)
    count = int((split.labels == label).sum())
    st.markdown(f"**{called}** :small[· {count:,} images]")
    if not len(places):
        note("No image of this class in this split.")
        return
    rgb = np.stack([small(image, SIDE) for image in split.images[places]])
    st.image(
        tile_grid(rgb, columns=A_ROW),
        width="content",
        output_format="PNG",
        alt=f"{len(places)} images of the class {called}",
    )


def _redraw() -> None:
    st.session_state.data_seed = (int(st.session_state.data_seed) + 1) % 10_000


@st.cache_data(max_entries=16, show_spinner="Counting and averaging …")
def numbers_of(name: str) -> tuple[NDArray[np.int64], NDArray[np.uint8], list[tuple[str, float, float]]]:
    """Counts (3, classes), mean image of each class, and of each channel its name, mean and deviation."""
    data = state.dataset(name)
    mean, deviation = normalisation(data)
    channels = ("red", "green", "blue") if len(mean) == 3 else ("grey",)
    rows = [(channel, float(m), float(d)) for channel, m, d in zip(channels, mean, deviation, strict=True)]
    return explore.class_counts(data), explore.mean_images(data.train, len(data.class_names)), rows


def numbers(name: str) -> None:
    """Sizes and balance of the splits, the channels' statistics, and every class's mean image."""
    data = state.dataset(name)
    counts, means, channels = numbers_of(name)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Splits", anchor=False)
        total = counts.sum()
        table = pd.DataFrame(
            {
                "Split": list(SPLITS),
                "Images": [f"{int(n):,}" for n in counts.sum(axis=1)],
                "Share": [f"{n / total:.0%}" for n in counts.sum(axis=1)],
                "What for": ["to learn from", "to choose settings by", "to report, once"],
            }
        )
        st.table(table.set_index("Split"))
        note(splitting(name))
        st.subheader("Channels", anchor=False)
        st.table(pd.DataFrame(
            [(c, f"{m:.1f}", f"{d:.1f}", f"{m / 255:.4f}", f"{d / 255:.4f}") for c, m, d in channels],
            columns=["Channel", "Mean", "Deviation", "Mean, 0 … 1", "Deviation, 0 … 1"],
        ).set_index("Channel"))  # fmt: skip
        note(
            "On the scale 0 … 255, over every pixel of the train split alone: validation and test must not leak into "
            "what is learned. Training subtracts the mean and divides by the deviation, channel by channel."
        )
    with right:
        st.subheader("Class balance", anchor=False)
        st.altair_chart(
            charts.balance_chart(counts, data.class_names), width="stretch", key="data_balance", alt=_balance(counts)
        )
    st.subheader("The mean image of each class", anchor=False)
    note("Where they look alike, colour and place alone do not tell the classes apart: shapes must be learned.")
    with st.container(horizontal=True, gap="small"):
        for mean_image, label in zip(means, data.class_names, strict=True):
            with st.container(width=104, gap="xsmall"):
                st.image(small(mean_image, 96), width=104, output_format="PNG", alt=f"Mean image of {label}")
                note(label)


def _balance(counts: NDArray[np.int64]) -> str:
    train = counts[0]
    return f"Share of each class in each split; in train from {train.min():,} to {train.max():,} images a class"


@st.cache_data(max_entries=16, show_spinner=False)
def points_of(name: str, seed: int) -> tuple[NDArray[np.int64], list[str]]:
    """Places of at most 600 training images, and their pictures as data: URLs."""
    split = state.dataset(name).train
    places = explore.some_places(split, seed)
    return places, [data_url(Image.fromarray(small(image, SIDE))) for image in split.images[places]]


@st.cache_data(max_entries=16, show_spinner=False)
def components_of(name: str, seed: int) -> explore.Components:
    """The first components of these images."""
    return explore.principal_components(state.dataset(name).train.images[points_of(name, seed)[0]], PAIR_COLUMNS)


@st.cache_data(max_entries=16, show_spinner="Arranging the images (t-SNE) …")
def tsne_of(name: str, seed: int, perplexity: float) -> NDArray[np.float64]:
    """Where t-SNE puts these images."""
    return explore.neighbour_map(state.dataset(name).train.images[points_of(name, seed)[0]], seed, perplexity)


def maps(name: str) -> None:
    """Up to 600 training images as points: by components, pair by pair, or by t-SNE."""
    data = state.dataset(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choice("Map", ("PCA", "t-SNE", "Pairs"), "PCA", "data_map")
        seed = int(st.number_input("Seed", 0, 9999, 0, key="data_map_seed", bind="query-params", width=120))
        marked = ""
        if len(data.class_names) > MOST_COLOURED:
            marked = st.selectbox("Class to see", data.class_names, key="data_marked", bind="query-params", width=220)
        if kind == "t-SNE":
            perplexity = st.slider("Perplexity", 2, 50, 30, key="data_perplexity", bind="query-params", width=220)
        measured = kind == "Pairs" and choice("Of what", ("Measures", "Components"), "Measures", "data_pairs")
    if kind == "PCA":
        _pca(name, seed, marked)
    elif kind == "t-SNE":
        _tsne(name, seed, marked, perplexity)
    else:
        _pairs(name, seed, marked, measured == "Measures")
    count = min(explore.MOST_POINTS, len(data.train))
    note(f"{count:,} of {len(data.train):,} training images, drawn with the seed.")


def _rows(name: str, seed: int, marked: str, columns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    data, (places, pictures) = state.dataset(name), points_of(name, seed)
    classes = [data.class_names[label] for label in data.train.labels[places]]
    return map_rows(columns, classes, places.tolist(), pictures, marked)


def _scatter(name: str, rows: pd.DataFrame, x: str, y: str, marked: str, alt: str, *, axes: bool = True) -> None:
    chart = scatter_chart(rows, x, y, state.dataset(name).class_names, marked, axes=axes)
    st.altair_chart(chart, width="stretch", key="data_scatter", alt=alt)
    note("Point at a dot, or tap it, to see its picture. A click on a class in the legend brings it out.")


def _pca(name: str, seed: int, marked: str) -> None:
    found = components_of(name, seed)
    titles = [f"component {n + 1}" for n in range(len(found.shares))]
    if len(titles) < 2:
        st.info("These images differ too little for two components.")
        return
    rows = _rows(name, seed, marked, dict(zip(titles, found.scores.T, strict=True)))
    _scatter(name, rows, titles[0], titles[1], marked, "Training images over the first two principal components")
    shares = ", ".join(f"{share:.0%}" for share in found.shares)
    st.markdown(
        f"Each component is a picture; an image's place says how much of it there is. The first {len(titles)} explain "
        f"{shares} of all the variance between images."
    )
    grid = tile_grid(_directions(found), columns=PAIR_COLUMNS, zoom=max(1, 96 // found.directions.shape[2]))
    st.image(grid, width="content", output_format="PNG", alt="The first components as pictures, grey is 0")


def _directions(found: explore.Components) -> NDArray[np.uint8]:
    limits = np.abs(found.directions).max(axis=(1, 2, 3), keepdims=True)
    pictures = np.rint(127.5 * (1 + found.directions / np.maximum(limits, 1e-12))).astype(np.uint8)
    return np.stack([image_rgb(picture) for picture in pictures])


def _tsne(name: str, seed: int, marked: str, perplexity: float) -> None:
    try:
        places = tsne_of(name, seed, perplexity)
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    rows = _rows(name, seed, marked, {"first": places[:, 0], "second": places[:, 1]})
    alt = "Training images arranged by t-SNE, alike ones close together"
    _scatter(name, rows, "first", "second", marked, alt, axes=False)
    note("Only who lies next to whom means something here: axes, distances between groups and their sizes do not.")


def _pairs(name: str, seed: int, marked: str, measured: bool) -> None:
    data: Any = state.dataset(name)
    if measured:
        columns = explore.measures(data.train.images[points_of(name, seed)[0]])
        note(
            "Brightness is the mean of all pixels, contrast their deviation, edges the mean step between neighbours; "
            "warmth is red minus blue. If a class stands apart here, a single number gives it away."
        )
    else:
        found = components_of(name, seed)
        columns = {f"component {n + 1}": scores for n, scores in enumerate(found.scores.T)}
    rows = _rows(name, seed, marked, columns).drop(columns="image")
    pairs = pair_charts(rows, list(columns), data.class_names, marked)
    legend = legend_chart(data.class_names, marked)
    st.altair_chart(legend, width="stretch", key="data_legend", alt="The colour of each class")
    with st.container(horizontal=True):
        for number, chart in enumerate(pairs):
            with st.container(width=290):
                st.altair_chart(chart, width="stretch", key=f"data_pair_{number}", alt="Two measures of each image")
