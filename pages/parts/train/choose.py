"""What to train: the images, and a network that fits them."""

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn_core.datasets import DESCRIPTIONS, Dataset
from cnn_core.networks import DESCRIPTIONS as NETWORKS
from cnn_core.networks import NetworkSpec, for_data
from cnn_core.networks.variants import with_batch_norm, with_dropout
from cnn_core.render.tiles import image_rgb, tile_grid
from pages.shared import dataset_choice as data_choice
from pages.shared import state
from pages.shared.controls import note
from pages.shared.design import DESIGN, DESIGNED
from pages.shared.site import page
from pages.shared.state import fitting

SHORT_KINDS = {
    "Conv2d": "conv",
    "MaxPool2d": "pool",
    "AvgPool2d": "pool",
    "AdaptiveAvgPool2d": "mean",
    "Residual": "sum",
    "Linear": "linear",
}
MOST_STOPS = 9
# Above this many parameters a run on a CPU takes minutes an epoch: offered, but said.
HEAVY = 5_000_000
MOST_SHOWN = 20
"""Classes in the strip of examples: more would be specks."""


def choose_data(key: str = "train_dataset") -> Dataset:
    """The data set, with a strip of its pictures and its size. Stops the page when it cannot be read."""
    names = data_choice.trainable()
    titles = data_choice.titles(names)
    name = st.selectbox("Data set", names, key=key, bind="query-params", format_func=titles.__getitem__)
    data_choice.keep_in_link(name)
    try:
        data = state.dataset(name)
    except ValueError as problem:  # its files were damaged or deleted since
        st.error(str(problem))
        st.stop()
    st.image(examples(name), width="stretch", alt=f"Two images of each class of {titles[name]}")
    said = DESCRIPTIONS.get(name, titles[name])
    classes = f" Classes: {', '.join(data.class_names)}." if len(data.class_names) <= MOST_SHOWN else ""
    note(f"{said[:1].upper()}{said[1:]}.{'' if data.class_names[0].isdigit() else classes}")
    look = data_choice.link_to(name, "data_set")
    st.page_link(page("data"), label="More data, and a closer look", icon=":material/photo_library:", query_params=look)
    return data


@st.cache_data(max_entries=8, show_spinner=False)
def examples(name: str) -> np.ndarray:
    """The first two training images of every class, a class a column."""
    data = state.dataset(name)
    shown = range(min(MOST_SHOWN, len(data.class_names)))
    columns = [np.resize(np.flatnonzero(data.train.labels == k), 2) for k in shown if (data.train.labels == k).any()]
    images = np.stack([image_rgb(image) for image in data.train.images[np.array(columns).T.ravel()]])
    zoom = max(1, 64 // images.shape[1])
    return tile_grid(images, columns=len(columns), zoom=zoom)


def choose_network(data: Dataset) -> tuple[NetworkSpec, str, int]:
    """A network for the images, how it begins (TrainConfig's `pretrained`), and to which side images are resized."""
    side, begins = resizing()
    channels, height, width = data.input_shape
    shape = (3 if begins and channels == 1 else channels, side or height, side or width)
    networks = fitting(shape, len(data.class_names))
    design = None if begins else designed(shape, len(data.class_names))
    networks = {**({DESIGN: design} if design else {}), **networks}
    if begins:
        from cnn_core.training.pretrained import ARCHITECTURES  # needs torch

        networks = {name: spec for name, spec in networks.items() if name in ARCHITECTURES}
    name = st.selectbox("Network", list(networks), key="train_network", bind="query-params")
    spec = changed(networks[name], begins)
    heavy = " Slow without a GPU." if spec.total_parameters > HEAVY else ""
    note(f"{NETWORKS.get(name, 'Made in the Designer.')} **{spec.total_parameters:,} parameters**.{heavy}")
    note(one_line(spec))
    return spec, begins, side


BEGINNINGS = {"Anew": "", "ImageNet, last layer learns": "frozen", "ImageNet, all learns": "fine-tuned"}


def resizing() -> tuple[int, str]:
    """The side images are resized to (0: as they are), and whether the network begins with weights of ImageNet."""
    hint = "ResNet-18 and ResNet-34 can begin with what they learned from 1.3 million photographs."
    begins = st.selectbox("Weights begin", list(BEGINNINGS), help=hint, key="train_begins", bind="query-params")
    if not BEGINNINGS[begins]:
        return 0, ""
    note("The weights are taken from this computer, or downloaded once: 45 or 83 MB. Images are resized for them.")
    side = st.number_input("Resize images to", 32, 256, 64, 32, key="train_resize", bind="query-params")
    return int(side), BEGINNINGS[begins]


def changed(spec: NetworkSpec, begins: str) -> NetworkSpec:
    """The network with dropout and batch norm where they are wished for."""
    if begins:
        return spec
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = st.number_input(
            "Dropout", 0.0, 0.9, 0.0, 0.1, key="train_dropout", bind="query-params", format="%g", width=120,
            help="This share of the inputs of each fully connected layer is left out at each step.",
        )  # fmt: skip
        norm = st.toggle(
            "Batch norm", False, key="train_norm", bind="query-params",
            help="After every convolution: each channel of a batch is brought to mean 0 and deviation 1.",
        )  # fmt: skip
    try:
        wished = with_batch_norm(spec) if norm else spec
        wished = with_dropout(wished, share) if share else wished
    except ValueError as problem:
        st.error(str(problem))
        return spec
    marks = (" + batch norm" if norm else "") + (f" + dropout {share:g}" if share else "")
    return replace(wished, name=(spec.name + marks)[:80])


def designed(shape: tuple[int, int, int], classes: int) -> NetworkSpec | None:
    """The network that came from the Designer, for these images and classes; None where there is none that fits."""
    text = st.session_state.get(DESIGNED)
    if not text:
        return None
    try:
        return for_data(NetworkSpec.from_json(text), shape, classes)
    except ValueError as problem:
        st.warning(f"The network of the Designer does not fit these images. {problem}")
        return None


def one_line(spec: NetworkSpec) -> str:
    """The network from image to classes, through the layers that change its shape; long ones without their middle."""
    layers = [(SHORT_KINDS[row.kind], row.output_shape) for row in spec.summary() if row.kind in SHORT_KINDS]
    stops = [f"{kind} {_size(shape)}" for kind, shape in [("image", spec.input_shape), *layers]]
    if len(stops) > MOST_STOPS:
        left_out = len(stops) - MOST_STOPS + 1
        stops[MOST_STOPS // 2 : MOST_STOPS // 2 + left_out] = [f"… {left_out} more …"]
    return " → ".join(stops)


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
