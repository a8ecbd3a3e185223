"""The coach: each remark on both sides of its threshold, nothing that numbers do not show, and real runs."""

import math
import re
import sys
from collections import Counter
from dataclasses import replace
from types import FrameType
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import Dataset, Split, load
from cnn_core.networks import preset
from cnn_core.runs import coach
from cnn_core.runs.coach import MAX_REMARKS, RULES, review_run
from cnn_core.runs.coach_evidence import Kind, Remark, chance_loss, collect_evidence
from cnn_core.training import TrainConfig, train
from cnn_core.training.events import EpochDone, Event, Failed, Started, StepDone
from cnn_core.training.objective import make_objective

CONFIG = TrainConfig(epochs=20, device="cpu")
LN10 = math.log(10)


def step(number: int, loss: float, norm: float | None = 1.0, epoch: int = 1) -> StepDone:
    return StepDone(number, epoch, loss, 0.5, 0.002, float(number), norm)


def steps(*losses: float, norms: tuple[float | None, ...] = ()) -> list[StepDone]:
    return [
        step(n, loss, norm) for n, (loss, norm) in enumerate(zip(losses, norms or (1.0,) * len(losses), strict=True), 1)
    ]


def epochs(train: list[float], val: list[float], *, accuracy: float = 0.5, dead: float | None = None):
    pairs = enumerate(zip(train, val, strict=True), 1)
    return [EpochDone(n, t, accuracy, v, accuracy, 0.002, float(n), dead) for n, (t, v) in pairs]


def said(
    config: TrainConfig = CONFIG, initial: float | None = LN10, steps=(), epochs=(), classes: int = 10
) -> dict[str, Remark]:
    return {remark.kind: remark for remark in review_run(config, classes, initial, steps, epochs)}


@pytest.mark.parametrize("loss", ["cross-entropy", "quadratic"])
@pytest.mark.parametrize("classes", [2, 10, 20])
def test_guessing_costs_what_the_loss_says(loss: str, classes: int) -> None:
    logits, labels = torch.zeros(classes, classes, dtype=torch.float64), torch.arange(classes)
    assert chance_loss(loss, classes) == pytest.approx(make_objective(loss)(logits, labels).item(), rel=1e-6)


@pytest.mark.parametrize(("initial", "words"), [(2.52, "guesses"), (2.54, "sure of answers"), (2.08, "guesses")])
def test_the_first_loss(initial: float, words: str) -> None:
    remark = said(initial=initial)["start"]
    assert words in remark.statement
    assert "ln C = 2.303 for 10 classes" in remark.evidence
    assert f"{initial:.2f}"[:3] in remark.evidence


def test_the_first_loss_of_other_losses_and_runs() -> None:
    quadratic = replace(CONFIG, loss="quadratic")
    assert "½ (1 − 1/C) = 0.450" in said(quadratic, 0.452)["start"].evidence
    assert "worse than guessing" in said(quadratic, 0.52)["start"].statement
    assert "below guessing" in said(initial=2.0)["start"].statement
    assert said(initial=None) == said(initial=math.nan) == {}


def test_diverging_losses() -> None:
    flat = [2.3] * 10
    assert "divergence" not in said(steps=steps(*flat, *[4.5] * 5))
    remark = said(steps=steps(*flat, *[4.7] * 5))["divergence"]
    assert "4.7 on average; it began at 2.3" in remark.evidence
    assert "0.002 now" in remark.advice
    # High because it began there, and falling: no divergence.
    assert "divergence" not in said(initial=40.0, steps=steps(*range(40, 10, -1)))


