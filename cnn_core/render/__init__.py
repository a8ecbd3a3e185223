"""Draw arrays as pictures: colour scales, tiles, overlays, results of filters, and maps quantised for the browser."""

from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.render.filter_result import render_result
from cnn_core.render.overlay import overlay_heat
from cnn_core.render.quantised import quantise_maps
from cnn_core.render.tiles import draw_frame, enlarge, filter_grid, image_rgb, signed_tiles, tile_grid

__all__ = [
    "diverging_rgb",
    "draw_frame",
    "enlarge",
    "filter_grid",
    "image_rgb",
    "overlay_heat",
    "quantise_maps",
    "render_result",
    "signed_tiles",
    "symmetric_limit",
    "tile_grid",
]
