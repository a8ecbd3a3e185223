"""Sizes against torch, inverse problems against brute force, receptive fields against what a network really reads."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_core.geometry import (
    Bins,
    ReceptiveField,
    Window,
    conv_macs,
    conv_output_size,
    conv_parameters,
    pool_output_size,
    same_padding,
    solve_kernel,
    solve_padding,
)
from tests.golden import GOLDEN

SIZES, KERNELS, STRIDES = st.integers(1, 20), st.integers(1, 6), st.integers(1, 5)


@pytest.mark.parametrize("case", GOLDEN["output_sizes"])
def test_sizes_the_courses_ask_for(case: dict[str, int]) -> None:
    where = {name: case[name] for name in ("stride", "padding", "dilation")}
    assert conv_output_size(case["size"], case["kernel"], **where) == case["out"]


def test_pooling_halves_504() -> None:
    assert pool_output_size(504, 2) == 504 // 2


@given(SIZES, KERNELS, STRIDES, st.integers(0, 4), st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_convolution_sizes_agree_with_torch(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    layer = nn.Conv1d(1, 1, kernel, stride, padding, dilation)
    try:
        expected = layer(torch.zeros(1, 1, size)).shape[-1]
    except RuntimeError:
        with pytest.raises(ValueError, match="does not fit"):
            conv_output_size(size, kernel, stride=stride, padding=padding, dilation=dilation)
    else:
        assert conv_output_size(size, kernel, stride=stride, padding=padding, dilation=dilation) == expected


@given(SIZES, KERNELS, STRIDES, st.integers(0, 4), st.integers(1, 3), st.booleans())
@settings(max_examples=250, deadline=None)
def test_pooling_sizes_agree_with_torch(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> None:
    layer = nn.MaxPool1d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
    where = {"stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    try:
        expected = layer(torch.zeros(1, 1, size)).shape[-1]
    except RuntimeError:
        with pytest.raises(ValueError, match="padding"):
            pool_output_size(size, kernel, **where)
    else:
        assert pool_output_size(size, kernel, **where) == expected


def test_ceil_mode_drops_a_window_that_would_start_in_the_right_padding() -> None:
    # ⌈(4 + 2·1 − 2) / 3⌉ + 1 = 3, but window 3 would start at 2·3 = 6 ≥ 4 + 1.
    assert pool_output_size(4, 2, stride=3, padding=1, ceil_mode=True) == 3 - 1


@given(SIZES, KERNELS, STRIDES, st.integers(1, 3), st.integers(1, 25))
@settings(max_examples=150, deadline=None)
def test_solved_paddings_are_all_there_are(size: int, kernel: int, stride: int, dilation: int, out: int) -> None:
    def works(padding: int) -> bool:
        room = size + 2 * padding - (dilation * (kernel - 1) + 1)
        return room >= 0 and room // stride + 1 == out

    expected = [padding for padding in range(200) if works(padding)]
    assert solve_padding(size, kernel, out, stride=stride, dilation=dilation) == expected


@given(SIZES, st.integers(0, 4), STRIDES, st.integers(1, 3), st.integers(1, 25))
@settings(max_examples=150, deadline=None)
def test_solved_kernels_are_all_there_are(size: int, padding: int, stride: int, dilation: int, out: int) -> None:
    def works(kernel: int) -> bool:
        room = size + 2 * padding - (dilation * (kernel - 1) + 1)
        return room >= 0 and room // stride + 1 == out

    expected = [kernel for kernel in range(1, 60) if works(kernel)]
    assert solve_kernel(size, out, stride=stride, padding=padding, dilation=dilation) == expected


def test_inverse_questions_of_the_courses() -> None:
    assert solve_padding(32, 5, 32) == [(5 - 1) // 2]
    assert solve_kernel(512, 504) == [512 - 504 + 1]
    assert solve_padding(32, 4, 32) == []


@pytest.mark.filterwarnings("ignore:Using padding:UserWarning")  # torch on its own speed
@given(KERNELS, st.integers(1, 3), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_same_padding_keeps_the_size_and_pads_as_torch_does(kernel: int, dilation: int, size: int) -> None:
    before, after = same_padding(kernel, dilation=dilation)
    assert conv_output_size(size, kernel, padding=(before, after), dilation=dilation) == size
    assert after - before in (0, 1)
    x, w = torch.randn(1, 1, size), torch.randn(1, 1, kernel)
    padded = nn.functional.conv1d(nn.functional.pad(x, (before, after)), w, dilation=dilation)
    torch.testing.assert_close(padded, nn.functional.conv1d(x, w, padding="same", dilation=dilation))


@given(SIZES, KERNELS, STRIDES, st.integers(0, 3), st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_visits_count_the_windows_that_read_each_cell(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    assume(size + 2 * padding >= dilation * (kernel - 1) + 1)
    x = torch.zeros(1, 1, size + 2 * padding, requires_grad=True)
    nn.functional.conv1d(x, torch.ones(1, 1, kernel), stride=stride, dilation=dilation).sum().backward()
    assert x.grad is not None
    counts = Window.for_convolution(size, kernel, stride=stride, padding=padding, dilation=dilation).counts
    assert list(counts) == x.grad[0, 0].int().tolist()


@st.composite
def pooling_windows(draw: st.DrawFn) -> Window:
    """Windows of all kinds, padded unevenly too; those that PyTorch's pooling refuses are left out."""
    kernel = draw(KERNELS)
    padding = st.integers(0, kernel // 2)
    window = Window(
        draw(SIZES), kernel, draw(STRIDES), draw(padding), draw(padding), draw(st.integers(1, 3)), draw(st.booleans())
    )
    assume(window.out > 0)
    return window


def read_by_torch(window: Window) -> torch.Tensor:
    """For each window a row that is 1 at the cells of the padded axis that PyTorch reads; `reach` columns."""
    cells = torch.eye(window.reach)[:, None]
    ones = torch.ones(1, 1, window.kernel)
    return nn.functional.conv1d(cells, ones, stride=window.stride, dilation=window.dilation)[:, 0].T[: window.out]


@given(SIZES, KERNELS, STRIDES, st.integers(0, 4), st.integers(0, 4), st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_windows_of_uneven_padding_are_as_many_as_torchs(
    size: int, kernel: int, stride: int, before: int, after: int, dilation: int
) -> None:
    window = Window(size, kernel, stride, before, after, dilation)
    padded = nn.functional.pad(torch.zeros(1, 1, size), (before, after))
    try:
        expected = nn.functional.conv1d(padded, torch.zeros(1, 1, kernel), stride=stride, dilation=dilation).shape[-1]
    except RuntimeError:
        expected = 0
    assert window.out == expected
    assert (window.room < 0) == (expected == 0)


@given(pooling_windows())
@settings(max_examples=200, deadline=None)
def test_windows_read_the_cells_that_torch_reads(window: Window) -> None:
    read = read_by_torch(window)
    assert len(read) == window.out
    for i, row in enumerate(read):
        cells = row.nonzero().flatten().tolist()
        assert list(window.padded_cells(i)) == [cell for cell in cells if cell < window.padded_size]
        assert list(window.cells(i)) == [
            cell - window.before for cell in cells if 0 <= cell - window.before < window.size
        ]
    assert list(window.counts) == read.sum(dim=0).int().tolist()[: window.padded_size]
    assert sum(length for _, length in window.unvisited_runs) == window.counts.count(0)


@given(pooling_windows())
@settings(max_examples=150, deadline=None)
def test_kernel_cells_and_their_readers_agree_with_the_windows(window: Window) -> None:
    axis = list(range(window.reach))
    for tap in range(window.kernel):
        met = axis[window.tap_slice(tap)]
        assert met == [i * window.stride + tap * window.dilation for i in range(window.out)]
        assert axis[window.tap_slice(tap, 1)] == met[:1]
        readers = {cell: window.reader(cell, tap) for cell in range(window.size)}
        assert readers == {
            cell: met.index(cell + window.before) if cell + window.before in met else None for cell in readers
        }


@given(SIZES, st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_bins_are_those_of_torchs_adaptive_pooling(size: int, out: int) -> None:
    shares = nn.functional.adaptive_avg_pool1d(torch.eye(size)[:, None], out)[:, 0].T
    bins = Bins(size, out)
    assert [row.nonzero().flatten().tolist() for row in shares] == [list(cells) for cells in bins.all_cells]


def test_bins_share_cells_where_the_size_does_not_divide() -> None:
    assert [list(cells) for cells in Bins(5, 2).all_cells] == [[0, 1, 2], [2, 3, 4]]  # ⌊5/2⌋ = 2, ⌈5/2⌉ = 3
    assert [list(cells) for cells in Bins(6, 2).all_cells] == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"size": 0, "kernel": 1}, "Size is 0: it must be a whole number of at least 1"),
        ({"size": 4, "kernel": 1.5}, "Kernel is 1.5"),
        ({"size": 4, "kernel": 1, "after": -1}, "Padding after is -1"),
        ({"size": 4, "kernel": 1, "dilation": 0}, "Dilation is 0"),
    ],
)
def test_a_window_of_impossible_numbers_is_refused(fields: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Window(**fields)


def test_the_course_example_never_visits_the_last_padding_cell() -> None:
    counts = Window.for_convolution(32, 5, stride=2, padding=1).counts
    assert counts[-1] == 0
    assert min(counts[:-1]) >= 1


def test_receptive_field_is_what_the_gradient_reaches() -> None:
    stack = [(3, 1, 1, 1), (2, 2, 0, 1), (3, 1, 2, 2), (5, 2, 0, 1)]
    field, layers = ReceptiveField(), []
    for kernel, stride, padding, dilation in stack:
        field = field.through(kernel, stride=stride, padding=padding, dilation=dilation)
        layers.append(nn.Conv1d(1, 1, kernel, stride, padding, dilation))
        nn.init.ones_(layers[-1].weight)
    x = torch.zeros(1, 1, 80, requires_grad=True)
    y = nn.Sequential(*layers)(x)
    unit = 6  # far enough from the edge to see no padding
    y[0, 0, unit].backward()
    assert x.grad is not None
    seen = x.grad[0, 0].nonzero().flatten()
    assert field.size == int(seen[-1] - seen[0]) + 1
    assert field.centre + unit * field.jump == float(seen[0] + seen[-1]) / 2
    assert field.jump == 1 * 2 * 1 * 2


def test_counts_of_the_first_course_layer() -> None:
    assert conv_parameters(3, 36, (5, 5)) == 36 * 3 * 5 * 5 + 36
    assert conv_parameters(8, 12, (3, 1), groups=4, bias=False) == 12 * (8 // 4) * 3
    assert conv_macs(3, (36, 15, 15), (5, 5)) == 15 * 15 * 36 * 3 * 25


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 3, "kernel": 5}, "Kernel 5 does not fit a 3-wide input with padding 0; padding 1 or more would"),
        ({"size": 3, "kernel": 3, "dilation": 2}, r"Kernel 3 with dilation 2 \(spanning 5\) .* padding 1 or more"),
        ({"size": 0, "kernel": 3}, "Size is 0: it must be a whole number of at least 1"),
        ({"size": 5, "kernel": 3, "stride": 0}, "Stride is 0"),
        ({"size": 5, "kernel": 3, "padding": -1}, "Padding is -1"),
        ({"size": 5, "kernel": 3, "padding": (0, 1, 2)}, r"pair \(before, after\)"),
        ({"size": 5, "kernel": 2.5}, "Kernel is 2.5: it must be a whole number"),
        ({"size": 5, "kernel": True}, "Kernel is True"),
    ],
)
def test_impossible_settings_are_explained(arguments: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        conv_output_size(**arguments)


def test_pooling_and_groups_explain_what_would_be_right() -> None:
    with pytest.raises(ValueError, match=r"Padding 2 is more than half of kernel 3.* up to 1"):
        pool_output_size(9, 3, padding=2)
    with pytest.raises(ValueError, match="a kernel spanning at most 2 would"):
        pool_output_size(2, 3)
    with pytest.raises(ValueError, match="Groups is 4: it must divide both the 6 input channels and the 8 filters"):
        conv_parameters(6, 8, (3, 3), groups=4)
