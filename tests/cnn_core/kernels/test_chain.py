"""What can be done to kernels, and what they do together: editing, separating, chains, waves, edges, files."""

import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage, signal

from cnn_core.images import draw_pattern, load_photo, to_grey
from cnn_core.kernels import chain, edges, editing, export, frequency
from cnn_core.kernels.filtering import FilterSettings, apply_kernel, padding_margins
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import Kernel, make_kernel, make_recipe, parse_kernel

small = st.integers(-9, 9).map(float)
kernels_of_numbers = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=small)


def weights_of(family: str, size: int | None = None, **values: float) -> np.ndarray:
    return make_kernel(make_recipe(family, size, **values)).weights


# Editing


def test_every_turn():
    w = np.array([[1.0, 2, 3], [4, 5, 6]])
    wanted = {
        "Normalise": w / 21,
        "Flip left to right": [[3, 2, 1], [6, 5, 4]],
        "Flip upside down": [[4, 5, 6], [1, 2, 3]],
        "Rotate by 90°": [[4, 1], [5, 2], [6, 3]],
        "Rotate by 180°": [[6, 5, 4], [3, 2, 1]],
        "Transpose": [[1, 4], [2, 5], [3, 6]],
        "Turn signs": [[-1, -2, -3], [-4, -5, -6]],
    }
    assert set(wanted) == set(editing.KERNEL_EDITS)
    for name, turn in editing.KERNEL_EDITS.items():
        np.testing.assert_allclose(turn(w), wanted[name], err_msg=name)


def test_normalising():
    np.testing.assert_array_equal(editing.normalise_kernel(np.ones((3, 3))), np.full((3, 3), 1 / 9))
    np.testing.assert_array_equal(editing.normalise_kernel(weights_of("Sobel")), weights_of("Sobel") / 8)
    assert editing.normalise_kernel(np.array([[-2.0, -2.0]])).sum() == 1
    with pytest.raises(ValueError, match="Every weight is 0: give the kernel one that is not"):
        editing.normalise_kernel(np.zeros((3, 3)))


@settings(max_examples=100, deadline=None)
@given(kernels_of_numbers, st.integers(1, 11), st.integers(1, 11))
def test_resizing_keeps_the_pixel_in_the_middle(w, rows, columns):
    image = np.random.default_rng(0).integers(0, 9, (15, 14))
    grown = editing.resize_kernel(w, max(rows, w.shape[0]), max(columns, w.shape[1]))
    result = apply_kernel(image, grown)
    if grown.shape[0] % 2 == w.shape[0] % 2 and grown.shape[1] % 2 == w.shape[1] % 2:
        np.testing.assert_array_equal(result, apply_kernel(image, w))  # zeros around change nothing
    np.testing.assert_array_equal(editing.resize_kernel(grown, *w.shape), w)
    assert editing.resize_kernel(w, rows, columns).shape == (rows, columns)


def test_adding():
    unsharp = editing.add_kernels(weights_of("Identity"), weights_of("Laplacian"), -1)
    np.testing.assert_array_equal(unsharp, weights_of("Sharpen"))
    wide = editing.add_kernels(weights_of("Box blur", 5), np.ones((1, 7)), 2)
    assert wide.shape == (5, 7)
    assert wide.sum() == pytest.approx(1 + 14)


# Separating


@settings(max_examples=100, deadline=None)
@given(st.lists(small, min_size=1, max_size=7), st.lists(small, min_size=1, max_size=7))
def test_every_product_of_two_vectors_is_separable(column, row):
    w = np.outer(column, row)
    if not w.any():
        with pytest.raises(ValueError, match="nothing to take apart"):
            editing.separate_kernel(w)
        return
    found = editing.separate_kernel(w)
    assert found.is_separable
    assert found.share == pytest.approx(1)
    np.testing.assert_allclose(np.outer(found.column, found.row), w, atol=1e-4)
    assert found.largest_error < 1e-4


@settings(max_examples=100, deadline=None)
@given(kernels_of_numbers.filter(lambda w: w.any()))
def test_the_rank_is_that_of_linear_algebra(w):
    found = editing.separate_kernel(w)
    singular = np.linalg.svd(w, compute_uv=False)
    assert found.rank == np.linalg.matrix_rank(w, tol=editing.RANK_TOLERANCE * singular[0])
    np.testing.assert_allclose(found.singular_values, singular)


