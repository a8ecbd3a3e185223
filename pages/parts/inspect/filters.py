"""The filters of every convolution as pictures, sorted, and in words what each of them shows."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight import FilterLayer, filter_layers, tile_labels
from cnn_core.insight.explain import FINDING_CRITERIA, FINDING_NAMES
from cnn_core.insight.filter_findings import (
    ORDERS,
    Finding,
    collect_findings,
    extreme_weights,
    filter_norms,
    finding_marks,
    fit_slopes,
    order_filters,
)
from cnn_core.render.tiles import Tiles, filter_tiles
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choose_option, show_note
from pages.shared.pictures import COLUMNS, choose_page, show_grid, show_scale
from pages.shared.subject import BY_RUN, UNTRAINED, LoadedRun, load_weights, locked_model, run_normaliser

BIG_TILE = 112
"""Pixels of a whole filter."""
SMALL_TILE = 44
"""Pixels of one channel of a filter."""
CHANNELS = ("as one colour", "each by itself")
SCALES = ("same for all", "each by itself")
FILTERS_SHOWN = 96
"""Whole filters at a time: twelve rows, and every first layer of the presets."""
ROWS_SHOWN = 12
"""Filters at a time where each takes a row."""
CHANNELS_SHOWN = 24
"""Channels of a filter at a time: one row on a laptop."""
MAX_NAMED_FILTERS = 8
"""Filters of a finding that are named with their figures: one or two lines."""
TRIED_IMAGES = 128
"""Validation images on which silent maps are sought."""


def show_filters(subject: LoadedRun, epoch: int, _picture: Picture) -> None:
    """Show the chosen layer's filters in the chosen order and scale; below them, what the measures find."""
    layers = filter_layers(subject.spec, load_weights(subject.run_id, epoch))
    if not layers:
        st.info(
            "This network has no convolution and does not begin with a linear layer: it has no filters that can be "
            "seen as pictures."
        )
        return
    layer, order, each, colour = _choose_display(layers)
    templates = layer.kind == "Linear"
    title = "Templates" if templates else "Filters"
    count, channels = layer.weights.shape[:2]
    st.subheader(f"{title} of {layer.name}", anchor=False)
    layer_findings = () if templates else collect_findings(layer.weights, _find_silent_maps(subject, epoch, layer.name))
    tiles = filter_tiles(layer.weights, per_filter=each, colour=colour)
    names = state.load_dataset(subject.dataset_name).class_names if templates and len(subject.spec.layers) == 2 else ()
    if len(tiles.rgb) == count:
        _show_whole_filters(layer, tiles, order, layer_findings, title, names, colour)
    else:
        _show_by_channel(tiles, order, channels, layer_findings, title, layer.name)
    _show_findings(layer_findings, layer.weights, rgb=channels == 3 and layer.name == next(iter(layers)))
    lesson.show_section("inspect", "Without convolutions" if templates else "How to read filters")


