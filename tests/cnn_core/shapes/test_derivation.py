"""The worked steps end in the number that the geometry gives, and the sentences name what is left over."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.geometry import Bins, Window
from cnn_core.networks import AvgPool2d, Conv2d, MaxPool2d
from cnn_core.shapes.calculator import KINDS, AxisSettings, LayerCase, layer_report
from cnn_core.shapes.derivation import (
    align_steps,
    bin_steps,
    latex_int,
    mac_steps,
    parameter_steps,
    size_steps,
    transposed_steps,
)
from cnn_core.shapes.explain import describe_leftovers

COURSE = Conv2d(36, 5, stride=2, padding=1)
COURSE_CASE = LayerCase("Convolution", 3, (AxisSettings(32, 5, 2, 1), AxisSettings(32, 5, 2, 1)), 36)


def test_steps_of_the_course_example() -> None:
    steps = size_steps(COURSE.windows((3, 32, 32))[0], "H")
    assert steps[1].startswith(r"= \left\lfloor \frac{32 + 2 \cdot 1 - 5}{2} \right\rfloor + 1")
    assert steps[2] == r"= \left\lfloor 14\tfrac{1}{2} \right\rfloor + 1 = 14 + 1 = 15"
    assert parameter_steps(COURSE_CASE)[1:3] == [r"= 36\,(3 \cdot 5 \cdot 5) + 36", r"= 36 \cdot 75 + 36"]
    assert mac_steps(COURSE_CASE)[-1] == r"= 15 \cdot 15 \cdot 2{,}700 = 607{,}500"


def test_a_dropped_ceil_window_is_said() -> None:
    axis = MaxPool2d(2, 3, padding=1, ceil_mode=True).windows((1, 4, 4))[0]
    assert "it would start at 6, beyond input + left padding (4 + 1), so it is dropped" in describe_leftovers(
        axis, "row"
    )
    assert size_steps(axis, "H")[-1].endswith("3 - 1 = 2")


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2), st.integers(1, 3), st.booleans())
@settings(max_examples=150, deadline=None)
def test_steps_end_in_the_output_size(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> None:
    for layer in (
        Conv2d(1, kernel, stride, padding, dilation),
        MaxPool2d(kernel, stride, padding, ceil_mode, dilation),
        AvgPool2d(kernel, stride, padding, ceil_mode),
    ):
        try:
            axis = layer.windows((1, size, size))[0]
        except ValueError:
            continue
        assert size_steps(axis, "H")[-1].endswith(f"= {axis.out}")
        assert sum(count for _, count in axis.unvisited_runs) == axis.counts.count(0)
        assert describe_leftovers(axis, "row").endswith(".")


@given(
    st.sampled_from(KINDS), st.integers(1, 3), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.booleans()
)
@settings(max_examples=200, deadline=None)
def test_counts_end_in_the_parameters_and_macs(
    kind: str, dims: int, filters: int, groups: int, kernel: int, bias: bool
) -> None:
    case = LayerCase(kind, 2 * groups, (AxisSettings(9, kernel, bins=3),) * dims, filters * groups, groups, bias)
    found = layer_report(case)
    parameters, macs = parameter_steps(case), mac_steps(case)
    assert bool(parameters) == bool(found.parameters)
    assert bool(macs) == bool(found.macs)
    if parameters:
        assert latex_int(found.parameters) in parameters[-1]
    if macs:
        assert macs[-1].endswith(f"= {latex_int(found.macs)}")


@given(
    st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(0, 3)
)
@settings(max_examples=150, deadline=None)
def test_a_transposed_convolution_is_drawn_as_the_one_it_undoes(
    size: int, kernel: int, stride: int, padding: int, dilation: int, extra: int
) -> None:
    way = AxisSettings(size, kernel, stride, padding, dilation, extra)
    try:
        out = layer_report(LayerCase("Transposed convolution", 1, (way,))).output_shape[1]
    except ValueError:
        return
    assert transposed_steps(way, "H")[-1].endswith(f"= {out}")
    (axis,) = LayerCase("Transposed convolution", 1, (way,)).windows
    assert isinstance(axis, Window)
    assert (axis.size, axis.out) == (out, size)
    assert sum(axis.counts) == size * kernel  # every input writes as many cells as the kernel has


def test_the_bins_of_an_adaptive_pooling() -> None:
    steps = bin_steps(Bins(5, 2), "H")
    assert steps[1].endswith(r"= 1 \;\ldots\; 3")  # ⌊0/2⌋ + 1 … ⌈5/2⌉
    assert steps[2].endswith(r"= 3 \;\ldots\; 5")  # ⌊5/2⌋ + 1 … ⌈10/2⌉
    assert align_steps(steps).count("&") == len(steps) == 3
    assert len(bin_steps(Bins(12, 4), "W")) == 5
    many = bin_steps(Bins(12, 7), "W")  # the first three and the last
    assert [step.partition(" &")[0] for step in many[1:4]] == ["i = 1", "i = 2", "i = 3"]
    assert many[-1].startswith("i = 7")
    assert r"\vdots" in many[-2]
