"""How a network came to be: filters, maps, confusion matrix and one picture's answer at a checkpoint, side by side."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import confusion_matrix
from cnn_core.insight import FilterLayer, filter_layers
from cnn_core.render.tiles import filter_tiles, signed_tiles
from pages.components.heartbeat import schedule_rerun
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.charts import probability_chart
from pages.shared.confusion_chart import confusion_chart
from pages.shared.controls import show_note
from pages.shared.pictures import COLUMNS, show_grid, show_scale
from pages.shared.problems import show_problem
from pages.shared.subject import (
    BY_RUN,
    LoadedRun,
    compute_feature_maps,
    compute_probabilities,
    load_weights,
    locked_model,
)
from pages.shared.theme import text_colour

TILE_SIDE = 48
"""Pixels of a filter or a feature map: eight in a row fill half a laptop's screen."""
MAX_TILES = 32
"""Filters or maps at a time: four rows."""
MAX_JUDGED_IMAGES = 2000
"""Validation images that are judged at every checkpoint, at most, so that playing does not stutter."""
FRAME_SECONDS = 1.2
"""Each checkpoint stays on the screen long enough to be looked at."""
PLAYING_KEY = "inspect_playing"


def show_development(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show the four views at the chosen checkpoint; while playing, at one checkpoint after another."""
    layers = list(compute_feature_maps(subject, epoch, picture.image))
    layer = layers[0] if layers else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if layers:
            if st.session_state.get("inspect_development_layer", layer) not in layers:
                st.session_state.inspect_development_layer = layer
            layer = st.selectbox(
                "Feature maps of", layers, key="inspect_development_layer", bind="query-params", width=220
            )
        playing = st.session_state.get(PLAYING_KEY) is not None
        if len(subject.epochs) > 1:
            label, icon = ("Stop", ":material/stop:") if playing else ("Play from the start", ":material/play_arrow:")
            st.button(label, icon=icon, key="inspect_play", on_click=_toggle_playing, args=(not playing,))
    _show_panels(subject, epoch, picture, layer)
    lesson.show_section("inspect", "How a network develops")


def _toggle_playing(playing: bool) -> None:
    st.session_state[PLAYING_KEY] = 0 if playing else None


@st.fragment
def _show_panels(subject: LoadedRun, epoch: int, picture: Picture, layer: str | None) -> None:
    place = st.session_state.get(PLAYING_KEY)
    if place is not None:
        if place >= len(subject.epochs):
            st.session_state[PLAYING_KEY] = None
            st.rerun()
        epoch = subject.epochs[place]
        st.session_state[PLAYING_KEY] = place + 1
    where = f"after epoch {epoch}" if epoch else "untrained"
    st.subheader(f"The network {where}", anchor=False)
    left, right = st.columns(2, gap="large")
    try:
        with left:
            _show_filters(filter_layers(subject.spec, load_weights(subject.run_id, epoch)))
            _show_feature_maps(subject, epoch, picture, layer)
            _show_answer(subject, epoch, picture)
        with right:
            _show_matrix(subject, epoch)
        if place is not None:
            schedule_rerun(FRAME_SECONDS, key="inspect_development_beat")
    except ValueError as problem:  # here, as a fragment passes nothing on to the page
        show_problem(problem, "This checkpoint cannot be shown.")


def _show_filters(layers: dict[str, FilterLayer]) -> None:
    if not layers:
        st.info("This network has no filters that can be seen as pictures.")
        return
    layer = next(iter(layers.values()))
    tiles = filter_tiles(layer.weights)
    count = min(len(tiles.rgb), MAX_TILES)
    st.markdown(f"**{'Templates' if layer.kind == 'Linear' else 'Filters'} of {layer.name}**")
    labels = [f"{i + 1}" for i in range(count)]
    show_grid(tiles.rgb[:count], labels, TILE_SIDE, COLUMNS, alt=f"Filters of {layer.name}: {count} pictures")
    real = len(tiles.rgb) == len(layer.weights) and layer.weights.shape[1] == 3
    show_scale(tiles.limits, len(tiles.rgb), count, "pictures", real_colour=real)


def _show_feature_maps(subject: LoadedRun, epoch: int, picture: Picture, layer: str | None) -> None:
    if layer is None:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    feature_maps = compute_feature_maps(subject, epoch, picture.image)[layer]
    tiles = signed_tiles(feature_maps[:MAX_TILES])
    st.markdown(f"**Feature maps of {layer}**")
    labels = [f"{i + 1}" for i in range(len(tiles.rgb))]
    show_grid(tiles.rgb, labels, TILE_SIDE, COLUMNS, alt=f"{len(labels)} feature maps of {layer}")
    show_scale(tiles.limits, len(feature_maps), len(labels), "maps")


def _show_answer(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    names = state.load_dataset(subject.dataset_name).class_names
    probabilities = compute_probabilities(subject, epoch, picture.image)
    predicted = names[int(probabilities.argmax())]
    st.markdown(f"**{picture.title}**: the network says **{predicted}** ({probabilities.max():.1%})")
    chart = probability_chart(probabilities, names, picture.label, text_colour=text_colour())
    st.altair_chart(
        chart, key="inspect_development_answer", alt=f"Probabilities of each class, highest for {predicted}"
    )


def _show_matrix(subject: LoadedRun, epoch: int) -> None:
    """The confusion matrix of validation images: the test set chooses nothing."""
    data = state.load_dataset(subject.dataset_name)
    if not len(data.val):
        st.info("This data set has no validation images, so there is no confusion matrix to follow.")
        return
    matrix = _validation_matrix(subject, epoch)
    if matrix is None:
        st.warning("The answers of this checkpoint are no longer numbers: the training diverged.")
        return
    total = int(matrix.sum())
    images_text = f"the first {total:,} of {len(data.val):,}" if total < len(data.val) else f"all {total:,}"
    st.markdown(f"**Validation images**: {np.trace(matrix) / total:.1%} right")
    chart = confusion_chart(matrix, data.class_names, ink=text_colour())
    st.altair_chart(
        chart,
        key="inspect_development_matrix",
        alt="Confusion matrix of validation images, rows true, columns predicted",
    )
    show_note(
        f"Rows true, columns predicted; {images_text} validation images. A checkpoint is chosen by these; the test "
        "images stay unseen until *Evaluate*."
    )


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs=BY_RUN)
def _validation_matrix(subject: LoadedRun, epoch: int) -> NDArray[np.int64] | None:
    """The confusion matrix of a checkpoint over validation images; None when its answers are not numbers."""
    from cnn_core.training.inference import predict_logits

    data = state.load_dataset(subject.dataset_name)
    with locked_model(subject, epoch) as model:
        logits = predict_logits(model, data.val.images[:MAX_JUDGED_IMAGES], data, subject.config)
    if not np.isfinite(logits).all():
        return None
    return confusion_matrix(data.val.labels[:MAX_JUDGED_IMAGES], logits.argmax(axis=1), len(data.class_names))
