"""One layer of every kind in one to three dimensions against PyTorch; the inverse questions against brute force."""

import warnings

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_core.geometry import conv_output_size, solve_padding
from cnn_core.shapes import calculator
from cnn_core.shapes.calculator import (
    KINDS,
    SETTINGS,
    AxisSettings,
    LayerCase,
    layer_report,
    output_curve,
    solve_settings,
    torch_source,
    uneven_padding,
)
from tests.golden import GOLDEN


@st.composite
def cases(draw, kind: str) -> LayerCase:
    """Any layer of a kind, most of which fit."""
    dims = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 3))
    pools = "pooling" in kind  # PyTorch pads a pooling by half its kernel at the most
    ways = tuple(
        AxisSettings(
            size=draw(st.integers(1, 9)),
            kernel=(kernel := draw(st.integers(1, 4))),
            stride=draw(st.integers(1, 3)),
            padding=draw(st.integers(0, kernel // 2 + draw(st.sampled_from([0, 0, 0, 1])) if pools else 3)),
            dilation=draw(st.integers(1, 3)),
            output_padding=draw(st.integers(0, 2)),
            bins=draw(st.integers(1, 5)),
        )
        for _ in range(dims)
    )
    flags = draw(st.booleans()), draw(st.booleans())
    return LayerCase(kind, groups * draw(st.integers(1, 2)), ways, groups * draw(st.integers(1, 2)), groups, *flags)


def module_of(case: LayerCase) -> nn.Module:
    """PyTorch's layer of the same settings."""
    dims = len(case.axes)
    kernel, stride, padding, dilation, extra, bins = (
        tuple(getattr(way, name) for way in case.axes)
        for name in ("kernel", "stride", "padding", "dilation", "output_padding", "bins")
    )
    make = lambda name: getattr(nn, f"{name}{dims}d")  # noqa: E731
    channels = (case.channels, case.filters)
    match case.kind:
        case "Convolution":
            return make("Conv")(*channels, kernel, stride, padding, dilation, case.groups, case.bias)
        case "Transposed convolution":
            return make("ConvTranspose")(
                *channels, kernel, stride, padding, extra, groups=case.groups, bias=case.bias, dilation=dilation
            )
        case "Max pooling":
            return make("MaxPool")(kernel, stride, padding, dilation, ceil_mode=case.ceil_mode)
        case "Average pooling":
            return make("AvgPool")(kernel, stride, padding, ceil_mode=case.ceil_mode)
        case "Adaptive pooling":
            return make("AdaptiveAvgPool")(bins)
        case "Linear":
            return nn.Sequential(nn.Flatten(), nn.Linear(case.input_shape[0], case.filters, case.bias))
        case "Batch norm":
            return make("BatchNorm")(case.channels)
    return nn.Flatten()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_agrees_with_torch(kind: str) -> None:
    fitted = 0

    @settings(max_examples=120, deadline=None)
    @given(cases(kind))
    def check(case: LayerCase) -> None:
        nonlocal fitted
        if kind == calculator.AVERAGE_POOLING and len(case.axes) == 3:
            # AvgPool3d alone forgets its padding when it asks whether a window fits
            assume(all(way.kernel <= way.size for way in case.axes))
        x = torch.zeros(2, case.channels, *(way.size for way in case.axes))
        try:
            module = module_of(case).eval()
            with warnings.catch_warnings(), FlopCounterMode(display=False) as counter:
                warnings.simplefilter("ignore")
                y = module(x)
            assert y.numel()  # torch allows a transposed convolution that leaves nothing; here it is refused
        except (RuntimeError, ValueError, AssertionError):
            with pytest.raises(ValueError, match=r"\w"):
                layer_report(case)
            return
        ours = layer_report(case)
        fitted += 1
        assert ours.output_shape == tuple(y.shape[1:])
        from_source = eval(torch_source(case), {"nn": nn}).eval()
        assert from_source(x).shape == y.shape
        assert [p.shape for p in from_source.parameters()] == [p.shape for p in module.parameters()]
        assert ours.parameters == sum(p.numel() for p in module.parameters())
        assert ours.output_values == y[0].numel()
        assert ours.output_bytes == y[0].numel() * y.element_size()
        if (
            kind != "Transposed convolution"
        ):  # torch counts a transposed convolution by its output, as if none overlapped
            assert ours.flops * 2 == counter.get_total_flops()

    check()
    assert fitted > 20


def test_the_work_of_a_transposed_convolution_is_that_of_the_convolution_it_undoes() -> None:
    way = AxisSettings(7, kernel=3, stride=2, padding=1)
    up = layer_report(LayerCase(calculator.TRANSPOSED_CONVOLUTION, 8, (way, way), 4))
    size = up.output_shape[1]
    down = layer_report(LayerCase(calculator.CONVOLUTION, 4, (AxisSettings(size, 3, 2, 1),) * 2, 8))
    assert down.output_shape == (8, 7, 7)
    assert up.macs == down.macs
    assert up.weights == down.weights


@pytest.mark.parametrize("question", GOLDEN["first_layer_questions"])
def test_first_layer_questions(question: dict) -> None:
    channels, *sizes = question["input"]
    ways = tuple(AxisSettings(size, question["kernel"], question["stride"], question["padding"]) for size in sizes)
    ours = layer_report(LayerCase(calculator.CONVOLUTION, channels, ways, question["filters"]))
    assert list(ours.output_shape) == question["out"]
    assert ours.parameters == question["parameters"]


@pytest.mark.parametrize("case", GOLDEN["output_sizes"])
def test_every_setting_of_a_course_question_is_found_again(case: dict) -> None:
    way = AxisSettings(case["size"], case["kernel"], case["stride"], case["padding"], case["dilation"])
    found = solve_settings(way, case["out"])
    for name in SETTINGS:
        assert getattr(way, name) in found[name]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 14),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(1, 4),
    st.integers(1, 16),
)
def test_the_inverse_finds_all_values_and_no_others(
    size: int, kernel: int, stride: int, padding: int, dilation: int, out: int
) -> None:
    way = AxisSettings(size, kernel, stride, padding, dilation)
    found = solve_settings(way, out)
    for name in SETTINGS:
        wanted = [value for value, reached in output_curve(calculator.CONVOLUTION, way, name) if reached == out]
        if name == "stride" and out == 1:
            wanted = wanted[:1]  # every longer stride leaves one window too
        if name == "dilation" and kernel == 1:
            wanted = wanted[:1]
        most = calculator.MAX_SETTINGS[name]
        assert [value for value in found[name] if value <= most] == wanted, name


