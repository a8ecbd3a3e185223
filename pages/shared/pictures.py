"""Small pictures: grids with labels and a stated scale, galleries with captions, pages of a long list."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import shrink_pixels
from cnn_core.render.tiles import enlarge, image_rgb, tile_grid
from pages.shared.controls import show_note

COLUMNS = 8
"""Small pictures in a row: they can still be recognised on a phone."""
THUMBNAIL_SIDE = 64
"""About how many pixels a stored image is wide where many are shown together."""
SPLITS = {"Train": "train", "Validation": "val", "Test": "test"}
"""What a split is called on the screen, and in a data set."""


def show_scale(limits: NDArray[np.float64], count: int, shown: int, things: str, *, real_colour: bool = False) -> None:
    """Say which number each colour stands for, and how many pictures were left out."""
    scale = f"−{limits[0]:.3g} … +{limits[0]:.3g}"
    if np.ptp(limits) > 0:
        scale = f"each its own, from ±{limits.min():.3g} to ±{limits.max():.3g}"
    colours = "mid-grey is 0" if real_colour else "red negative, white 0, blue positive"
    left_out = f" The first {shown} of {count} {things}." if shown < count else ""
    show_note(f"Scale {scale}: {colours}.{left_out}")


def show_grid(
    rgb: NDArray[np.uint8], labels: list[str], tile: int, columns: int, *, alt: str, marked: int | None = None
) -> None:
    """Draw the small pictures `rgb` (N, H, W, 3) in rows, each about `tile` pixels wide under its label."""
    zoom = max(1, round(tile / rgb.shape[2]))
    st.image(tile_grid(rgb, columns=columns, zoom=zoom, labels=labels, marked=marked), width="content", alt=alt)


def choose_page(label: str, items: list[str], size: int, key: str) -> list[str]:
    """Return the items of the chosen page; a selectbox names the pages where there are more than `size` items."""
    if len(items) <= size:
        return items
    pages = {
        f"{start + 1} to {min(start + size, len(items))} of {len(items)}": items[start : start + size]
        for start in range(0, len(items), size)
    }
    return pages[st.selectbox(label, list(pages), key=key, bind="query-params")]


def show_captioned_images(images: NDArray[np.uint8], captions: list[str]) -> None:
    """Show stored images (N, C, H, W) side by side, as many in a row as fit, each with its caption."""
    with st.container(horizontal=True, gap="small"):
        for image, caption in zip(images, captions, strict=True):
            with st.container(width=104, gap="xsmall"):
                st.image(enlarged_rgb(image, 96), width=104, output_format="PNG", alt=caption)
                show_note(caption)


def enlarged_rgb(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return a stored image (C, H, W) as (H, W, 3), enlarged by a whole number to about `size` pixels."""
    return enlarge(image_rgb(image)[np.newaxis], max(1, size // max(image.shape[1:])))[0]


def to_thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a stored image (C, H, W) as (H, W, 3), about `side` pixels large; enlarged pixels stay square."""
    return shrink_pixels(enlarged_rgb(image, side), max(side, 64))
