"""What the Data page shows of a data set: samples, numbers, and maps of its images."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.datasets import Split, channel_statistics, describe_splitting, explore
from cnn_core.render.tiles import image_rgb, tile_grid
from pages.components.common.data_url import encode_data_url
from pages.parts.data import charts
from pages.shared import state
from pages.shared.controls import choose_option, show_note
from pages.shared.image_map_charts import MAX_COLOURED_CLASSES, legend_chart, map_rows, pair_charts, scatter_chart
from pages.shared.pictures import SPLITS, THUMBNAIL_SIDE, choose_page, to_thumbnail
from pages.shared.problems import show_problem

IMAGES_PER_ROW = 8
CLASSES_PER_PAGE = 20
"""Two columns of ten."""
PAIR_COLUMNS = 4
"""Components that are drawn against each other: six pairs."""


def show_samples(name: str) -> None:
    """Show some images of every class, drawn with a seed."""
    data = state.load_dataset(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = choose_option("Split", tuple(SPLITS), "Train", "data_split")
        seed = st.number_input("Seed", 0, 9999, 0, key="data_seed", bind="query-params", width=120)
        st.button("Draw others", icon=":material/casino:", key="data_redraw", on_click=_advance_seed)
        classes = choose_page("Classes", list(data.class_names), CLASSES_PER_PAGE, "data_classes")
    split: Split = getattr(data, SPLITS[part])
    for column, some in zip(st.columns(2, gap="large"), (classes[::2], classes[1::2]), strict=True):
        with column:
            for label in some:
                _show_class_row(split, data.class_names.index(label), label, int(seed))


def _show_class_row(split: Split, label: int, class_name: str, seed: int) -> None:
    places = explore.draw_indices(split, label, IMAGES_PER_ROW, seed)
    count = int((split.labels == label).sum())
    st.markdown(f"**{class_name}** :small[· {count:,} images]")
    if not len(places):
        show_note("No image of this class in this split.")
        return
    rgb = np.stack([to_thumbnail(image, THUMBNAIL_SIDE) for image in split.images[places]])
    st.image(
        tile_grid(rgb, columns=IMAGES_PER_ROW),
        width="content",
        output_format="PNG",
        alt=f"{len(places)} images of the class {class_name}",
    )


def _advance_seed() -> None:
    st.session_state.data_seed = (int(st.session_state.data_seed) + 1) % 10_000


@st.cache_data(max_entries=16, show_spinner="Counting and averaging …")
def dataset_statistics(name: str) -> tuple[NDArray[np.int64], NDArray[np.uint8], list[tuple[str, float, float]]]:
    """Return counts (3, classes), mean images by class, and each channel's name, mean and deviation."""
    data = state.load_dataset(name)
    mean, deviation = channel_statistics(data)
    channels = ("red", "green", "blue") if len(mean) == 3 else ("grey",)
    rows = [(channel, float(m), float(d)) for channel, m, d in zip(channels, mean, deviation, strict=True)]
    return explore.class_counts(data), explore.mean_images(data.train, len(data.class_names)), rows


def show_statistics(name: str) -> None:
    """Show the sizes and balance of the splits, the channels' statistics, and every class's mean image."""
    data = state.load_dataset(name)
    counts, means, channels = dataset_statistics(name)
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
        show_note(describe_splitting(name))
        st.subheader("Channels", anchor=False)
        columns = ["Channel", "Mean", "Deviation", "Mean, 0 … 1", "Deviation, 0 … 1"]
        rows = [(c, f"{m:.1f}", f"{d:.1f}", f"{m / 255:.4f}", f"{d / 255:.4f}") for c, m, d in channels]
        st.table(pd.DataFrame(rows, columns=columns).set_index("Channel"))
        show_note(
            "On the scale 0 … 255, over every pixel of the train split alone: validation and test must not leak into "
            "what is learned. Training subtracts the mean and divides by the deviation, channel by channel."
        )
    with right:
        st.subheader("Class balance", anchor=False)
        st.altair_chart(
            charts.balance_chart(counts, data.class_names),
            width="stretch",
            key="data_balance",
            alt=_balance_alt_text(counts),
        )
    st.subheader("The mean image of each class", anchor=False)
    show_note("Where they look alike, colour and place alone do not tell the classes apart: shapes must be learned.")
    with st.container(horizontal=True, gap="small"):
        for mean_image, label in zip(means, data.class_names, strict=True):
            with st.container(width=104, gap="xsmall"):
                st.image(to_thumbnail(mean_image, 96), width=104, output_format="PNG", alt=f"Mean image of {label}")
                show_note(label)


def _balance_alt_text(counts: NDArray[np.int64]) -> str:
    train = counts[0]
    return f"Share of each class in each split; in train from {train.min():,} to {train.max():,} images a class"


@st.cache_data(max_entries=16, show_spinner=False)
def sample_pictures(name: str, seed: int) -> tuple[NDArray[np.int64], list[str]]:
    """Draw at most 600 training images: their places, and their pictures as data: URLs."""
    split = state.load_dataset(name).train
    places = explore.sample_indices(split, seed)
    return places, [
        encode_data_url(Image.fromarray(to_thumbnail(image, THUMBNAIL_SIDE))) for image in split.images[places]
    ]


