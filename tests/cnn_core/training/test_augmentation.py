"""Augmentations: the pixels they may make, their seeds, their oracles, and that nothing else changes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core.training import augmentation
from cnn_core.training.augmentation import AUGMENTATIONS, NAMES, apply_mixup, augment_images
from tests.cnn_core.training.small_run import CONFIG, run, told

ROOT = Path(__file__).resolve().parents[3]
SIZES = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 20), st.integers(1, 20))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int, seed: int = 0, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.randint(0, 256, shape, generator=seeded(seed)).to(dtype)


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@given(shape=SIZES, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_shape_range_and_seed(name: str, dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> None:
    images = pictures(*shape, seed=seed, dtype=dtype)
    before = images.clone()
    one, again = (AUGMENTATIONS[name](images, seeded(seed)) for _ in range(2))
    assert one.shape == images.shape
    assert one.min() >= 0
    assert one.max() <= 255.001
    assert torch.equal(one, again), "the same seed gives the same pictures"
    assert torch.equal(images, before), "what was given stays as it is"


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_bytes_and_floats_give_the_same(name: str) -> None:
    images = pictures(6, 3, 16, 12)
    as_bytes, as_floats = (AUGMENTATIONS[name](part, seeded(4)).float() for part in (images, images.float()))
    torch.testing.assert_close(as_bytes, as_floats)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_images_of_a_batch_are_drawn_one_by_one_and_seeds_differ(name: str) -> None:
    images = pictures(1, 3, 32, 32).expand(40, -1, -1, -1)
    drawn = AUGMENTATIONS[name](images, seeded(1))
    assert len({image.numpy().tobytes() for image in drawn}) >= 2
    assert not torch.equal(drawn, AUGMENTATIONS[name](images, seeded(2)))


def test_flip_gives_an_image_or_its_mirror_image() -> None:
    images = pictures(400, 2, 5, 7)
    flipped = augmentation.flip_images(images, seeded())
    kept = (flipped == images).flatten(1).all(dim=1)
    turned = (flipped == images.flip(3)).flatten(1).all(dim=1)
    assert (kept | turned).all()
    assert 150 < int(turned.sum()) < 250


@pytest.mark.parametrize(("height", "width"), [(32, 32), (8, 8), (9, 24), (1, 1)])
def test_every_crop_is_a_window_of_the_padded_image_and_every_window_comes(height: int, width: int) -> None:
    images = 1 + pictures(1, 2, height, width, dtype=torch.float32).expand(2000, -1, -1, -1)
    high, wide = augmentation.crop_border(height), augmentation.crop_border(width)
    padded = F.pad(images[0], (wide, wide, high, high))
    windows = {
        padded[:, top : top + height, left : left + width].contiguous().numpy().tobytes()
        for top in range(2 * high + 1)
        for left in range(2 * wide + 1)
    }
    drawn = {image.numpy().tobytes() for image in augmentation.crop_images(images, seeded())}
    assert drawn == windows


def test_a_crop_of_cifar_pads_by_four_and_one_of_digits_by_one() -> None:
    assert [augmentation.crop_border(side) for side in (32, 28, 8, 64, 3)] == [4, 4, 1, 8, 1]


def test_channels_of_an_image_move_together() -> None:
    images = pictures(20, 1, 24, 24, dtype=torch.float32).expand(-1, 3, -1, -1)
    for name in AUGMENTATIONS:
        moved = AUGMENTATIONS[name](images, seeded(3))
        torch.testing.assert_close(moved[:, 0], moved[:, 2])


@pytest.mark.parametrize(("height", "width"), [(41, 41), (33, 61)])
def test_rotation_agrees_with_scipys(height: int, width: int) -> None:
    from scipy.ndimage import gaussian_filter
    from scipy.ndimage import rotate as scipy_rotate

    picture = gaussian_filter(np.random.default_rng(0).uniform(0, 255, (height, width)), 3)
    generator = seeded(5)
    degrees = float((torch.rand(1, generator=seeded(5)) * 2 - 1) * augmentation.MAX_DEGREES)
    ours = augmentation.rotate_images(torch.from_numpy(picture)[None, None].float(), generator)[0, 0].numpy()
    theirs = scipy_rotate(picture, degrees, reshape=False, order=1)
    middle = (slice(height // 4, -height // 4), slice(width // 4, -width // 4))
    assert abs(degrees) > 2
    np.testing.assert_allclose(ours[middle], theirs[middle], atol=0.05)


def test_rotations_reach_fifteen_degrees_and_no_more() -> None:
    line = torch.zeros(300, 1, 101, 101)
    line[:, 0, 50, 50:] = 255  # from the middle to the right edge
    turned = augmentation.rotate_images(line, seeded())[:, 0, :, 90]
    heights = (turned * torch.arange(101)).sum(1) / turned.sum(1) - 50
    degrees = torch.rad2deg(torch.atan(heights / 40))
    assert 14 < float(degrees.abs().max()) <= 15.1
    assert degrees.min() < -14


def test_colour_is_brightness_then_contrast_about_the_mean() -> None:
    images = pictures(200, 3, 8, 8).float() * 0.2 + 80
    factors = 1 + (torch.rand(2, 200, 1, 1, 1, generator=seeded(9)) * 2 - 1) * 0.3
    bright = images * factors[0]
    mean = bright.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(augmentation.jitter_colours(images, seeded(9)), (bright - mean) * factors[1] + mean)
    assert 0.7 <= float(factors.min()) < 0.72 < 1.28 < float(factors.max()) <= 1.3


@pytest.mark.parametrize(("height", "width", "side"), [(32, 32, 8), (8, 8, 2), (20, 40, 5), (1, 1, 1), (3, 3, 1)])
def test_cutout_covers_one_whole_square(height: int, width: int, side: int) -> None:
    images = torch.full((8000, 2, height, width), 200, dtype=torch.uint8)
    holes = augmentation.apply_cutout(images, seeded()) == 0
    assert torch.equal(holes[:, 0], holes[:, 1])
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert set(rows.tolist()) == set(columns.tolist()) == {side}
    assert set(holes[:, 0].sum((1, 2)).tolist()) == {side**2}
    assert holes[:, 0].any(0).all(), "every pixel is covered at times"


def test_names_come_in_one_order_and_mixup_is_left_out() -> None:
    images = pictures(8, 3, 16, 16)
    expected = images
    generator = seeded(7)
    for change in AUGMENTATIONS.values():
        expected = change(expected, generator)
    for names in (NAMES, tuple(reversed(NAMES)), [name for name in NAMES if name != "mixup"]):
        drawn = augment_images(images, names, seeded(7))
        assert drawn.dtype == torch.float32
        torch.testing.assert_close(drawn, expected)
    assert torch.equal(augment_images(images, (), seeded()), images.float())


def test_every_name_has_a_label_and_a_line() -> None:
    assert tuple(augmentation.LABELS) == tuple(augmentation.DESCRIPTIONS) == NAMES == (*AUGMENTATIONS, "mixup")


def test_unknown_names_and_impossible_alphas_get_a_sentence() -> None:
    with pytest.raises(ValueError, match="Augmentation is 'blur': choose among crop, flip"):
        augment_images(pictures(1, 1, 4, 4), ["flip", "blur"], seeded())
    for alpha in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=r"Alpha is .*: it must be above 0"):
            apply_mixup(pictures(2, 1, 4, 4), torch.eye(2), seeded(), alpha)


@given(count=st.integers(1, 30), classes=st.integers(2, 6), seed=st.integers(0, 99), alpha=st.floats(0.05, 3))
@settings(max_examples=40, deadline=None)
def test_mixup_mixes_pictures_and_labels_in_the_same_shares(count: int, classes: int, seed: int, alpha: float) -> None:
    labels = torch.randint(classes, (count,), generator=seeded(seed))
    one_hot = F.one_hot(labels, classes)
    images = one_hot[:, :, None, None] * 255  # a picture that shows its own label
    mixed, soft = apply_mixup(images, one_hot, seeded(seed), alpha)
    assert mixed.dtype == soft.dtype == torch.float32
    torch.testing.assert_close(soft.sum(1), torch.ones(count))
    assert soft.min() >= 0
    torch.testing.assert_close(mixed[:, :, 0, 0] / 255, soft)
    assert torch.equal(apply_mixup(images, one_hot, seeded(seed), alpha)[1], soft)


def test_the_shares_of_mixup_follow_the_beta_distribution() -> None:
    from scipy.stats import beta, kstest

    images = torch.zeros(4000, 1, 1, 1)
    shares = apply_mixup(images, torch.eye(4000), seeded(3))[1].diagonal()
    # one image in four thousand may be its own partner, with a share of 1
    assert kstest(shares.numpy(), beta(0.2, 0.2).cdf).pvalue > 1e-4


def test_the_names_come_without_torch() -> None:
    code = "import sys, cnn_core.training.augmentation as a; print(len(a.NAMES), 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6", "False"]


@pytest.mark.parametrize("name", NAMES)
def test_every_augmentation_trains_alike_twice(name: str) -> None:
    config = replace(CONFIG, augmentation=(name,), epochs=2)
    assert told(run(config)) == told(run(config)) != told(run(replace(CONFIG, epochs=2)))
