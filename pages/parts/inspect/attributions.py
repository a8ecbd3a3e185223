"""Attributions: which pixels speak for a class and which against it, by five methods, and whether to believe them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.heat import cam_layers, default_cam_layer
from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.render.overlay import overlay_signed_values
from cnn_core.render.tiles import enlarge
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choose_option, show_note
from pages.shared.problems import show_problem
from pages.shared.subject import (
    BY_RUN,
    NO_CONVOLUTION,
    LoadedRun,
    compute_probabilities,
    locked_model,
    run_normaliser,
)

if TYPE_CHECKING:
    from torch import nn

GRADIENT = "Gradient"
GRADIENT_TIMES_INPUT = "Gradient × input"
INTEGRATED = "Integrated gradients"
OCCLUSION = "Occlusion"
CAM = "Grad-CAM"
METHODS = (GRADIENT, GRADIENT_TIMES_INPUT, INTEGRATED, OCCLUSION, CAM)
BLACK = "black"
MEAN_COLOUR = "mean colour"
NOISE = "noise"
BASELINES = (BLACK, MEAN_COLOUR, NOISE)
"""What stands for no picture at all."""
PREDICTED_CLASS = "what the network says"
OTHER_CLASS = "the true class, or the runner-up"
MAX_SQUARES = 2500
"""Squares that occlusion hides one after the other: seconds for the networks of the courses."""
PICTURE_SIDE = 288
"""Pixels: two maps for each of two classes fit side by side on a laptop."""
ZERO_REASONS = {
    CAM: "added up with their weights, this layer's maps are positive nowhere: nothing in it speaks for the class",
    OCCLUSION: "whatever square is hidden, the score stays the same",
}
"""Why a map can be zero everywhere; for the others, no gradient gets through."""


@dataclass(frozen=True)
class Method:
    """How to explain: the method's name and, where it has them, its settings."""

    name: str
    layer: str = ""
    baseline: str = BLACK
    steps: int = 50
    window: int = 1
    stride: int = 1