def test_exploding_gradients() -> None:
    norms = (1.0,) * 14
    assert "divergence" not in said(steps=steps(*[2.5] * 15, norms=(*norms, 90.0)))
    assert "110 long, 1 in" in said(steps=steps(*[2.5] * 15, norms=(*norms, 110.0)))["divergence"].evidence
    assert "no longer finite" in said(steps=steps(*[2.2] * 15, norms=(*norms, None)))["divergence"].evidence
    # Steep but fine; never recorded at all.
    assert "divergence" not in said(steps=steps(*[0.1] * 15, norms=(*norms, 110.0)))
    assert "divergence" not in said(steps=steps(*[2.2] * 15, norms=(None,) * 15))


def test_stuck_at_guessing() -> None:
    assert "stuck" in said(epochs=epochs([2.31, 2.30], [2.30, 2.30], accuracy=0.1))
    assert "stuck" not in said(epochs=epochs([2.31, 2.10], [2.30, 2.30], accuracy=0.1))
    assert "stuck" not in said(epochs=epochs([2.31], [2.30], accuracy=0.1))
    remark = said(epochs=epochs([2.31, 2.304], [2.302, 2.301], accuracy=0.1))["stuck"]
    assert "lowest training loss is 2.304" in remark.evidence
    assert "lowest validation loss 2.301" in remark.evidence


@pytest.mark.parametrize(
    ("config", "losses", "train", "dead", "advice"),
    [
        (replace(CONFIG, initialisation="equal"), [2.3], 2.3, 0.9, "another initialisation"),
        (CONFIG, [2.3, 7.5, 2.4], 2.35, 0.9, "7.5 at step 2"),
        (CONFIG, [2.3, 6.5, 2.4], 2.35, 0.5, "tenth of the learning rate"),
        (replace(CONFIG, initialisation="normal"), [2.3], 2.31, 0.4, "“he”"),
        (CONFIG, [2.3], 2.35, 0.1, "divide the learning rate by 10"),
        (CONFIG, [2.3], 2.30, None, "ten times the learning rate of 0.002"),
    ],
)
def test_the_way_out_follows_the_numbers(config, losses, train, dead, advice) -> None:
    told = said(config, steps=steps(*losses), epochs=epochs([train] * 2, [2.32] * 2, accuracy=0.1, dead=dead))
    assert advice in told["stuck"].advice


@pytest.mark.parametrize(("share", "found"), [(0.29, False), (0.31, True), (1.0, True), (None, False), (7.0, False)])
def test_dead_channels(share: float | None, found: bool) -> None:
    told = said(epochs=epochs([1.0, 0.5], [1.0, 0.6], dead=share))
    assert ("dead" in told) == found
    if found:
        assert f"{100 * share:.0f} %" in told["dead"].evidence


def test_vanishing_gradients() -> None:
    def told(norm: float, loss: float, config: TrainConfig = CONFIG) -> dict[str, Remark]:
        return said(config, steps=steps(*[loss] * 10, norms=(norm,) * 10))

    assert "vanishing" in told(0.0009, 2.0)
    assert "vanishing" not in told(0.0011, 2.0)
    assert "vanishing" not in told(0.0009, 1.1)  # little left to learn: small gradients are as they should be
    assert "cross-entropy" in told(1e-6, 0.8, replace(CONFIG, loss="quadratic"))["vanishing"].advice
    assert "vanishing" not in said(steps=steps(*[2.0] * 9, norms=(1e-6,) * 9))