@st.cache_data(max_entries=16, show_spinner=False)
def sample_components(name: str, seed: int) -> explore.Components:
    """Compute the first principal components of these images."""
    return explore.principal_components(
        state.load_dataset(name).train.images[sample_pictures(name, seed)[0]], PAIR_COLUMNS
    )


@st.cache_data(max_entries=16, show_spinner="Arranging the images (t-SNE) …")
def tsne_positions(name: str, seed: int, perplexity: float) -> NDArray[np.float64]:
    """Compute where t-SNE places these images, (N, 2)."""
    return explore.neighbour_map(
        state.load_dataset(name).train.images[sample_pictures(name, seed)[0]], seed, perplexity
    )


def show_maps(name: str) -> None:
    """Show up to 600 training images as points: by components, pair by pair, or by t-SNE."""
    data = state.load_dataset(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choose_option("Map", ("PCA", "t-SNE", "Pairs"), "PCA", "data_map")
        seed = int(st.number_input("Seed", 0, 9999, 0, key="data_map_seed", bind="query-params", width=120))
        marked = ""
        if len(data.class_names) > MAX_COLOURED_CLASSES:
            marked = st.selectbox("Class to see", data.class_names, key="data_marked", bind="query-params", width=220)
        if kind == "t-SNE":
            perplexity = st.slider("Perplexity", 2, 50, 30, key="data_perplexity", bind="query-params", width=220)
        measured = kind == "Pairs" and choose_option("Of what", ("Measures", "Components"), "Measures", "data_pairs")
    if kind == "PCA":
        _show_pca(name, seed, marked)
    elif kind == "t-SNE":
        _show_tsne(name, seed, marked, perplexity)
    else:
        _show_pairs(name, seed, marked, measured == "Measures")
    count = min(explore.MAX_POINTS, len(data.train))
    show_note(f"{count:,} of {len(data.train):,} training images, drawn with the seed.")


def _sample_rows(name: str, seed: int, marked: str, columns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    data, (places, pictures) = state.load_dataset(name), sample_pictures(name, seed)
    classes = [data.class_names[label] for label in data.train.labels[places]]
    return map_rows(columns, classes, places.tolist(), pictures, marked)


def _show_scatter(name: str, rows: pd.DataFrame, x: str, y: str, marked: str, alt: str, *, axes: bool = True) -> None:
    chart = scatter_chart(rows, x, y, state.load_dataset(name).class_names, marked, axes=axes)
    st.altair_chart(chart, width="stretch", key="data_scatter", alt=alt)
    show_note("Point at a dot, or tap it, to see its picture. A click on a class in the legend brings it out.")


def _show_pca(name: str, seed: int, marked: str) -> None:
    components = sample_components(name, seed)
    titles = [f"component {n + 1}" for n in range(len(components.shares))]
    if len(titles) < 2:
        st.info("These images differ too little for two components.")
        return
    rows = _sample_rows(name, seed, marked, dict(zip(titles, components.scores.T, strict=True)))
    _show_scatter(name, rows, titles[0], titles[1], marked, "Training images over the first two principal components")
    shares = ", ".join(f"{share:.0%}" for share in components.shares)
    st.markdown(
        f"Each component is a picture; an image's place says how much of it there is. The first {len(titles)} explain "
        f"{shares} of all the variance between images."
    )
    grid = tile_grid(
        _component_pictures(components), columns=PAIR_COLUMNS, zoom=max(1, 96 // components.directions.shape[2])
    )
    st.image(grid, width="content", output_format="PNG", alt="The first components as pictures, grey is 0")


def _component_pictures(components: explore.Components) -> NDArray[np.uint8]:
    limits = np.abs(components.directions).max(axis=(1, 2, 3), keepdims=True)
    pictures = np.rint(127.5 * (1 + components.directions / np.maximum(limits, 1e-12))).astype(np.uint8)
    return np.stack([image_rgb(picture) for picture in pictures])


def _show_tsne(name: str, seed: int, marked: str, perplexity: float) -> None:
    try:
        places = tsne_positions(name, seed, perplexity)
    except ValueError as problem:
        show_problem(problem)
        return
    rows = _sample_rows(name, seed, marked, {"first": places[:, 0], "second": places[:, 1]})
    alt = "Training images arranged by t-SNE, alike ones close together"
    _show_scatter(name, rows, "first", "second", marked, alt, axes=False)
    show_note("Only who lies next to whom means something here: axes, distances between groups and their sizes do not.")


def _show_pairs(name: str, seed: int, marked: str, measured: bool) -> None:
    data: Any = state.load_dataset(name)
    if measured:
        columns = explore.measure_images(data.train.images[sample_pictures(name, seed)[0]])
        show_note(
            "Brightness is the mean of all pixels, contrast their deviation, edges the mean step between neighbours; "
            "warmth is red minus blue. If a class stands apart here, a single number gives it away."
        )
    else:
        components = sample_components(name, seed)
        columns = {f"component {n + 1}": scores for n, scores in enumerate(components.scores.T)}
    rows = _sample_rows(name, seed, marked, columns).drop(columns="image")
    pairs = pair_charts(rows, list(columns), data.class_names, marked)
    legend = legend_chart(data.class_names, marked)
    st.altair_chart(legend, width="stretch", key="data_legend", alt="The colour of each class")
    with st.container(horizontal=True):
        for number, chart in enumerate(pairs):
            with st.container(width=290):
                st.altair_chart(chart, width="stretch", key=f"data_pair_{number}", alt="Two measures of each image")
