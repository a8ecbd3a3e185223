"""Inspect: the filters of a trained network, and what every layer makes of one image."""

import streamlit as st
from scipy.special import softmax

from cnn_core.insight import filter_tiles, first_layer, signed_tiles, tile_labels
from pages.shared import insight_view as view
from pages.shared import lesson, state
from pages.shared.charts import probability_chart
from pages.shared.insight_view import Subject
from pages.shared.site import ensure_router, header

TILE, BIG_TILE = 64, 112
CHANNELS = ("as one colour", "each by itself")
SCALES = ("same for all", "each by itself")
FILTERS_SHOWN, MAPS_SHOWN, LAYERS_SHOWN = 96, 32, 8


def show_filters(subject: Subject, epoch: int) -> None:
    """The first layer's filters as a grid, with the choice of scale beside it."""
    layer = first_layer(subject.spec, view.weights(subject.run_id, epoch))
    if layer is None:
        st.info("This network does not begin with a convolution: it has no filters that can be seen as pictures.")
        return
    templates = layer.kind == "Linear"
    what = "Templates" if templates else "Filters"
    st.subheader(f"{what} of the first layer, {layer.name}", anchor=False)
    channels = layer.weights.shape[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        each = view.switch("Scale of the filters", SCALES, "inspect_filter_scale") == SCALES[1]
        colour = channels == 3 and view.switch("Three channels", CHANNELS, "inspect_channels") == CHANNELS[0]
    tiles = filter_tiles(layer.weights, per_filter=each, colour=colour)
    count, shown = len(tiles.rgb), min(len(tiles.rgb), FILTERS_SHOWN)
    split = count > len(layer.weights)
    single = templates and len(subject.spec.layers) == 2
    labels = tile_labels(layer, by_channel=split, names=state.dataset(subject.dataset).class_names if single else ())
    columns = channels * max(1, view.COLUMNS // channels) if split else view.COLUMNS
    view.grid(tiles.rgb[:shown], labels[:shown], BIG_TILE, columns, alt=f"{what} of {layer.name}: {shown} pictures")
    view.scale_caption(tiles.limits, count, shown, "pictures", real_colour=colour)
    lesson.show("inspect", "Without convolutions" if templates else "How to read filters")


def show_answer(subject: Subject, epoch: int, index: int, names: tuple[str, ...]) -> None:
    """The image and what the network takes it for."""
    test = state.dataset(subject.dataset).test
    true = int(test.labels[index])
    probabilities = softmax(view.logits_of(subject.run_id, epoch, subject)[index].astype(float))
    answer = names[int(probabilities.argmax())]
    left, right = st.columns([1, 2], gap="large")
    left.image(
        view.upright(test.images[index], 288),
        output_format="PNG",
        alt=f"Test image {index}, an example of class {names[true]}",
    )
    verdict = "and it is" if answer == names[true] else f"but it is **{names[true]}**"
    left.markdown(f"The network says **{answer}** ({probabilities.max():.1%}), {verdict}.")
    chart = probability_chart(probabilities, names, true, ink=view.ink())
    right.altair_chart(chart, key="inspect_probabilities", alt=f"Probabilities of each class, highest for {answer}")


def show_maps(subject: Subject, epoch: int, index: int) -> None:
    """Every layer's feature maps, two layers side by side."""
    maps = view.maps_of(subject.run_id, epoch, index, subject)
    if not maps:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    kinds = {row.name: row.kind for row in subject.spec.summary()}
    each = view.switch("Scale of the maps", SCALES, "inspect_map_scale") == SCALES[1]
    for place, name in enumerate(view.page_of("Layers", list(maps), LAYERS_SHOWN, "inspect_layers")):
        if place % 2 == 0:
            pair = st.columns(2, gap="large")
        with pair[place % 2]:
            count, height, width = maps[name].shape
            st.markdown(f"**{name}** · {kinds[name]} · {count} maps of {height}×{width}")
            tiles = signed_tiles(maps[name][:MAPS_SHOWN], each=each)
            labels = [f"{i + 1}" for i in range(len(tiles.rgb))]
            view.grid(tiles.rgb, labels, TILE, view.COLUMNS, alt=f"{len(labels)} feature maps of {name}")
            view.scale_caption(tiles.limits, count, len(labels), "maps")
    lesson.show("inspect", "How to read feature maps")


ensure_router()
header("inspect", "What a trained network looks for, and what every layer makes of one image.")
subject = view.choose_subject("see here what it learned. Below: a small network **before** any training.")
if subject is None:
    subject = view.untrained_subject()
epoch = view.choose_epoch(subject, "inspect")
try:
    show_filters(subject, epoch)
    st.subheader("One test image", anchor=False)
    names = state.dataset(subject.dataset).class_names
    index = view.choose_image(subject, "inspect")
    show_answer(subject, epoch, index, names)
    st.subheader("What every layer makes of it", anchor=False)
    show_maps(subject, epoch, index)
except ValueError as error:
    st.error(f"This checkpoint cannot be shown: {error}")
lesson.try_this("inspect")