def test_overfitting_is_named_with_since_when() -> None:
    train = [2.0, 1.0, 0.5, 0.4, 0.3, 0.2]
    told = said(epochs=epochs(train, [2.0, 1.5, 1.0, 1.2, 1.3, 1.4]))
    assert "since epoch 3" in told["overfitting"].statement
    assert "from 1 (epoch 3, its lowest) to 1.4 (epoch 6)" in told["overfitting"].evidence
    assert "from 0.5 to 0.2" in told["overfitting"].evidence
    assert next(iter(told)) == "overfitting"
    patient = said(replace(CONFIG, patience=5), epochs=epochs(train, [2.0, 1.5, 1.0, 1.2, 1.3, 1.4]))
    assert "keeps the weights of epoch 3" in patient["overfitting"].advice


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ([2.0, 1.0, 0.5, 0.4, 0.3], [2.0, 1.5, 1.0, 1.2, 1.3]),  # two epochs are no rise yet
        ([2.0, 1.0, 0.5, 0.4, 0.3, 0.2], [2.0, 1.5, 1.0, 1.04, 1.04, 1.04]),  # within 5 %
        ([2.0, 1.0, 0.5, 0.4, 0.3, 0.2], [0.3, 0.2, 0.10, 0.14, 0.14, 0.14]),  # within 2 % of the guessing loss
        ([2.0, 1.0, 0.5, 0.4, 0.3, 0.6], [2.0, 1.5, 1.0, 1.2, 1.3, 1.4]),  # training loss rose too
        ([2.0, 1.0, 0.5, 0.4, 0.3, 0.2], [2.0, 1.5, 1.0, 1.2, 1.01, 1.4]),  # back in between
    ],
)
def test_what_is_no_overfitting_yet(train: list[float], val: list[float]) -> None:
    assert "overfitting" not in said(epochs=epochs(train, val))


@pytest.mark.parametrize(("accuracy", "found"), [(0.81, True), (0.79, False)])
def test_a_gap_between_training_and_validation(accuracy: float, found: bool) -> None:
    told = said(epochs=[EpochDone(n, 1.0, accuracy, 1.2, 0.7, 0.01, 1.0) for n in (1, 2, 3)])
    assert ("gap" in told) == found
    if found:
        assert "81 % of the training images are right and 70 % of the validation" in told["gap"].evidence


def test_one_unlucky_step_is_no_gap() -> None:
    """B-base on CIFAR-10, as measured: on the training images of epoch 3 the network was as bad by then."""
    figures = ((1.72, 0.37, 1.68, 0.41), (1.27, 0.55, 1.31, 0.53), (1.03, 0.64, 1.76, 0.40))
    assert "gap" not in said(epochs=[EpochDone(n, *four, 0.05, 1.0) for n, four in enumerate(figures, 1)])


def test_unsteady_validation() -> None:
    val = [1.7, 1.3, 1.76, 1.1, 1.0, 1.3, 1.0]
    remark = said(epochs=epochs([1.7, 1.3, 1.0, 0.9, 0.8, 0.7, 0.6], val))["unsteady"]
    assert "2 times" in remark.evidence
    assert "from 1 to 1.3 (epoch 6) and back to 1" in remark.evidence
    for calmer in ([1.7, 1.3, 1.76, 1.1, 1.0, 1.24, 1.0], [1.7, 1.3, 1.76, 1.1, 1.0, 1.3, 1.1]):
        assert "unsteady" not in said(epochs=epochs([1.7, 1.3, 1.0, 0.9, 0.8, 0.7, 0.6], calmer))


def test_a_plateau() -> None:
    def told(train: list[float], config: TrainConfig = CONFIG, accuracy: float = 0.5) -> dict[str, Remark]:
        return said(config, epochs=epochs(train, train, accuracy=accuracy))

    assert "plateau" in told([1.5, 1.0, *[0.991] * 5])
    assert "1 up to epoch 2, and 0.991 since" in told([1.5, 1.0, *[0.991] * 5])["plateau"].evidence
    assert "plateau" not in told([1.5, 1.0, *[1.0] * 4, 0.989])
    assert "plateau" not in told([1.0, *[1.0] * 4])  # five epochs in all: nothing to compare with
    assert "plateau" not in told([1.5, 1.0, *[1.0] * 5], accuracy=0.96)
    late = replace(CONFIG, learning_rate=0.5)
    assert "down to 0.002" in told([1.5, 1.0, *[1.0] * 5], late)["plateau"].advice


