"""The shift experiment: what must hold exactly, and sentences that say what was measured."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn_core.experiments import shifts
from cnn_core.experiments.shifts import MAX_SHIFT, SIZES, STAGES
from cnn_core.images import PHOTOS, load_photo, to_grey

PHOTO = shifts.photo_scene("Cat", to_grey(load_photo("chelsea", 128)))


DIGIT = shifts.digit_scene("bar", np.pad(np.full((6, 2), 255, np.uint8), ((1, 1), (3, 3))))


SCENES = pytest.mark.parametrize("scene", [PHOTO, DIGIT], ids=["photograph", "digit"])


@SCENES
def test_the_picture_moves_to_the_right_and_what_comes_in_is_real(scene: shifts.Scene) -> None:
    views = shifts.shifted_views(scene)[:, 0]
    for shift in range(MAX_SHIFT + 1):
        np.testing.assert_array_equal(views[shift][:, shift:], views[0][:, : views.shape[2] - shift])
        np.testing.assert_array_equal(views[shift], scene.pixels[:, MAX_SHIFT - shift :][:, : views.shape[2]])


def test_a_digit_never_leaves_its_black_ground() -> None:
    assert len({float(view.sum()) for view in shifts.shifted_views(DIGIT)}) == 1
    assert all(view[0, [0, -1]].max() == 0 for view in shifts.shifted_views(DIGIT))


@SCENES
@pytest.mark.parametrize("size", SIZES)
def test_not_moved_is_not_changed(scene: shifts.Scene, size: int) -> None:
    for maps in shifts.stage_features(shifts.shifted_views(scene), size).values():
        change = shifts.relative_change(maps)
        assert change[0] == 0
        assert (change[1:] > 0).all()


@SCENES
@pytest.mark.parametrize("size", SIZES)
def test_a_shift_by_the_stride_moves_the_small_maps_by_one_cell(scene: shifts.Scene, size: int) -> None:
    features = shifts.stage_features(shifts.shifted_views(scene), size)
    for stage in STAGES:
        by = size if stage == "No pooling" else 1
        before, moved = features[stage][0], features[stage][size]
        np.testing.assert_allclose(moved[:, :, by:], before[:, :, :-by], atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_features_equal_torch(size: int) -> None:
    views = torch.tensor(shifts.shifted_views(PHOTO))
    bank = torch.tensor(shifts.edge_bank())
    before = F.relu(F.conv2d(views, bank))
    expected = [
        before,
        F.max_pool2d(before, size),
        F.avg_pool2d(before, size),
        F.relu(F.conv2d(views, bank, stride=size)),
    ]
    for ours, theirs in zip(shifts.stage_features(views.numpy(), size).values(), expected, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    side = shifts.PHOTO_MAP
    assert {part.shape[-1] for part in expected} == {side, side // size}


def test_the_strided_convolution_is_every_nth_place_of_the_full_one() -> None:
    features = shifts.stage_features(shifts.shifted_views(PHOTO), 3)
    np.testing.assert_allclose(features["Strided convolution"], features["No pooling"][:, :, ::3, ::3], atol=1e-12)


def test_the_filters_see_edges_of_every_direction_and_no_brightness() -> None:
    bank = shifts.edge_bank()
    assert bank.shape == (8, 1, 3, 3)
    np.testing.assert_array_equal(bank.sum(axis=(1, 2, 3)), np.zeros(8))
    assert len({tuple(w.ravel()) for w in bank}) == 8


def test_relative_change_and_strength_as_arithmetic() -> None:
    maps = np.array([[[[3.0, 0]], [[4, 0]]], [[[0, 3]], [[0, 4]]]])  # two channels, moved by one cell
    # ‖(−3, 3, −4, 4)‖ / ‖(3, 4)‖ = √50 / 5 = √2
    np.testing.assert_allclose(shifts.relative_change(maps), [0, 50**0.5 / 5])
    assert shifts.feature_strength(maps[0]).tolist() == [[(9 + 16) ** 0.5, 0]]


def test_means_over_pictures() -> None:
    both = shifts.mean_changes([PHOTO, DIGIT], 2)
    alone = [shifts.mean_changes([scene], 2) for scene in (PHOTO, DIGIT)]
    for stage in STAGES:
        np.testing.assert_allclose(both[stage], np.mean([one[stage] for one in alone], axis=0))


def test_on_photographs_pooling_lowers_the_change_and_striding_does_not() -> None:
    scenes = [shifts.photo_scene(entry.title, to_grey(load_photo(entry.name, 128))) for entry in PHOTOS]
    measured = shifts.mean_changes(scenes, 2)
    for shift in range(1, MAX_SHIFT + 1):
        none, largest, mean, strided = (measured[stage][shift] for stage in STAGES)
        assert largest < none
        assert mean < none
        assert abs(strided - none) < 0.05


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: shifts.photo_scene("small", np.zeros((40, 90), np.uint8)), "at least 50 × 54 pixels"),
        (lambda: shifts.relative_change(np.zeros((2, 1, 3, 3))), "zero everywhere"),
        (lambda: shifts.digit_scene("large", np.zeros((20, 20), np.uint8)), "never leaves"),
    ],
)
def test_bad_arguments_get_a_sentence(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
