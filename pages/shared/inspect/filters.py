"""The filters of a network as pictures."""

import streamlit as st

from cnn_core.insight import filter_tiles, first_layer, tile_labels
from pages.shared import lesson, state
from pages.shared.controls import choice
from pages.shared.insight.pictures import COLUMNS, grid, scale_caption
from pages.shared.insight.source import Picture
from pages.shared.insight.subject import Subject, weights

BIG_TILE = 112
CHANNELS = ("as one colour", "each by itself")
SCALES = ("same for all", "each by itself")
FILTERS_SHOWN = 96


def filters(subject: Subject, epoch: int, _picture: Picture) -> None:
    """The first layer's filters as a grid, with the choice of scale beside it."""
    layer = first_layer(subject.spec, weights(subject.run_id, epoch))
    if layer is None:
        st.info("This network does not begin with a convolution: it has no filters that can be seen as pictures.")
        return
    templates = layer.kind == "Linear"
    what = "Templates" if templates else "Filters"
    st.subheader(f"{what} of the first layer, {layer.name}", anchor=False)
    channels = layer.weights.shape[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        each = choice("Scale of the filters", SCALES, SCALES[0], "inspect_filter_scale") == SCALES[1]
        colour = channels == 3 and choice("Three channels", CHANNELS, CHANNELS[0], "inspect_channels") == CHANNELS[0]
    tiles = filter_tiles(layer.weights, per_filter=each, colour=colour)
    count, shown = len(tiles.rgb), min(len(tiles.rgb), FILTERS_SHOWN)
    split = count > len(layer.weights)
    single = templates and len(subject.spec.layers) == 2
    labels = tile_labels(layer, by_channel=split, names=state.dataset(subject.dataset).class_names if single else ())
    columns = channels * max(1, COLUMNS // channels) if split else COLUMNS
    grid(tiles.rgb[:shown], labels[:shown], BIG_TILE, columns, alt=f"{what} of {layer.name}: {shown} pictures")
    scale_caption(tiles.limits, count, shown, "pictures", real_colour=colour)
    lesson.show("inspect", "Without convolutions" if templates else "How to read filters")