def test_which_named_kernels_are_separable():
    separable = {"Sobel", "Prewitt", "Scharr", "Gaussian derivative", "Box blur", "Gaussian blur", "Line", "Saddle"}
    separable |= {"Identity", "Shift"}
    for name, family in FAMILIES.items():
        for size in range(max(family.smallest_size, 3), 12):
            found = editing.separate_kernel(
                weights_of(name, size, **({"angle": 0} if "angle" in family.defaults else {}))
            )
            if name in separable or name == "Motion blur":
                assert found.is_separable, (name, size)
            elif name not in ("Gabor", "Random"):
                assert not found.is_separable, (name, size)
    sobel = editing.separate_kernel(weights_of("Sobel"))
    np.testing.assert_array_equal(sobel.column, [1, 2, 1])
    np.testing.assert_array_equal(sobel.row, [-1, 0, 1])
    assert editing.separate_kernel(weights_of("Laplacian")).rank == 2


def test_the_two_vectors_as_a_chain_do_the_same():
    picture = to_grey(load_photo("coins"))
    for name in ("Sobel", "Gaussian blur", "Box blur"):
        found = editing.separate_kernel(weights_of(name, 7))
        pair = [found.column[:, None], found.row[None, :]]
        wanted = apply_kernel(picture, weights_of(name, 7))
        scale = np.abs(weights_of(name, 7)).sum()
        np.testing.assert_allclose(chain.run_chain(picture, pair, FilterSettings())[-1], wanted, atol=0.1 * scale)


# Chains


@settings(max_examples=60, deadline=None)
@given(
    st.lists(kernels_of_numbers, min_size=1, max_size=5),
    st.integers(1, 2),
    st.integers(1, 2),
    st.integers(-3, 3),
    st.booleans(),
)
def test_a_chain_equals_its_equivalent_kernel(kernels, stride, dilation, bias, flip):
    layer = FilterSettings(stride, dilation, flip=flip, bias=float(bias))
    single = chain.equivalent_kernel(kernels, layer)
    field = tuple(axis.size for axis in chain.receptive_fields(kernels, layer)[-1])
    assert single.weights.shape == field
    image = np.random.default_rng(0).integers(0, 9, (field[0] + 40, field[1] + 40))
    size = max(1.0, float(np.abs(single.weights).sum()))
    for kernel in kernels:
        size = max(size, size * float(np.abs(kernel).sum()))
    assert chain.largest_difference(image, kernels, layer) <= 1e-4 * size


def test_a_chain_against_torch():
    kernels = [np.arange(9.0).reshape(3, 3) - 4, np.array([[1.0, 2], [3, 4]]), np.array([[1.0, -1, 2]])]
    image = np.random.default_rng(0).integers(0, 256, (30, 31), dtype=np.uint8)
    x = torch.tensor(image, dtype=torch.float64)[None, None]
    stages = chain.run_chain(image, kernels, FilterSettings(stride=2, padding_mode="valid", bias=1.0, relu=True))
    for kernel, stage in zip(kernels, stages, strict=True):
        x = torch.nn.functional.conv2d(x, torch.tensor(kernel)[None, None], torch.ones(1).double(), stride=2).relu()
        np.testing.assert_allclose(stage, x[0, 0], rtol=1e-5)


def test_the_receptive_field_grows_with_kernel_stride_and_dilation():
    kernels = [np.ones((3, 5)), np.ones((3, 1)), np.ones((2, 3))]
    seen = [(rows.size, columns.size) for rows, columns in chain.receptive_fields(kernels, FilterSettings())]
    assert seen == [(3, 5), (3 + 2, 5), (3 + 2 + 1, 5 + 2)]
    fields = chain.receptive_fields(kernels, FilterSettings(2, 3))
    assert [(rows.size, columns.size) for rows, columns in fields] == [
        (1 + 2 * 3, 1 + 4 * 3),
        (7 + 2 * 3 * 2, 13),
        (19 + 1 * 3 * 4, 13 + 2 * 3 * 4),
    ]
    assert [rows.jump for rows, _ in fields] == [2, 4, 8]