def test_noisy_steps() -> None:
    def told(jump: float, size: int = 4, count: int = 12) -> dict[str, Remark]:
        return said(replace(CONFIG, batch_size=size), steps=steps(*[1 + jump * (-1) ** n for n in range(count)]))

    # Differences are ±2·jump; their deviation over √2 is about √2·jump; 15 % of ln 10 is 0.345.
    assert "noisy" in told(0.26)
    assert "noisy" not in told(0.22)
    assert "noisy" not in told(0.26, count=9)
    assert "16 images" in told(0.26)["noisy"].advice
    assert "Lower the learning rate" in told(0.26, size=64)["noisy"].advice
    assert "noisy" not in said(steps=steps(*[2.3 - 0.2 * n for n in range(11)]))  # falls evenly


def test_the_end() -> None:
    short = replace(CONFIG, epochs=3)
    assert "underfitting" in said(short, epochs=epochs([2.0, 1.5, 1.2], [2.0, 1.5, 1.2]))
    assert "underfitting" not in said(short, epochs=epochs([2.0, 1.5, 1.44], [2.0, 1.5, 1.44]))
    assert "underfitting" not in said(epochs=epochs([2.0, 1.5, 1.2], [2.0, 1.5, 1.2]))
    well = said(short, epochs=epochs([1.0, 0.2, 0.1], [1.0, 0.3, 0.2], accuracy=0.97))
    assert list(well) == ["finished well", "start"]
    assert "lowest validation loss was 0.2 in epoch 3" in well["finished well"].evidence
    patient = replace(CONFIG, patience=2)
    assert "finished well" in said(patient, epochs=epochs([0.3, 0.2, 0.1], [0.20, 0.21, 0.21], accuracy=0.97))
    assert "learning" in said(patient, epochs=epochs([0.3, 0.2, 0.1], [0.22, 0.20, 0.21], accuracy=0.97))


def test_every_check_looks_once() -> None:
    """Even where the run diverges, which many other checks must know."""
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename == coach.__file__:
            calls[frame.f_code.co_name] += 1

    losses = steps(*[2.3] * 10, *[9.0] * 5)
    sys.setprofile(count)
    try:
        told = said(steps=losses, epochs=epochs([2.31] * 8, [2.30] * 8, accuracy=0.1))
    finally:
        sys.setprofile(None)
    assert list(told) == ["divergence"]
    assert calls["_check_divergence"] == 1
    assert {name: count for name, count in calls.items() if name.startswith("_check") and count > 1} == {}


def test_every_rule_finds_its_own_kind_and_follows_those_that_explain_it() -> None:
    kinds = [rule.kind for rule in RULES]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == set(get_args(Kind)) - {"learning", "finished well"}
    for place, rule in enumerate(RULES):
        assert set(rule.after) <= set(kinds[:place])


def test_nothing_is_said_of_nothing() -> None:
    assert review_run(CONFIG, 10, None, [], []) == ()
    assert review_run(CONFIG, 1, 0.0, [], []) == ()
    assert [r.kind for r in review_run(CONFIG, 10, 2.3, steps(2.3, 2.3), [])] == ["start"]


ANY = st.floats() | st.floats(0, 5) | st.sampled_from([0.0, -0.0, math.inf, math.nan, 1e308, 5e-324, -1e308, 1e99])
STEPS = st.builds(StepDone, st.integers(1, 99), st.integers(1, 5), ANY, ANY, ANY, ANY, st.none() | ANY)
EPOCHS = st.builds(EpochDone, st.integers(1, 99), ANY, ANY, ANY, ANY, ANY, ANY, st.none() | ANY)
CONFIGS = st.builds(
    TrainConfig,
    loss=st.sampled_from(["cross-entropy", "quadratic"]),
    patience=st.integers(0, 3),
    epochs=st.integers(1, 9),
    batch_size=st.integers(1, 64),
    initialisation=st.sampled_from(["pytorch", "normal", "equal"]),
)