def _choose_display(layers: dict[str, FilterLayer]) -> tuple[FilterLayer, NDArray[np.intp], bool, bool]:
    """The layer, the order of its filters, whether each has a scale of its own, whether three channels are a colour."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        layer = next(iter(layers.values()))
        if len(layers) > 1:
            names = list(layers)
            if st.session_state.get("inspect_filter_layer", names[0]) not in names:
                st.session_state.inspect_filter_layer = names[0]
            label = "Layer of the filters"
            layer = layers[st.selectbox(label, names, key="inspect_filter_layer", bind="query-params", width=220)]
        three = layer.weights.shape[1] == 3
        orders = tuple(name for name in ORDERS if three or name != "colour")
        if st.session_state.get("inspect_filter_order", orders[0]) not in orders:
            st.session_state.inspect_filter_order = orders[0]
        by = choose_option(
            "Sorted by",
            orders,
            orders[0],
            "inspect_filter_order",
            "network: as stored · norm: √Σw², largest first · colour: differences between red, green and blue · "
            "similarity: like filters side by side (clustering by cosine)",
        )
        each = choose_option("Scale of the filters", SCALES, SCALES[0], "inspect_filter_scale") == SCALES[1]
        first = three and layer.name == next(iter(layers))
        colour = first and choose_option("Three channels", CHANNELS, CHANNELS[0], "inspect_channels") == CHANNELS[0]
    return layer, order_filters(layer.weights, by), each, colour


def _show_whole_filters(
    layer: FilterLayer,
    tiles: Tiles,
    order: NDArray[np.intp],
    found: tuple[Finding, ...],
    what: str,
    names: tuple[str, ...],
    colour: bool,
) -> None:
    """Show one picture for each filter."""
    places = order[:FILTERS_SHOWN]
    plain, letters = tile_labels(layer, by_channel=False, names=names), finding_marks(found, len(order))
    labels = [f"{plain[i]} · {letters[i]}" if letters[i] else plain[i] for i in places]
    alt = f"{what} of {layer.name}: {len(places)} pictures"
    show_grid(tiles.rgb[places], labels, BIG_TILE, COLUMNS, alt=alt)
    show_scale(tiles.limits, len(order), len(places), "pictures", real_colour=colour)


def _show_by_channel(
    tiles: Tiles, order: NDArray[np.intp], channels: int, found: tuple[Finding, ...], what: str, name: str
) -> None:
    """Show a row for each filter, with a picture for each of its input channels, in pages where they are many."""
    letters = finding_marks(found, len(order))
    with st.container(horizontal=True, gap="medium"):
        rows = choose_page("Filters shown", [str(i) for i in order], ROWS_SHOWN, "inspect_filter_rows")
        inputs = choose_page(
            "Input channels shown", [str(i) for i in range(channels)], CHANNELS_SHOWN, "inspect_filter_inputs"
        )
    places = [(int(row), int(column)) for row in rows for column in inputs]
    numbers = [row * channels + column for row, column in places]
    labels = [f"{row + 1}.{column + 1}" for row, column in places]
    alt = f"{what} of {name}: {len(rows)} filters, {len(inputs)} of {channels} channels"
    show_grid(tiles.rgb[numbers], labels, SMALL_TILE, len(inputs), alt=alt)
    show_note("One row a filter, one picture for each channel that it reads: *filter.channel*.")
    marked = ", ".join(f"{int(row) + 1} · {letters[int(row)]}" for row in rows if letters[int(row)])
    if marked:
        show_note(f"Marked, as listed below: {marked}.")
    show_scale(tiles.limits, len(order), len(order), "filters")


def _show_findings(found: tuple[Finding, ...], values: NDArray[np.floating], *, rgb: bool) -> None:
    """Show each finding: its letter, its measure, and the filters with their figures."""
    if not found:
        return
    st.subheader("What the measures find", anchor=False)
    _, degrees = fit_slopes(values)
    for finding in found:
        named = ", ".join(
            _describe_filter(finding, k, degrees) for k in range(min(MAX_NAMED_FILTERS, len(finding.filters)))
        )
        more = (
            f" and {len(finding.filters) - MAX_NAMED_FILTERS} more" if len(finding.filters) > MAX_NAMED_FILTERS else ""
        )
        count = f"{len(finding.filters)} of {len(values)}" if not finding.partners else f"{len(finding.filters)} pairs"
        name, criterion = FINDING_NAMES[finding.letter], FINDING_CRITERIA[finding.letter]
        st.markdown(f"**{finding.letter} · {name}** ({count}): {named}{more}. :small[{criterion}.]")
    strongest = int(filter_norms(values).argmax())
    light, dark = extreme_weights(values[strongest])
    across = values.shape[1] > 1
    place = _describe_position(light, across, rgb), _describe_position(dark, across, rgb)
    st.markdown(
        f"**Light and dark squares**: in filter {strongest + 1}, which has the largest norm, the largest weight "
        f"(+ on the scale) is {values[strongest][light]:+.3f} {place[0]}, the smallest {values[strongest][dark]:+.3f} "
        f"{place[1]}: it answers most where the image is bright under the one and dark under the other."
    )


def _describe_filter(finding: Finding, k: int, degrees: NDArray[np.float64]) -> str:
    """One filter of a finding with its figure, and the direction of a slope."""
    number, figure = finding.filters[k] + 1, finding.values[k]
    if finding.partners:
        return f"{number} and {finding.partners[k] + 1} ({figure:+.2f})"
    way = f", up towards {degrees[number - 1]:.0f}°" if finding.letter == "G" else ""
    return f"{number}" if finding.letter == "Z" else f"{number} ({figure:.2f}{way})"


def _describe_position(at: tuple[int, int, int], across: bool, rgb: bool) -> str:
    channel = ("red", "green", "blue")[at[0]] if rgb else f"channel {at[0] + 1}"
    return f"at row {at[1] + 1}, column {at[2] + 1}" + (f", {channel}" if across else "")


@st.cache_data(max_entries=48, show_spinner=False, hash_funcs=BY_RUN)
def _find_silent_maps(subject: LoadedRun, epoch: int, name: str) -> NDArray[np.bool_] | None:
    """Maps of a trained layer that are zero on all validation images tried."""
    from torch import from_numpy

    from cnn_core.insight.graph import network_graph
    from cnn_core.insight.silent_maps import find_silent_maps

    if subject.run_id == UNTRAINED:
        return None
    images = state.load_dataset(subject.dataset_name).val.images[:TRIED_IMAGES]
    if not len(images):
        return None
    ready = run_normaliser(subject)(from_numpy(images))
    with locked_model(subject, epoch) as model:
        return find_silent_maps(model, network_graph(subject.spec), name, ready)
