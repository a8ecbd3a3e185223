"""Filters and maps as pictures: colours, scale and layout."""

import numpy as np
import pytest

from cnn_core.render.colour import DIVERGING_COLOURS
from cnn_core.render.tiles import (
    FRAME_COLOUR,
    LABEL_HEIGHT,
    draw_frame,
    enlarge,
    filter_grid,
    filter_tiles,
    image_rgb,
    signed_tiles,
    tile_grid,
)

WHITE, RED, BLUE = (DIVERGING_COLOURS[i].astype(int).tolist() for i in (5, 0, 10))


def test_signed_maps_share_one_symmetric_scale() -> None:
    tiles = signed_tiles(np.array([[[0.0, 2.0]], [[-2.0, 1.0]]]))
    assert tiles.limits.tolist() == [2, 2]
    assert tiles.rgb[0, 0].tolist() == [WHITE, BLUE]
    assert tiles.rgb[1, 0, 0].tolist() == RED
    assert tiles.rgb[1, 0, 1].tolist() not in (WHITE, BLUE)


def test_each_map_by_itself_reaches_the_end_of_the_scale() -> None:
    tiles = signed_tiles(np.array([[[0.0, 2.0]], [[-0.1, 0.0]]]), per_map=True)
    assert tiles.limits.tolist() == [2, 0.1]
    assert tiles.rgb[1, 0].tolist() == [RED, WHITE]


def test_a_map_of_zeros_is_white() -> None:
    tiles = signed_tiles(np.zeros((1, 2, 2)))
    assert tiles.limits.tolist() == [1]
    assert (tiles.rgb == WHITE).all()


def test_rgb_filters_are_colours_around_mid_grey() -> None:
    weights = np.zeros((2, 3, 1, 2))
    weights[0, :, 0, 0] = (4, -4, 0)  # red wanted, green unwanted, blue ignored
    weights[1, 2, 0, 1] = 1
    tiles = filter_tiles(weights)
    assert tiles.rgb.shape == (2, 1, 2, 3)
    assert tiles.rgb[0, 0, 0].tolist() == [255, 0, round(127.5)]
    assert tiles.rgb[1, 0, 1].tolist() == [128, 128, round(127.5 * (1 + 1 / 4))]
    assert tiles.limits.tolist() == [4, 4]
    assert filter_tiles(weights, per_filter=True).rgb[1, 0, 1].tolist() == [128, 128, 255]


def test_channels_can_be_shown_one_by_one() -> None:
    weights = np.arange(-12.0, 12.0).reshape(2, 3, 2, 2)
    tiles = filter_tiles(weights, per_filter=True, colour=False)
    assert tiles.rgb.shape == (6, 2, 2, 3)
    assert tiles.limits.tolist() == [12] * 3 + [11] * 3
    assert tiles.rgb[0, 0, 0].tolist() == RED
    assert tiles.rgb[5, 1, 1].tolist() == BLUE


def test_grey_filters_make_a_square_grid_with_transparent_gaps() -> None:
    weights = np.linspace(-1, 1, 5 * 9).reshape(5, 1, 3, 3)
    picture, limits = filter_grid(weights)
    side = 3 * round(64 / 3)  # every weight a block of 21 × 21
    assert picture.shape == (2 * side + 4, 3 * side + 2 * 4, 4)  # five filters: two rows of three
    assert limits.tolist() == [1] * 5
    assert picture[0, 0].tolist() == [*RED, 255]
    assert (picture[:21, :21] == picture[0, 0]).all()
    assert picture[0, side].tolist() == [0, 0, 0, 0]
    assert picture[-1, -1].tolist() == [0, 0, 0, 0]  # no sixth filter


def test_filters_by_channel_take_one_row_each() -> None:
    picture, limits = filter_grid(np.ones((2, 4, 32, 32)))
    assert picture.shape == (2 * 64 + 4, 4 * 64 + 3 * 4, 4)
    assert len(limits) == 2 * 4


def test_tiles_keep_reading_order_and_pixels_are_repeated() -> None:
    rgb = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, axis=3)
    picture = tile_grid(rgb, columns=2, zoom=2, gap=1)
    assert picture.shape == (5, 5, 4)
    assert [picture[0, 0, 0], picture[1, 4, 0], picture[3, 1, 0]] == [0, 1, 2]
    assert enlarge(rgb, 2).shape == (3, 2, 2, 3)
    assert tile_grid(rgb, columns=9).shape == (1, 3 + 2 * 4, 4)


def test_labels_stand_above_their_tiles_and_one_can_be_marked() -> None:
    rgb = np.full((2, 30, 30, 3), 200, dtype=np.uint8)
    picture = tile_grid(rgb, columns=1, gap=2, labels=("1", "2"), marked=1)
    assert picture.shape == (2 * (LABEL_HEIGHT + 30) + 2, 30, 4)
    plain, marked = picture[0, 0, :3].tolist(), picture[LABEL_HEIGHT + 30 + 2, 0, :3].tolist()
    assert plain != marked
    strip = picture[:LABEL_HEIGHT, :, :3]
    assert (strip == 255).all(axis=-1).any()  # white strokes of the digit
    assert (picture[LABEL_HEIGHT : LABEL_HEIGHT + 30, :, :3] == 200).all()
    with pytest.raises(ValueError, match="The labels hold 1 "):
        tile_grid(rgb, columns=2, labels=("1",))


def test_images_of_any_channel_count_can_be_shown() -> None:
    grey = np.array([[[7, 9]]], dtype=np.uint8)
    assert image_rgb(grey).tolist() == [[[7, 7, 7], [9, 9, 9]]]
    colour = np.arange(4, dtype=np.uint8).reshape(4, 1, 1)
    assert image_rgb(colour).tolist() == [[[0, 1, 2]]]
    assert image_rgb(colour[:2]).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize("weights", [np.zeros((2, 3, 3)), np.zeros((0, 1, 3, 3)), np.full((1, 1, 1, 1), np.nan)])
def test_what_is_no_filter_bank_is_refused(weights: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^The array weights "):
        filter_grid(weights)


def test_infinite_maps_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^The array maps "):
        signed_tiles(np.full((1, 1, 1), np.inf))


def test_a_frame_lies_inside_its_box_and_is_cut_off_at_the_edges() -> None:
    picture = np.zeros((6, 8, 3), dtype=np.uint8)
    orange = (draw_frame(picture, (1, 5, 2, 7), line=1) == FRAME_COLOUR).all(axis=2)
    assert orange.sum() == 2 * 5 + 2 * 2
    assert all(edge.all() for edge in (orange[1, 2:7], orange[4, 2:7], orange[1:5, 2], orange[1:5, 6]))
    over = (draw_frame(picture, (-3, 2, 6, 99), line=1) == FRAME_COLOUR).all(axis=2)
    np.testing.assert_array_equal(np.argwhere(over), [[0, 6], [0, 7], [1, 6], [1, 7]])
    assert not picture.any()


def test_a_frame_around_less_than_its_own_lines_fills_the_box() -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    assert (draw_frame(picture, (1, 3, 1, 3), line=2) == FRAME_COLOUR).all(axis=2).sum() == 4
