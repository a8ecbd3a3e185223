"""Networks that several tests of this room use: one with branches, and strategies that draw random ones."""

from hypothesis import strategies as st

from cnn_core.networks import NetworkSpec
from cnn_core.networks.blocks import Branches, Residual
from cnn_core.networks.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout2d,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Tanh,
)
from tests.golden import GOLDEN

NETWORK_FIGURES = GOLDEN["networks"]


INCEPTION = Branches(
    (
        (Conv2d(4, 1), ReLU()),
        (Conv2d(3, 1), ReLU(), Conv2d(6, 3, padding=1), BatchNorm()),
        (MaxPool2d(3, 1, 1), Conv2d(2, 1)),
        (),
    )
)


BRANCHED = NetworkSpec(
    "Branched",
    (3, 12, 12),
    (Conv2d(5, 3), INCEPTION, ReLU(), Residual((INCEPTION, Conv2d(17, 1))), Flatten(), Linear(7)),
)


MIXED = NetworkSpec(
    "mixed",
    (4, 19, 23),
    (
        Conv2d(8, (3, 4), padding="same", dilation=2, groups=4, bias=False),
        LeakyReLU(0.2),
        MaxPool2d(3, 2, (1, 0), ceil_mode=True),
        Residual((Conv2d(6, 3, padding=1), BatchNorm(), ReLU()), (Conv2d(6, 1),)),
        Dropout2d(0.1),
        AvgPool2d((2, 3), stride=2, count_include_pad=False),
        AdaptiveAvgPool2d((2, 3)),
        Flatten(),
        Linear(7),
        BatchNorm(),
        Linear(5, bias=False),
    ),
)


plain = st.one_of(
    st.builds(Conv2d, st.integers(1, 6), st.integers(1, 3), padding=st.integers(0, 1), bias=st.booleans()),
    st.builds(Conv2d, st.integers(1, 6), st.tuples(st.integers(1, 3), st.integers(1, 3)), stride=st.integers(1, 2)),
    st.builds(MaxPool2d, st.integers(1, 2)),
    st.builds(AvgPool2d, st.integers(1, 2), ceil_mode=st.booleans()),
    st.sampled_from([BatchNorm(), ReLU(), ReLU6(), GELU(), Tanh(), ELU(), LeakyReLU(), AdaptiveAvgPool2d((3, 2))]),
)


def block(inner):
    """A block that fits wherever its input has two axes: its parts keep the size."""
    keep = st.lists(
        st.one_of(st.builds(Conv2d, st.just(4), st.just(3), padding=st.just(1)), st.just(ReLU()), inner), max_size=3
    ).map(tuple)
    return st.one_of(
        keep.map(lambda body: Residual((*body, Conv2d(4, 1)), (Conv2d(4, 1),))),
        st.lists(keep, min_size=2, max_size=3).map(lambda branches: Branches(tuple(branches))),
    )


@st.composite
def networks(draw) -> NetworkSpec:
    """Networks whose layers mostly fit; those that do not are drawn again."""
    layers = draw(st.lists(st.one_of(plain, block(st.just(Tanh()))), min_size=1, max_size=6))
    head = draw(st.sampled_from([(), (Flatten(), Linear(3)), (Flatten(), Linear(5, bias=False), ReLU(), Linear(2))]))
    shape = (draw(st.integers(1, 3)), draw(st.integers(6, 12)), draw(st.integers(6, 12)))
    for count in range(len(layers), 0, -1):
        try:
            return NetworkSpec("Drawn", shape, (*layers[:count], *head))
        except ValueError:
            continue
    return NetworkSpec("Drawn", shape, (ReLU(),))