def test_curves_leave_out_what_does_not_fit() -> None:
    way = AxisSettings(5, kernel=3)
    assert output_curve(calculator.CONVOLUTION, way, "kernel") == [(k, 6 - k) for k in range(1, 6)]
    assert output_curve(calculator.MAX_POOLING, way, "padding") == [(0, 3), (1, 5)]
    assert output_curve(calculator.TRANSPOSED_CONVOLUTION, way, "stride")[:3] == [(1, 7), (2, 11), (3, 15)]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (LayerCase("Fold", 3, (AxisSettings(5),)), "Kind is 'Fold': choose one of Convolution"),
        (LayerCase(calculator.CONVOLUTION, 0, (AxisSettings(5),)), "Channels is 0"),
        (
            LayerCase(calculator.CONVOLUTION, 3, (AxisSettings(5),), 4, groups=2),
            "must divide both the 3 input channels",
        ),
        (
            LayerCase(calculator.TRANSPOSED_CONVOLUTION, 3, (AxisSettings(5, output_padding=1),)),
            "Output padding is 1: it must be smaller than",
        ),
        (
            LayerCase(calculator.TRANSPOSED_CONVOLUTION, 1, (AxisSettings(1, padding=2),)),
            "Padding 2 cuts away all 1 cells of the output; padding 0",
        ),
        (LayerCase(calculator.ADAPTIVE_POOLING, 1, (AxisSettings(5, bins=0),)), "Output size is 0"),
        (LayerCase(calculator.CONVOLUTION, 1, (AxisSettings(3, kernel=5),)), "padding 1 or more would"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(case: LayerCase, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        layer_report(case)


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.integers(1, 40))
def test_uneven_padding_is_the_answer_where_no_even_one_is(
    size: int, kernel: int, stride: int, dilation: int, out: int
) -> None:
    sides = uneven_padding(AxisSettings(size, kernel, stride=stride, dilation=dilation), out)
    even = solve_padding(size, kernel, out, stride=stride, dilation=dilation)
    if sides is None:
        pairs = [(before, before + 1) for before in range(60)]
        fits = [pair for pair in pairs if _size(size, kernel, stride, pair, dilation) == out]
        assert even or not fits
    else:
        assert not even
        assert _size(size, kernel, stride, sides, dilation) == out


def _size(size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int) -> int:
    """0 where the kernel does not fit."""
    try:
        return conv_output_size(size, kernel, stride=stride, padding=padding, dilation=dilation)
    except ValueError:
        return 0
