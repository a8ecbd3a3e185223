"""The choice of what to train: a data set, and a network that fits its images."""

from dataclasses import replace

import numpy as np
import streamlit as st

from cnn_core.datasets import DESCRIPTIONS, Dataset
from cnn_core.networks import DESCRIPTIONS as NETWORKS
from cnn_core.networks import NetworkSpec, adapt_to_data
from cnn_core.networks.variants import with_batch_norm, with_dropout
from cnn_core.render.tiles import image_rgb, tile_grid
from cnn_core.words import capitalize_first, format_shape
from pages.shared import dataset_choice, state
from pages.shared.controls import show_note
from pages.shared.design import DESIGN_KEY, DESIGN_TITLE
from pages.shared.problems import show_problem
from pages.shared.site import get_page
from pages.shared.state import fitting_presets

SHORT_KINDS = {
    "Conv2d": "conv",
    "MaxPool2d": "pool",
    "AvgPool2d": "pool",
    "AdaptiveAvgPool2d": "mean",
    "Residual": "sum",
    "Linear": "linear",
}
"""The layers that change the shape of the data, as they are called in the summary line."""
MAX_STAGES = 9
"""Stages in the summary line of a network: about what fits on two lines."""
SLOW_PARAMETERS = 5_000_000
"""Above this many parameters, a run on a CPU takes minutes per epoch: it is offered with a warning."""
MAX_SHOWN_CLASSES = 20
"""Classes in the strip of examples: more would be specks."""


def choose_data(key: str = "train_dataset") -> Dataset:
    """Choose a data set; shows some of its images. Stops the page when it cannot be read."""
    names = dataset_choice.trainable_names()
    titles = dataset_choice.unique_titles(names)
    name = st.selectbox("Data set", names, key=key, bind="query-params", format_func=titles.__getitem__)
    dataset_choice.keep_dataset_in_link(name)
    try:
        data = state.load_dataset(name)
    except ValueError as problem:  # its files were damaged or deleted since
        show_problem(problem)
        st.stop()
    st.image(example_strip(name), width="stretch", alt=f"Two images of each class of {titles[name]}")
    description = DESCRIPTIONS.get(name, titles[name])
    classes = f" Classes: {', '.join(data.class_names)}." if len(data.class_names) <= MAX_SHOWN_CLASSES else ""
    show_note(f"{capitalize_first(description)}.{'' if data.class_names[0].isdigit() else classes}")
    data_link = dataset_choice.link_parameters(name, "data_set")
    st.page_link(
        get_page("data"), label="More data, and a closer look", icon=":material/photo_library:", query_params=data_link
    )
    return data


@st.cache_data(max_entries=8, show_spinner=False)
def example_strip(name: str) -> np.ndarray:
    """Return the first two training images of every class, with a column for each class."""
    data = state.load_dataset(name)
    shown = range(min(MAX_SHOWN_CLASSES, len(data.class_names)))
    columns = [np.resize(np.flatnonzero(data.train.labels == k), 2) for k in shown if (data.train.labels == k).any()]
    images = np.stack([image_rgb(image) for image in data.train.images[np.array(columns).T.ravel()]])
    zoom = max(1, 64 // images.shape[1])
    return tile_grid(images, columns=len(columns), zoom=zoom)


def choose_network(data: Dataset) -> tuple[NetworkSpec, str, int]:
    """Choose a network for the images; returns it, TrainConfig's `pretrained`, and the side images are resized to."""
    side, pretrained = choose_start_weights()
    channels, height, width = data.input_shape
    shape = (3 if pretrained and channels == 1 else channels, side or height, side or width)
    networks = fitting_presets(shape, len(data.class_names))
    design = None if pretrained else designed_network(shape, len(data.class_names))
    networks = {**({DESIGN_TITLE: design} if design else {}), **networks}
    if pretrained:
        from cnn_core.training.pretrained import ARCHITECTURES  # needs torch

        networks = {name: spec for name, spec in networks.items() if name in ARCHITECTURES}
    name = st.selectbox("Network", list(networks), key="train_network", bind="query-params")
    spec = choose_extra_layers(networks[name], pretrained)
    heavy = " Slow without a GPU." if spec.total_parameters > SLOW_PARAMETERS else ""
    show_note(f"{NETWORKS.get(name, 'Made in the Designer.')} **{spec.total_parameters:,} parameters**.{heavy}")
    show_note(summarise_network(spec))
    return spec, pretrained, side


START_WEIGHTS = {"Anew": "", "ImageNet, last layer learns": "frozen", "ImageNet, all learns": "fine-tuned"}


def choose_start_weights() -> tuple[int, str]:
    """Choose the first weights; returns TrainConfig's `resize` (0: images stay as they are) and `pretrained`."""
    hint = "ResNet-18 and ResNet-34 can begin with what they learned from 1.3 million photographs."
    begins = st.selectbox("Weights begin", list(START_WEIGHTS), help=hint, key="train_begins", bind="query-params")
    if not START_WEIGHTS[begins]:
        return 0, ""
    show_note("The weights are taken from this computer, or downloaded once: 45 or 83 MB. Images are resized for them.")
    side = st.number_input("Resize images to", 32, 256, 64, 32, key="train_resize", bind="query-params")
    return int(side), START_WEIGHTS[begins]


def choose_extra_layers(spec: NetworkSpec, pretrained: str) -> NetworkSpec:
    """Return the network with dropout and batch norm added where the learner wants them."""
    if pretrained:
        return spec
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = st.number_input(
            "Dropout",
            0.0,
            0.9,
            0.0,
            0.1,
            key="train_dropout",
            bind="query-params",
            format="%g",
            width=120,
            help="At each step, this share of the inputs of each fully connected layer is set to 0.",
        )
        norm = st.toggle(
            "Batch norm",
            False,
            key="train_norm",
            bind="query-params",
            help="After every convolution, each channel of a batch is scaled to mean 0 and standard deviation 1.",
        )
    try:
        extended = with_batch_norm(spec) if norm else spec
        extended = with_dropout(extended, share) if share else extended
    except ValueError as problem:
        show_problem(problem)
        return spec
    marks = (" + batch norm" if norm else "") + (f" + dropout {share:g}" if share else "")
    return replace(extended, name=(spec.name + marks)[:80])


def designed_network(shape: tuple[int, int, int], classes: int) -> NetworkSpec | None:
    """Return the network from the Designer for these images and classes; None where there is none that fits."""
    text = st.session_state.get(DESIGN_KEY)
    if not text:
        return None
    try:
        return adapt_to_data(NetworkSpec.from_json(text), shape, classes)
    except ValueError as problem:
        st.warning(f"The network of the Designer does not fit these images. {problem}")
        return None


def summarise_network(spec: NetworkSpec) -> str:
    """Return the shapes from image to classes in one line, without the middle of a long network."""
    layers = [(SHORT_KINDS[row.kind], row.output_shape) for row in spec.summary() if row.kind in SHORT_KINDS]
    stages = [f"{kind} {format_shape(shape)}" for kind, shape in [("image", spec.input_shape), *layers]]
    if len(stages) > MAX_STAGES:
        left_out = len(stages) - MAX_STAGES + 1
        stages[MAX_STAGES // 2 : MAX_STAGES // 2 + left_out] = [f"… {left_out} more …"]
    return " → ".join(stages)