@pytest.mark.parametrize("mode", ["zeros", "valid"])
@pytest.mark.parametrize("place", [(2, 3), (4, 2)])
def test_a_value_changes_with_what_it_sees_and_with_nothing_else(mode, place):
    kernels, layer = [np.ones((3, 2)), np.ones((2, 3))], FilterSettings(2, 2, mode)
    image = np.zeros((40, 40))
    spans = []
    for axis, at in zip(chain.receptive_fields(kernels, layer)[-1], place, strict=True):
        start = axis.centre - (axis.size - 1) / 2 + at * axis.jump
        assert start.is_integer()
        spans.append((int(start), int(start) + axis.size))
    (top, bottom), (left, right) = spans
    image[:] = np.nan
    image[top:bottom, left:right] = 1
    assert np.isfinite(_value(image, kernels, layer, place))
    for row, column in ((top, left), (bottom - 1, right - 1)):
        image[row, column] = np.nan
        assert np.isnan(_value(image, kernels, layer, place))
        image[row, column] = 1


def _value(image: np.ndarray, kernels: list[np.ndarray], layer: FilterSettings, place: tuple[int, int]) -> float:
    """One value of a chain by PyTorch, which lets NaN through."""
    x = torch.tensor(image)[None, None]
    for weights in kernels:
        (top, bottom), (left, right) = padding_margins(weights, layer)
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        x = torch.nn.functional.conv2d(
            x, torch.tensor(weights)[None, None], stride=layer.stride, dilation=layer.dilation
        )
    return float(x[0, 0][place])


def test_no_single_kernel_does_what_relu_does():
    kernels = [weights_of("Sobel"), weights_of("Box blur")]
    assert chain.equivalent_kernel(kernels, FilterSettings(relu=True)) is None
    assert chain.equivalent_kernel(kernels[:1], FilterSettings(relu=True)) is not None
    with pytest.raises(ValueError, match="no single kernel"):
        chain.largest_difference(np.zeros((50, 50)), kernels, FilterSettings(relu=True))
    with pytest.raises(ValueError, match="Filter 2: The kernel reaches over 5 × 5"):
        chain.run_chain(np.zeros((6, 6)), [np.ones((3, 3)), np.ones((5, 5))], FilterSettings(padding_mode="valid"))


# Waves


@settings(max_examples=40, deadline=None)
@given(kernels_of_numbers, st.integers(0, 16), st.integers(0, 16))
def test_the_gain_is_what_happens_to_a_wave(w, down, right):
    rows, columns = np.indices((32, 32))
    phase = 2 * np.pi * (down * rows + right * columns) / 32
    layer = FilterSettings(padding_mode="circular")
    answer = apply_kernel(np.cos(phase), w, layer) + 1j * apply_kernel(np.sin(phase), w, layer)
    wanted = frequency.wave_gain(w, np.array(down / 32), np.array(right / 32))
    np.testing.assert_allclose(np.abs(answer), wanted, atol=1e-4 * (1 + np.abs(w).sum()))


def test_the_gain_against_scipy():
    row = np.array([1.0, 4, 6, 4, 1]) / 16
    frequencies, runs = frequency.gain_profiles(row[None, :])
    _, wanted = signal.freqz(row, worN=2 * np.pi * frequencies)
    np.testing.assert_allclose(runs["to the right"], np.abs(wanted), atol=1e-12)
    np.testing.assert_allclose(runs["downwards"], 1)
    assert set(runs) == set(frequency.DIRECTIONS)
    whole = frequency.gain_map(weights_of("Gabor"))
    assert whole.shape == (frequency.MAP_SIZE, frequency.MAP_SIZE)
    peak = np.unravel_index(whole.argmax(), whole.shape)
    assert abs(abs(peak[1] - 32) / 64 - 1 / 4) < 0.05  # waves of 4 pixels, to the right
    assert abs(peak[0] - 32) < 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gaussian blur 7 sigma=1.5", "Low-pass"),
        ("Box blur 5", "Low-pass"),
        ("Motion blur 9 angle=0", "Low-pass: flat areas come through in full, fine waves are held back; most of all"),
        ("Laplacian 3", "High-pass"),
        ("Laplacian of Gaussian 9 sigma=1.5", "Band-pass"),
        ("Gabor 11 sigma=2 angle=45 wavelength=4", "Band-pass: flat areas are blocked, and the finest waves are held"),
        ("Sharpen 3", "High-boost"),
        ("Shift 5 right=2", "All-pass"),
        ("0 0; 0 0", "Nothing comes through"),
    ],
)
def test_the_verdict(text, words):
    assert frequency.describe_gain(parse_kernel(text).weights).startswith(words)