@given(CONFIGS, st.integers(-1, 30), st.none() | ANY, st.lists(STEPS, max_size=30), st.lists(EPOCHS, max_size=12))
@settings(max_examples=400, deadline=None)
def test_it_never_fails_and_never_says_nan(config, classes, initial, steps, epochs) -> None:
    run = collect_evidence(config, max(2, classes), initial, steps, epochs)
    assert all(remark.kind == rule.kind for rule in RULES if (remark := rule.look(run)))
    remarks = review_run(config, classes, initial, steps, epochs)
    assert len(remarks) <= MAX_REMARKS
    assert len({remark.kind for remark in remarks}) == len(remarks)
    for remark in remarks:
        assert all((remark.kind, remark.statement, remark.evidence, remark.advice))
        text = " ".join((remark.statement, remark.evidence, remark.advice))
        assert not re.search(r"\b(nan|inf|None)\b", text), text
        assert re.search(r"\d", remark.evidence) or "no longer finite" in remark.evidence


@given(CONFIGS, st.lists(st.floats(0.01, 5), min_size=1, max_size=12), st.data())
@settings(max_examples=200, deadline=None)
def test_it_praises_no_run_that_it_finds_fault_with(config, train, data) -> None:
    val = data.draw(st.lists(st.floats(0.01, 5), min_size=len(train), max_size=len(train)))
    told = said(config, epochs=epochs(train, val))
    assert "finished well" not in told or set(told) <= {"finished well", "start"}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def run(data: Dataset, config: TrainConfig) -> tuple[dict[str, Remark], list[Event]]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    events = list(train(preset("Tiny CNN"), data, replace(config, device="cpu")))
    torch.set_num_threads(threads)
    started, steps, done = ([e for e in events if isinstance(e, kind)] for kind in (Started, StepDone, EpochDone))
    return said(config, started[0].initial_loss, steps, done), events


def test_a_good_run(digits: Dataset) -> None:
    told, _ = run(digits, TrainConfig(epochs=8))
    assert list(told) == ["finished well", "start"]


def test_a_rate_of_10_diverges(digits: Dataset) -> None:
    told, _ = run(digits, TrainConfig(optimizer="sgd", learning_rate=10, epochs=1))
    assert next(iter(told)) == "divergence"
    assert "10 now" in told["divergence"].advice


def test_divergence_is_named_before_the_loss_is_nan(digits: Dataset) -> None:
    told, events = run(digits, TrainConfig(optimizer="sgd", learning_rate=1e5, epochs=1))
    assert isinstance(events[-1], Failed)
    assert next(iter(told)) == "divergence"


def test_forty_images_are_learned_by_heart(digits: Dataset) -> None:
    few = replace(digits, train=Split(digits.train.images[:40], digits.train.labels[:40]))
    told, _ = run(few, TrainConfig(epochs=80, learning_rate=0.01, batch_size=8))
    assert next(iter(told)) == "overfitting"
    assert "finished well" not in told


def test_weights_near_nothing_do_not_begin(digits: Dataset) -> None:
    slow = TrainConfig(initialisation="normal", optimizer="sgd", learning_rate=0.001, momentum=0, epochs=3)
    told, _ = run(digits, slow)
    assert next(iter(told)) == "stuck"
    assert "fade" in told["stuck"].advice


def test_equal_weights_never_separate(digits: Dataset) -> None:
    # with some seeds it still learns half of the digits
    told, _ = run(digits, TrainConfig(initialisation="equal", epochs=3, seed=1))
    assert "began equal" in told["stuck"].advice


def test_a_huge_rate_kills_relus(digits: Dataset) -> None:
    told, events = run(digits, TrainConfig(learning_rate=0.3, epochs=3))
    dead = [event.dead_relus for event in events if isinstance(event, EpochDone)][-1]
    assert f"{100 * dead:.0f} %" in told["dead"].evidence
    assert "shot up" in told["stuck"].advice
