"""Pasted nn.Sequential source becomes a network, and hostile source a sentence."""

import pytest

from cnn_core.networks import PRESETS, preset
from cnn_core.networks.export import to_source
from cnn_core.networks.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
)
from cnn_core.networks.read_sequential import read_sequential
from tests.cnn_core.networks.drawn import BRANCHED


def test_a_pasted_sequential() -> None:
    source = """
model = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=(3, 5), padding="same"), nn.BatchNorm2d(16), nn.ReLU(inplace=True),
    torch.nn.MaxPool2d(2, ceil_mode=True),
    nn.Sequential(nn.Conv2d(in_channels=16, out_channels=8, kernel_size=1, bias=False), nn.LeakyReLU(-0.0 + 0.2)
        if False else nn.LeakyReLU(0.2)),
    nn.Flatten(), nn.Linear(in_features=999, out_features=10),
)"""
    with pytest.raises(ValueError, match="Only layers such as"):
        read_sequential(source, (3, 8, 8))
    source = source.replace("nn.LeakyReLU(-0.0 + 0.2)\n        if False else ", "")
    layers = read_sequential(source, (3, 8, 8)).layers
    assert layers == (
        Conv2d(16, (3, 5), padding="same"),
        BatchNorm(),
        ReLU(),
        MaxPool2d(2, ceil_mode=True),
        Conv2d(8, 1, bias=False),
        LeakyReLU(0.2),
        Flatten(),
        Linear(10),
    )


@pytest.mark.parametrize("name", ["Tiny CNN", "LeNet-5", "A", "B-net1", "C", "E", "AlexNet", "VGG-11"])
def test_our_own_source_and_torchs_repr_come_back(name: str) -> None:
    spec = preset(name)
    inside = to_source(spec).split("    return ")[1].split("\n\n\nif __name__")[0]
    assert read_sequential(inside, spec.input_shape).layers == spec.layers
    if spec.total_parameters < 1e7:
        printed = ", ".join(f"nn.{module!r}" for module in spec.build(seed=0))
        again = read_sequential(f"nn.Sequential({printed})", spec.input_shape).to_spec()
        assert [row.output_shape for row in again.summary()] == [row.output_shape for row in spec.summary()]
        assert again.total_parameters == spec.total_parameters


@pytest.mark.parametrize("name", ["Branched", *PRESETS])
def test_a_file_that_was_taken_home_comes_back(name: str) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    assert read_sequential(to_source(spec), spec.input_shape).layers == spec.layers


DEEP = "Residual(body=nn.Sequential(" * 6 + "nn.ReLU()" + "), shortcut=nn.Sequential())" * 6


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nn.Sequential(Residual(nn.ReLU()))", "Residual needs body=… and shortcut=…"),
        (
            "nn.Sequential(Residual(body=nn.ReLU(), shortcut=nn.Sequential()))",
            "Every part of Residual must be an nn.Sequential",
        ),
        ("nn.Sequential(Residual(body=nn.Sequential(), shortcut=nn.Sequential()))", "The body is empty"),
        ("nn.Sequential(Branches(branch1=nn.Sequential()))", "The block has 1 branch"),
        ("nn.Sequential(Branches(a=nn.Sequential(), b=nn.Sequential()))", "Branches needs branch1=…, branch2=…"),
        ("nn.Sequential(Branches(**{}))", "Every part of Branches must be an nn.Sequential"),
        (f"nn.Sequential({DEEP})", "Blocks are nested more than 4 deep"),
        ("", "There are 0 nn.Sequential"),
        ("nn.Sequential(", "This is no Python that can be read"),
        ("nn.Sequential()", "holds no layers"),
        ("nn.Sequential(nn.ReLU()); nn.Sequential(nn.ReLU())", "There are 2 nn.Sequential"),
        ("nn.Sequential(__import__('os').system('true'))", "is no layer that is known here"),
        ("nn.Sequential(nn.Conv2d(3, 8, open('x')))", "Line 1: Only plain numbers can stand here"),
        ("nn.Sequential(nn.Conv2d(3, 8, 3, **{}))", "has no argument"),
        ("nn.Sequential(nn.Conv2d(3, 8))", "nn.Conv2d lacks an argument"),
        ("nn.Sequential(nn.Conv2d(3, 8, -1))", "Line 1: Kernel size is -1"),
        ("nn.Sequential(nn.Conv2d(3, 10**99, 1))", "Only plain numbers"),
        ("nn.Sequential(nn.Conv2d(3, " + "9" * 5000 + ", 1))", "no Python|Filters is|Only plain"),
        ("nn.Sequential(nn.Transformer())", "“Transformer” is no layer"),
        ("nn.Sequential(*layers)", "Only layers such as"),
        ("nn.Sequential([nn.ReLU()])", "Only layers such as"),
        ("nn.Sequential(" * 60 + "nn.ReLU()" + ")" * 60, "nested more than 20 deep"),
        ("(" * 5000, "This is no Python"),
        ("nn.Sequential(nn.Conv2d(1, 8, 3))", "Its first convolution takes 1 channels, the input has 3"),
        ("nn.Sequential(nn.ReLU(1, 2, 3))", "takes at most 1 arguments"),
        ("x" * 300_000, "at most 200,000"),
        ("evil.Sequential(nn.ReLU())", "There are 0"),
        ("nn.Sequential(nn.BatchNorm2d(3, eps=0.1))", "Eps is 0.1: only 1e-05 is known here"),
    ],
)
def test_hostile_source_gets_a_sentence_and_runs_nothing(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_sequential(source, (3, 8, 8))


def test_dropout_survives_the_round_trip() -> None:
    assert read_sequential("nn.Sequential(nn.Dropout(0.3))", (1, 4, 4)).layers == (Dropout(0.3),)