@st.fragment
def show_attributions(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show the maps of two classes on one scale, then the same method on a network whose weights are random."""
    try:
        method = _choose_method(subject)
        if method is not None:
            _show_both_classes(subject, epoch, picture, method)
    except ValueError as problem:
        show_problem(problem)
    lesson.show_section("inspect", "How to read attributions")


def _show_both_classes(subject: LoadedRun, epoch: int, picture: Picture, method: Method) -> None:
    names = state.load_dataset(subject.dataset_name).class_names
    probabilities = compute_probabilities(subject, epoch, picture.image)
    targets = _choose_targets(names, probabilities, picture.label)
    opacity = (
        st.slider("Colour over the picture, %", 0, 100, 80, 5, key="inspect_why_opacity", bind="query-params") / 100
    )
    maps = [compute_attribution(subject, epoch, picture.image, method, target) for target in targets]
    if not all(np.isfinite(found).all() for found in maps):
        st.error("The map holds values that are infinite or not a number: choose an earlier checkpoint.")
        return
    limit = symmetric_limit(np.stack(maps))
    for column, target, found in zip(st.columns(2, gap="large"), targets, maps, strict=True):
        with column:
            _show_map(picture, method, f"{names[target]}, {probabilities[target]:.1%}", found, limit, opacity)
    show_note(f"Both on one scale, −{limit:.3g} … +{limit:.3g}: blue speaks for the class, red against it, white is 0.")
    if method.name == INTEGRATED:
        _show_completeness(subject, epoch, picture, method, targets[0], float(maps[0].sum()))
    st.subheader("Does it explain what was learned?", anchor=False)
    _show_sanity_check(subject, epoch, picture, method, targets[0], names[targets[0]], maps[0])


def _choose_method(subject: LoadedRun) -> Method | None:
    """The method and its settings; None, with a sentence on the screen, when the network has no layer for it."""
    name = choose_option("Method", METHODS, METHODS[0], "inspect_why_method")
    height, width = subject.spec.input_shape[1:]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if name == CAM:
            return _choose_cam_layer(subject)
        if name not in (INTEGRATED, OCCLUSION):
            return Method(name)
        baseline = choose_option(
            "Nothing is", BASELINES, BLACK, "inspect_why_baseline", "What stands for no picture at all."
        )
        if name == INTEGRATED:
            steps = st.slider(
                "Steps from nothing to the picture", 5, 200, 50, key="inspect_why_steps", bind="query-params"
            )
            return Method(name, baseline=baseline, steps=steps)
        most = min(height, width)
        usual = max(1, most // 6)
        window = int(
            st.number_input("Window", 1, most, usual, key="inspect_why_window", bind="query-params", width=130)
        )
        stride = int(
            st.number_input("Stride", 1, most, max(1, usual // 2), key="inspect_why_stride", bind="query-params")
        )
    if stride > window:
        raise ValueError(f"Stride is {stride}: it must be at most the window, {window}, or pixels would be left out.")
    squares = -(-(height - window + stride) // stride) * -(-(width - window + stride) // stride)
    if squares > MAX_SQUARES:
        raise ValueError(f"This hides {squares:,} squares one after the other: a larger stride gives at most 2,500.")
    return Method(name, baseline=baseline, window=window, stride=stride)


def _choose_cam_layer(subject: LoadedRun) -> Method | None:
    layers = cam_layers(subject.spec)
    usual = default_cam_layer(subject.spec)
    if usual is None:
        st.info(f"{NO_CONVOLUTION} The other methods work.")
        return None
    if st.session_state.get("inspect_why_cam_layer", usual) not in layers:
        st.session_state.inspect_why_cam_layer = usual
    key = "inspect_why_cam_layer"
    return Method(CAM, st.selectbox("Layer", layers, layers.index(usual), key=key, bind="query-params", width=220))


def _choose_targets(names: tuple[str, ...], probabilities: NDArray[np.float64], label: int | None) -> tuple[int, int]:
    """The two classes that are explained; at first the answer, and the true class or the runner-up."""
    order = np.argsort(-probabilities, kind="stable")
    predicted = int(order[0])
    other = label if label is not None and label != predicted else int(order[min(1, len(order) - 1)])
    left, right = st.columns(2, gap="large")
    first = left.selectbox("Class", [PREDICTED_CLASS, *names], key="inspect_why_class", bind="query-params")
    second = right.selectbox("Beside it", [OTHER_CLASS, *names], key="inspect_why_other", bind="query-params")
    return (
        predicted if first == PREDICTED_CLASS else names.index(first),
        other if second == OTHER_CLASS else names.index(second),
    )


def _show_map(
    picture: Picture, method: Method, what: str, values: NDArray[np.float32], limit: float, opacity: float
) -> None:
    """One class: its map over the picture and alone, or that it is zero and why."""
    st.markdown(f"**{what}**")
    if not values.any():
        why = ZERO_REASONS.get(
            method.name, "on every way from the picture to this score some ReLU is off, so no gradient arrives"
        )
        st.info(f"All zero, and that is a finding: {why}.")
        return
    over, alone = st.columns(2)
    over.image(
        overlay_signed_values(picture.image, values, limit, opacity, PICTURE_SIDE),
        alt=f"{method.name} for {what}, over the picture",
    )
    zoom = max(1, PICTURE_SIDE // max(values.shape))
    alone.image(enlarge(diverging_rgb(values, limit)[np.newaxis], zoom)[0], alt=f"{method.name} for {what}, alone")


def _show_completeness(
    subject: LoadedRun, epoch: int, picture: Picture, method: Method, target: int, map_sum: float
) -> None:
    """What the map adds up to, and what it should add up to."""
    here, nothing = _logit_pair(subject, epoch, picture.image, method.baseline, target)
    error = abs(map_sum - (here - nothing))
    advice = "" if error <= 0.05 * max(abs(here - nothing), 1e-6) else " More steps bring them together."
    st.markdown(
        f"All values add up to **{map_sum:.3f}**. The logit is {here:.3f} for the picture and {nothing:.3f} for "
        f"nothing: {here:.3f} − {nothing:.3f} = **{here - nothing:.3f}**. Nothing is lost on the way.".replace(
            "− -", "+ "
        )
        if not advice
        else f"All values add up to **{map_sum:.3f}**, and should to {here - nothing:.3f}.{advice}"
    )


def _show_sanity_check(
    subject: LoadedRun,
    epoch: int,
    picture: Picture,
    method: Method,
    target: int,
    name: str,
    trained_map: NDArray[np.float32],
) -> None:
    """The same method on the network whose last layers have random weights."""
    from cnn_core.insight.randomised import compare_maps, layers_with_weights

    with locked_model(subject, epoch) as model:
        layers = layers_with_weights(model)
    count = st.slider(
        "Last layers that forget what they learned",
        1,
        max(2, len(layers)),
        len(layers),
        key="inspect_why_forget",
        bind="query-params",
        help="They get new random weights, from the last layer backwards: Adebayo et al. 2018.",
    )
    count = min(count, len(layers))
    randomised_map = compute_attribution(subject, epoch, picture.image, method, target, count)
    pictures = (("as trained", trained_map), (f"without {_describe_forgotten(layers, count)}", randomised_map))
    for column, (what, values) in zip(st.columns(2, gap="large"), pictures, strict=True):
        if not np.isfinite(values).all():
            column.info("Not a number anywhere: nothing to compare.")
            return
        rgb = overlay_signed_values(picture.image, values, symmetric_limit(values), 0.9, PICTURE_SIDE)
        column.image(rgb, alt=f"{method.name} for {name}, {what}", width=PICTURE_SIDE)
        column.markdown(f"{what.capitalize()}, scale ±{symmetric_limit(values):.3g}")
    similarity = compare_maps(trained_map, randomised_map)
    if similarity.rank_correlation is None:
        st.markdown("One of the two maps is constant: there is nothing to rank.")
        return
    st.markdown(
        f"Rank correlation **{similarity.rank_correlation:.2f}** (Spearman, of magnitudes), SSIM "
        f"**{similarity.ssim:.2f}**; 1 is the same map. " + _rank_verdict(similarity.rank_correlation)
    )


def _describe_forgotten(layers: tuple[str, ...], count: int) -> str:
    if count == len(layers):
        return "all it learned"
    return f"what {layers[-count]} and later layers learned" if count > 1 else f"what {layers[-1]} learned"


def _rank_verdict(rank: float) -> str:
    if rank < 0.3:
        return "The map changes with the weights: here, it tells of what the network learned."
    if rank < 0.6:
        return "Part of the map comes from the picture and the form of the network, whatever was learned."
    return "The map hardly changes though the network forgot: it shows the picture more than what was learned."


@st.cache_data(max_entries=256, show_spinner="Asking the network …", hash_funcs=BY_RUN)
def compute_attribution(
    subject: LoadedRun, epoch: int, image: NDArray[np.uint8], method: Method, target: int, random_layers: int = 0
) -> NDArray[np.float32]:
    """Compute the map (h, w) of one stored image uint8 (C, H, W), summed over its channels.

    The weights of the last `random_layers` layers are random.
    """
    from cnn_core.insight.randomised import randomise_last_layers

    with locked_model(subject, epoch) as model:
        network = randomise_last_layers(model, random_layers, 0) if random_layers else model
        return _apply_method(network, image, method, target, subject)


def _apply_method(
    model: "nn.Module", image: NDArray[np.uint8], method: Method, target: int, subject: LoadedRun
) -> NDArray[np.float32]:
    """The map of the method, summed over channels: (h, w)."""
    from cnn_core.insight import attribution, grad_cam

    ready = _prepare_image(subject, image)
    if method.name == CAM:
        return grad_cam(model, ready, target, method.layer)
    if method.name == GRADIENT:
        return attribution.input_gradient(model, ready, target).sum(0)
    if method.name == GRADIENT_TIMES_INPUT:
        return attribution.gradient_times_input(model, ready, target).sum(0)
    nothing = _baseline_image(subject, image, method.baseline)
    if method.name == INTEGRATED:
        return attribution.integrated_gradients(model, ready, target, nothing, steps=method.steps).sum(0)
    return attribution.occlusion_map(model, ready, target, nothing, window=method.window, stride=method.stride)[0]


def _prepare_image(subject: LoadedRun, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A stored image normalised as in training."""
    from torch import from_numpy

    ready: NDArray[np.float32] = run_normaliser(subject)(from_numpy(image[np.newaxis]))[0].numpy()
    return ready


def _baseline_image(subject: LoadedRun, image: NDArray[np.uint8], baseline: str) -> NDArray[np.float32]:
    """What stands for no picture: black, each channel's mean over the training images, or noise (always the same)."""
    if baseline == NOISE:
        noise = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
        return _prepare_image(subject, noise)
    black = _prepare_image(subject, np.zeros_like(image))
    return black if baseline == BLACK else np.zeros_like(black)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def _logit_pair(
    subject: LoadedRun, epoch: int, image: NDArray[np.uint8], baseline: str, target: int
) -> tuple[float, float]:
    """The logit for the picture and for nothing."""
    from cnn_core.insight.attribution import class_logit

    with locked_model(subject, epoch) as model:
        return class_logit(model, _prepare_image(subject, image), target), class_logit(
            model, _baseline_image(subject, image, baseline), target
        )
