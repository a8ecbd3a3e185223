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


def table(none: list[float], largest: list[float], mean: list[float], strided: list[float]) -> dict[str, list[float]]:
    return dict(zip(STAGES, (none, largest, mean, strided), strict=True))


def test_findings_say_the_numbers() -> None:
    said = shifts.describe_changes(
        table([0, 0.8, 1, 1, 1], [0, 0.5, 0.9, 0.8, 0.95], [0, 0.6, 1, 1, 1], [0, 0.81, 1, 1, 1]), 1
    )
    assert "by 1 pixel" in said[0]
    assert all(f"**{share}%**" in said[0] for share in (80, 50, 60, 81))
    assert said[1] == (
        "Max pooling changes 30 percentage points less than no pooling here. "  # 80 − 50
        "It lowers the change at every shift, most at 1: by 30 points."
    )
    assert said[2] == "Max pooling changes least at every shift."
    assert said[3].startswith("The strided convolution hardly differs from no pooling here.")


def test_differences_are_those_of_the_numbers_shown() -> None:
    said = shifts.describe_changes(table([0, *[1.204] * 4], [0, *[0.816] * 4], [0, *[1.0] * 4], [0, *[1.0] * 4]), 1)
    assert "**120%** without pooling, **82%** after max pooling" in said[0]
    assert f"changes {120 - 82} percentage points less" in said[1]  # not 39, which 1.204 − 0.816 rounds to
    assert f"by {120 - 82} points" in said[1]


def test_findings_admit_when_max_pooling_does_not_win() -> None:
    worse = shifts.describe_changes(
        table([0, 0.5, 0.5, 0.5, 0.5], [0, *[0.7] * 4], [0, *[0.4] * 4], [0, *[0.3] * 4]), 2
    )
    assert "Max pooling changes 20 percentage points more than no pooling here." in worse[1]
    assert "It helps at no shift from 1 to 4." in worse[1]
    assert worse[2] == "Strided convolution changes least at every shift. Max pooling is not the steadiest here."
    mixed = shifts.describe_changes(
        table([0, 0.5, 0.5, 0.5, 0.5], [0, 0.4, 0.6, 0.4, 0.6], [0, 0.3, 0.7, 0.5, 0.7], [0, 1, 1, 1, 0.2]), 1
    )
    assert "It lowers the change at 1 and 3 pixels" in mixed[1]
    assert mixed[2] == (
        "Least changed: Average pooling at 1; No pooling at 2; Max pooling at 3; Strided convolution at 4 pixels."
    )


def test_findings_of_a_picture_that_did_not_move() -> None:
    nothing = table(*[[0, 1, 1, 1, 1]] * 4)
    assert shifts.describe_changes(nothing, 0)[0] == "Not moved, nothing changes: all four are at 0%."


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