def test_the_verdict_says_which_way():
    for angle in (0, 45, 90, -45):
        said = frequency.describe_gain(weights_of("Gabor", 11, sigma=2, angle=angle, wavelength=4))
        assert said.endswith(f"that run at {angle % 180}°.")
    assert "that run at" not in frequency.describe_gain(weights_of("Laplacian"))


# Edges


@pytest.mark.parametrize("operator", edges.OPERATORS)
def test_strength_and_direction_against_scipy_and_geometry(operator):
    for angle in (0, 30, 90, 135, -120, 180):
        picture = draw_pattern("Gradient", angle=angle)[..., 0]
        slopes = edges.edge_gradient(picture, operator, FilterSettings(), 5)
        middle = slopes.direction[60:-60, 60:-60]
        off = (middle - angle + 180) % 360 - 180
        assert abs(np.median(off)) < 8  # whole numbers of brightness make small steps
    grey = to_grey(load_photo("camera"))
    ours = edges.edge_gradient(grey, "Sobel", FilterSettings(padding_mode="replicate"))
    theirs = [ndimage.sobel(grey.astype(float), axis=axis, mode="nearest") for axis in (1, 0)]
    np.testing.assert_allclose(ours.x, theirs[0])
    np.testing.assert_allclose(ours.y, theirs[1])
    np.testing.assert_allclose(ours.magnitude, np.hypot(*theirs), rtol=1e-5)


def test_directions_have_colours():
    wheel = edges.direction_wheel(101)
    assert wheel.shape == (101, 101, 4)
    assert wheel[0, 0, 3] == 0
    assert wheel[50, 99, :3].tolist() == pytest.approx([255, 64, 64], abs=12)  # to the right: red
    picture = draw_pattern("Edge", angle=0)[..., 0]
    image = edges.direction_rgb(edges.edge_gradient(picture, "Sobel", FilterSettings(padding_mode="replicate")))
    assert image[100, 128].tolist() == pytest.approx([255, 64, 64], abs=2)
    assert image[100, 20].tolist() == [0, 0, 0]
    flat = edges.direction_rgb(
        edges.edge_gradient(np.full((5, 5), 7), "Sobel", FilterSettings(padding_mode="replicate"))
    )
    assert not flat.any()
    with pytest.raises(ValueError, match="operator is “Canny”: choose Sobel"):
        edges.edge_gradient(picture, "Canny", FilterSettings())


# Files


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 11), st.integers(1, 11)), elements=st.floats(-1e6, 1e6)))
def test_files_hold_exactly_these_weights(w):
    kernel = Kernel(w)
    stored = json.loads(export.to_json([kernel], FilterSettings(stride=2)))
    np.testing.assert_array_equal(stored["kernels"][0]["weights"], w)
    assert stored["layer"]["stride"] == 2
    np.testing.assert_array_equal(np.loadtxt(io.StringIO(export.to_csv(w)), delimiter=",", ndmin=2), w)
    np.testing.assert_array_equal(np.load(io.BytesIO(export.to_npy(w)), allow_pickle=False), w)


def test_the_python_file_runs():
    image = np.random.default_rng(0).integers(0, 256, (20, 21), dtype=np.uint8)
    w, layer = weights_of("Gabor", 7), FilterSettings(stride=2, bias=3.0, relu=True)
    here = {"x": torch.tensor(image[None, None], dtype=torch.float32)}
    exec(export.to_torch(w, layer), here)
    np.testing.assert_allclose(here["y"][0, 0], apply_kernel(image, w, layer), rtol=1e-4, atol=1e-2)
    assert (
        json.loads(export.to_json([make_kernel(make_recipe("Sobel"))], layer))["kernels"][0]["recipe"]
        == "Sobel 3 angle=0"
    )
