"""The sentences on pictures that move: they say the numbers that were measured."""

from cnn_core.experiments import explain
from cnn_core.experiments.shifts import STAGES


def table(none: list[float], largest: list[float], mean: list[float], strided: list[float]) -> dict[str, list[float]]:
    return dict(zip(STAGES, (none, largest, mean, strided), strict=True))


def test_findings_say_the_numbers() -> None:
    said = explain.describe_changes(
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
    said = explain.describe_changes(table([0, *[1.204] * 4], [0, *[0.816] * 4], [0, *[1.0] * 4], [0, *[1.0] * 4]), 1)
    assert "**120%** without pooling, **82%** after max pooling" in said[0]
    assert f"changes {120 - 82} percentage points less" in said[1]  # not 39, which 1.204 − 0.816 rounds to
    assert f"by {120 - 82} points" in said[1]


def test_findings_admit_when_max_pooling_does_not_win() -> None:
    worse = explain.describe_changes(
        table([0, 0.5, 0.5, 0.5, 0.5], [0, *[0.7] * 4], [0, *[0.4] * 4], [0, *[0.3] * 4]), 2
    )
    assert "Max pooling changes 20 percentage points more than no pooling here." in worse[1]
    assert "It helps at no shift from 1 to 4." in worse[1]
    assert worse[2] == "Strided convolution changes least at every shift. Max pooling is not the steadiest here."
    mixed = explain.describe_changes(
        table([0, 0.5, 0.5, 0.5, 0.5], [0, 0.4, 0.6, 0.4, 0.6], [0, 0.3, 0.7, 0.5, 0.7], [0, 1, 1, 1, 0.2]), 1
    )
    assert "It lowers the change at 1 and 3 pixels" in mixed[1]
    assert mixed[2] == (
        "Least changed: Average pooling at 1; No pooling at 2; Max pooling at 3; Strided convolution at 4 pixels."
    )


def test_findings_of_a_picture_that_did_not_move() -> None:
    nothing = table(*[[0, 1, 1, 1, 1]] * 4)
    assert explain.describe_changes(nothing, 0)[0] == "Not moved, nothing changes: all four are at 0%."
