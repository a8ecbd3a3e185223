"""How a network came to be: filters, maps, confusion matrix and one picture's answer at a checkpoint, side by side."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import confusion_matrix
from cnn_core.insight import FilterLayer, filter_layers
from cnn_core.render.tiles import filter_tiles, signed_tiles
from pages.components.heartbeat import heartbeat
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.charts import probability_chart
from pages.shared.confusion_chart import confusion_chart
from pages.shared.controls import note
from pages.shared.pictures import COLUMNS, grid, scale_caption
from pages.shared.subject import Subject, borrowed, maps_of, probabilities_of, weights
from pages.shared.theme import ink

TILE, SHOWN = 48, 32
JUDGED = 2000
"""At most so many validation images are judged at every checkpoint."""
FRAME_S = 1.2
PLAYING = "inspect_playing"


def development(subject: Subject, epoch: int, picture: Picture) -> None:
    """The four at the checkpoint of the slider; played, at one checkpoint after the other."""
    layers = list(maps_of(subject, epoch, picture.image))
    layer = layers[0] if layers else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if layers:
            if st.session_state.get("inspect_development_layer", layer) not in layers:
                st.session_state.inspect_development_layer = layer
            layer = st.selectbox(
                "Feature maps of", layers, key="inspect_development_layer", bind="query-params", width=220
            )
        playing = st.session_state.get(PLAYING) is not None
        if len(subject.epochs) > 1:
            label, icon = ("Stop", ":material/stop:") if playing else ("Play from the start", ":material/play_arrow:")
            st.button(label, icon=icon, key="inspect_play", on_click=_start, args=(not playing,))
    _panels(subject, epoch, picture, layer)
    lesson.show("inspect", "How a network develops")


def _start(play: bool) -> None:
    st.session_state[PLAYING] = 0 if play else None


@st.fragment
def _panels(subject: Subject, epoch: int, picture: Picture, layer: str | None) -> None:
    place = st.session_state.get(PLAYING)
    if place is not None:
        if place >= len(subject.epochs):
            st.session_state[PLAYING] = None
            st.rerun()
        epoch = subject.epochs[place]
        st.session_state[PLAYING] = place + 1
    where = f"after epoch {epoch}" if epoch else "untrained"
    st.subheader(f"The network {where}", anchor=False)
    left, right = st.columns(2, gap="large")
    try:
        with left:
            _filters(filter_layers(subject.spec, weights(subject.run_id, epoch)))
            _maps(subject, epoch, picture, layer)
            _answer(subject, epoch, picture)
        with right:
            _matrix(subject, epoch)
        if place is not None:
            heartbeat(FRAME_S, key="inspect_development_beat")
    except ValueError as problem:  # here, as a fragment passes nothing on to the page
        st.error(f"This checkpoint cannot be shown: {problem}")


def _filters(layers: dict[str, FilterLayer]) -> None:
    if not layers:
        st.info("This network has no filters that can be seen as pictures.")
        return
    layer = next(iter(layers.values()))
    tiles = filter_tiles(layer.weights)
    count = min(len(tiles.rgb), SHOWN)
    st.markdown(f"**{'Templates' if layer.kind == 'Linear' else 'Filters'} of {layer.name}**")
    labels = [f"{i + 1}" for i in range(count)]
    grid(tiles.rgb[:count], labels, TILE, COLUMNS, alt=f"Filters of {layer.name}: {count} pictures")
    real = len(tiles.rgb) == len(layer.weights) and layer.weights.shape[1] == 3
    scale_caption(tiles.limits, len(tiles.rgb), count, "pictures", real_colour=real)


def _maps(subject: Subject, epoch: int, picture: Picture, layer: str | None) -> None:
    if layer is None:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    found = maps_of(subject, epoch, picture.image)[layer]
    tiles = signed_tiles(found[:SHOWN])
    st.markdown(f"**Feature maps of {layer}**")
    labels = [f"{i + 1}" for i in range(len(tiles.rgb))]
    grid(tiles.rgb, labels, TILE, COLUMNS, alt=f"{len(labels)} feature maps of {layer}")
    scale_caption(tiles.limits, len(found), len(labels), "maps")


def _answer(subject: Subject, epoch: int, picture: Picture) -> None:
    names = state.dataset(subject.dataset).class_names
    probabilities = probabilities_of(subject, epoch, picture.image)
    said = names[int(probabilities.argmax())]
    st.markdown(f"**{picture.title}**: the network says **{said}** ({probabilities.max():.1%})")
    chart = probability_chart(probabilities, names, picture.label, ink=ink())
    st.altair_chart(chart, key="inspect_development_answer", alt=f"Probabilities of each class, highest for {said}")


def _matrix(subject: Subject, epoch: int) -> None:
    """The confusion matrix of validation images: the test set is for the last word and chooses nothing."""
    data = state.dataset(subject.dataset)
    if not len(data.val):
        st.info("This data set has no validation images, so there is no confusion matrix to follow.")
        return
    matrix = _confused(subject.run_id, epoch, subject)
    if matrix is None:
        st.warning("The answers of this checkpoint are no longer numbers: the training diverged.")
        return
    total = int(matrix.sum())
    some = f"the first {total:,} of {len(data.val):,}" if total < len(data.val) else f"all {total:,}"
    st.markdown(f"**Validation images**: {np.trace(matrix) / total:.1%} right")
    chart = confusion_chart(matrix, data.class_names, ink=ink())
    st.altair_chart(
        chart,
        key="inspect_development_matrix",
        alt="Confusion matrix of validation images, rows true, columns predicted",
    )
    note(
        f"Rows true, columns predicted; {some} validation images. A checkpoint is chosen by these; the test images "
        "stay unseen until *Evaluate*."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _confused(run_id: str, epoch: int, _subject: Subject) -> NDArray[np.int64] | None:
    """The confusion matrix of a checkpoint over validation images; None when its answers are no numbers."""
    from cnn_core.training.inference import predict_logits

    data = state.dataset(_subject.dataset)
    with borrowed(_subject, epoch) as model:
        logits = predict_logits(model, data.val.images[:JUDGED], data, _subject.config)
    if not np.isfinite(logits).all():
        return None
    return confusion_matrix(data.val.labels[:JUDGED], logits.argmax(axis=1), len(data.class_names))
