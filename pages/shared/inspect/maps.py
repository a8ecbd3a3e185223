"""Every layer's feature maps."""

import streamlit as st

from cnn_core.insight import signed_tiles
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.insight.pictures import COLUMNS, grid, page_of, scale_caption
from pages.shared.insight.source import Picture
from pages.shared.insight.subject import Subject, maps_of

TILE = 64
SCALES = ("same for all", "each by itself")
MAPS_SHOWN, LAYERS_SHOWN = 32, 8


def maps(subject: Subject, epoch: int, picture: Picture) -> None:
    """Every layer's feature maps, two layers side by side."""
    found = maps_of(subject, epoch, picture.image)
    if not found:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    kinds = {row.name: row.kind for row in subject.spec.summary()}
    each = choice("Scale of the maps", SCALES, SCALES[0], "inspect_map_scale") == SCALES[1]
    for place, name in enumerate(page_of("Layers", list(found), LAYERS_SHOWN, "inspect_layers")):
        if place % 2 == 0:
            pair = st.columns(2, gap="large")
        with pair[place % 2]:
            count, height, width = found[name].shape
            st.markdown(f"**{name}** · {kinds[name]} · {count} maps of {height}×{width}")
            tiles = signed_tiles(found[name][:MAPS_SHOWN], each=each)
            labels = [f"{i + 1}" for i in range(len(tiles.rgb))]
            grid(tiles.rgb, labels, TILE, COLUMNS, alt=f"{len(labels)} feature maps of {name}")
            scale_caption(tiles.limits, count, len(labels), "maps")
    lesson.show("inspect", "How to read feature maps")
