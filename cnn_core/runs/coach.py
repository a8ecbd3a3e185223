"""A coach that looks at a run's numbers and says in plain words what they show, why it thinks so, and what to try.

It says nothing that the numbers do not show: every remark quotes those that called it forth.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, median, stdev

from cnn_core.runs.coach_evidence import (
    Evidence,
    Remark,
    are_finite,
    collect_evidence,
    describe_guessing,
    gradient_norms,
)
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import EpochDone, StepDone
from cnn_core.words import format_count, format_percent, format_rounded

MAX_REMARKS = 4
"""More than a few remarks at once are read by nobody."""
NEAR_CHANCE = 0.1
"""PyTorch's own initial weights come within some 2 % of ln C; a tenth off is more than their luck."""
STUCK_SHARE = 0.95
"""A loss above this share of the guessing loss has learned next to nothing."""
STUCK_EPOCHS = 2
"""Epochs: the first one often begins with a flat stretch."""
DIVERGED_FACTOR, NEWEST_STEPS = 2.0, 5
"""The mean of the newest steps' losses against where the run started: one bad batch alone does not double it."""
EXPLODED_FACTOR, WINDOW_STEPS = 100.0, 10
"""Gradients against the median of the first steps: healthy runs were seen to grow thirtyfold."""
PEAK_FACTOR = 3.0
"""A step this many times above the start is a blow that a batch's luck does not deal."""
RISING_EPOCHS, RISEN_FACTOR, RISEN_OF_CHANCE = 3, 1.05, 0.02
"""Validation loss wanders by some per cent from epoch to epoch, and by more when it is close to 0."""
ACCURACY_GAP, GAP_EPOCHS = 0.1, 3
"""Ten points more on the training images: several times the error of an accuracy over some hundred images. For three
epochs, because one unlucky last step spoils the validation figures of its epoch, and not the mean over the training."""
JUMP_FACTOR, MIN_JUMPS = 1.25, 2
"""A validation loss a quarter above those of the epochs before and after it; once may be chance."""
PLATEAU_EPOCHS, MIN_IMPROVEMENT = 5, 0.01
LEARNED_ACCURACY = 0.95
"""A training accuracy from which on standing still is no complaint."""
STILL_FALLING = 0.05
DEAD_SHARE, MANY_DEAD_SHARE = 0.3, 0.5
"""Trained networks have some dead channels of their own: a few per cent to a quarter were seen in good runs."""
VANISHED_NORM = 1e-3
"""Near guessing, a healthy network's gradients have a length around 0.1 and more."""
NOISY_SHARE, SMALL_BATCH, NOISY_MIN_STEPS = 0.15, 16, 10
"""Scatter of the batch losses as a share of the guessing loss: about 0.03 with batches of 32."""
MINOR_KINDS = ("dead", "unsteady", "noisy", "start")
"""Problems that a run may have and learn all the same."""


def review_run(
    config: TrainConfig,
    classes: int,
    initial_loss: float | None,
    steps: Sequence[StepDone],
    epochs: Sequence[EpochDone],
) -> tuple[Remark, ...]:
    """What there is to say of a run, the most important first: at most MOST_REMARKS, none for too little to go by.

    `initial_loss` is the untrained network's, None where it is not known. `steps` and `epochs` are in order; a run that
    goes on may be looked at as often as one likes. Numbers that are not finite are passed over, except for gradients.
    """
    if classes < 2:
        return ()
    run = collect_evidence(config, classes, initial_loss, steps, epochs)
    problems = [remark for look in _CHECKS for remark in look(run)]
    if not problems:
        return (*(_check_finished(run) or _check_learning(run)), *_check_good_start(run))
    goods = _check_learning(run) if all(remark.kind in MINOR_KINDS for remark in problems) else []
    return tuple([*problems, *goods][:MAX_REMARKS])


def _check_divergence(run: Evidence) -> list[Remark]:
    if not run.steps:
        return []
    newest = run.steps[-NEWEST_STEPS:]
    loss = fmean(step.loss for step in newest)
    evidence = []
    if loss > DIVERGED_FACTOR * run.starting_loss:
        evidence.append(
            f"The newest {len(newest)} losses are {format_rounded(loss)} on average; it began at "
            f"{run.starting_loss:.3g}."
        )
    norms = gradient_norms(run.steps[:WINDOW_STEPS])
    usual = median(norms) if norms else 0.0
    for step in newest[::-1]:
        if norms and step.gradient_norm is None:  # recorded, but not for this step
            evidence.append(f"The gradients of step {step.step} are no longer finite.")
            break
        # With a loss that is fine, a large gradient is only a steep place.
        if loss > run.starting_loss and 0 < usual * EXPLODED_FACTOR < max(gradient_norms([step]), default=0.0):
            long = format_rounded(*gradient_norms([step]))
            evidence.append(
                f"The gradients of step {step.step} are {long} long, {format_rounded(usual)} in the first steps."
            )
            break
    if not evidence:
        return []
    rate = format_rounded(run.steps[-1].learning_rate) if are_finite(run.steps[-1].learning_rate) else "in use"
    return [
        Remark(
            "divergence",
            "The run is diverging: its steps seem too long.",
            " ".join(evidence),
            f"Lower the learning rate, {rate} now, by a factor of 10. If it goes on, draw the weights with “he”.",
        )
    ]


def _check_stuck(run: Evidence) -> list[Remark]:
    if len(run.epochs) < STUCK_EPOCHS or _check_divergence(run):
        return []
    train, val = (min(getattr(epoch, name) for epoch in run.epochs) for name in ("train_loss", "val_loss"))
    if min(train, val) < STUCK_SHARE * run.chance:
        return []
    return [
        Remark(
            "stuck",
            "It has hardly begun to learn: its loss is still close to that of guessing.",
            f"After {run.epochs[-1].epoch} epochs the lowest training loss is {train:.4g} and the lowest validation "
            f"loss {val:.4g}; guessing gives {describe_guessing(run)}. "
            f"Validation accuracy is {format_percent(run.epochs[-1].val_accuracy)}.",
            _suggest_remedy(run),
        )
    ]


def _suggest_remedy(run: Evidence) -> str:
    """What most probably keeps a run from beginning to learn, by its settings and numbers."""
    last, peak = run.epochs[-1], max(run.steps, key=lambda step: step.loss, default=None)
    if run.config.initialisation == "equal":
        return "All weights of a layer began equal, so all its units learn the same: choose another initialisation."
    if peak is not None and peak.loss > PEAK_FACTOR * run.starting_loss:
        return (
            f"The loss shot up to {format_rounded(peak.loss)} at step {peak.step}, and the weights have not got over "
            "it: divide the learning rate by 10."
        )
    if last.dead_relus is not None and last.dead_relus >= MANY_DEAD_SHARE:
        return "Most channels give 0 and learn no more: start again with a tenth of the learning rate."
    if run.config.initialisation == "normal":
        return "Weights this small let the picture fade from layer to layer: draw them with “he”, or add batch norm."
    if last.train_loss > 1.01 * run.chance:
        return "A loss above guessing means steps that are too long: divide the learning rate by 10."
    return f"The steps may be too short: try ten times the learning rate of {last.learning_rate:.3g}."


def _check_dead_relus(run: Evidence) -> list[Remark]:
    share = run.epochs[-1].dead_relus if run.epochs else None
    if share is None or not DEAD_SHARE <= share <= 1:
        return []
    return [
        Remark(
            "dead",
            "Many ReLU channels are dead: they give 0 whatever the picture, so no gradient reaches their weights.",
            f"After epoch {run.epochs[-1].epoch}, {format_percent(share)} of the channels are 0 everywhere for all "
            "of the validation images looked at.",
            "Try a lower learning rate, leaky ReLU or ELU in place of ReLU, or batch norm before each of them.",
        )
    ]


def _check_vanishing(run: Evidence) -> list[Remark]:
    norms = gradient_norms(run.steps[-WINDOW_STEPS:])
    if len(norms) < WINDOW_STEPS:
        return []
    norm, loss = median(norms), fmean(step.loss for step in run.steps[-WINDOW_STEPS:])
    if norm > VANISHED_NORM or loss < run.chance / 2:
        return []
    advice = "Draw the weights with “he”, use ReLU or batch norm, or fewer layers."
    if run.config.loss == "quadratic":
        advice = "Wrong answers given with certainty have no slope under quadratic loss: choose cross-entropy."
    return [
        Remark(
            "vanishing",
            "The gradients have all but vanished while there is still much to learn.",
            f"Over the newest {WINDOW_STEPS} steps the gradients are {format_rounded(norm)} long (median) at a loss "
            f"of {loss:.3g}; guessing gives {describe_guessing(run)}.",
            advice,
        )
    ]


def _check_overfitting(run: Evidence) -> list[Remark]:
    if len(run.epochs) <= RISING_EPOCHS:
        return []
    best, last = run.best_epoch, run.epochs[-1]
    limit = max(RISEN_FACTOR * best.val_loss, best.val_loss + RISEN_OF_CHANCE * run.chance)
    risen = best not in run.epochs[-RISING_EPOCHS:] and all(e.val_loss > limit for e in run.epochs[-RISING_EPOCHS:])
    if not risen or last.train_loss >= best.train_loss:
        return []
    advice = "Try more images, augmentation, dropout or weight decay; early stopping would keep the best weights."
    if run.config.patience:
        advice = f"Early stopping is on and keeps the weights of epoch {best.epoch}. Augmentation or dropout may help."
    return [
        Remark(
            "overfitting",
            f"It is overfitting: since epoch {best.epoch} it learns its training images by heart.",
            f"Validation loss rose from {best.val_loss:.3g} (epoch {best.epoch}, its lowest) to {last.val_loss:.3g} "
            f"(epoch {last.epoch}), while training loss fell from {best.train_loss:.3g} to {last.train_loss:.3g}.",
            advice,
        )
    ]


def _check_gap(run: Evidence) -> list[Remark]:
    newest = run.epochs[-GAP_EPOCHS:]
    if (
        len(newest) < GAP_EPOCHS
        or _check_overfitting(run)
        or any(e.train_accuracy - e.val_accuracy < ACCURACY_GAP for e in newest)
    ):
        return []
    last = newest[-1]
    return [
        Remark(
            "gap",
            "It does much better on the images it learns from than on others.",
            f"After epoch {last.epoch}, {format_percent(last.train_accuracy)} of the training images are right and "
            f"{format_percent(last.val_accuracy)} of the validation images.",
            "Try more images, augmentation, dropout or weight decay, or a smaller network.",
        )
    ]


def _check_unsteady(run: Evidence) -> list[Remark]:
    triples = zip(run.epochs, run.epochs[1:], run.epochs[2:], strict=False)
    peaks = [t for t in triples if t[1].val_loss > JUMP_FACTOR * max(t[0].val_loss, t[2].val_loss)]
    if len(peaks) < MIN_JUMPS or _check_divergence(run):
        return []
    before, peak, after = peaks[-1]
    return [
        Remark(
            "unsteady",
            "The validation loss jumps up and down: single steps throw the network off.",
            f"{len(peaks)} times it rose by more than a quarter for one epoch; last from {before.val_loss:.3g} "
            f"to {peak.val_loss:.3g} (epoch {peak.epoch}) and back to {after.val_loss:.3g}.",
            f"Lower the learning rate, {run.epochs[-1].learning_rate:.3g} now, let it fall by a schedule, or take "
            "larger batches.",
        )
    ]


def _check_plateau(run: Evidence) -> list[Remark]:
    before, after = run.epochs[:-PLATEAU_EPOCHS], run.epochs[-PLATEAU_EPOCHS:]
    if not before or run.epochs[-1].train_accuracy >= LEARNED_ACCURACY or _check_stuck(run) or _check_divergence(run):
        return []
    lowest, newest = (min(epoch.train_loss for epoch in part) for part in (before, after))
    if newest < (1 - MIN_IMPROVEMENT) * lowest:
        return []
    last = after[-1]
    advice = f"Try a lower learning rate ({last.learning_rate:.3g} now) or a schedule such as cosine; else more layers."
    if last.learning_rate < run.config.learning_rate / 100:
        advice = f"The schedule has brought the learning rate down to {last.learning_rate:.3g}: let it fall later."
    return [
        Remark(
            "plateau",
            f"The training loss stands still: {PLATEAU_EPOCHS} epochs brought less than "
            f"{format_percent(MIN_IMPROVEMENT)}.",
            f"Its lowest was {lowest:.4g} up to epoch {before[-1].epoch}, and {newest:.4g} since; "
            f"training accuracy is {format_percent(last.train_accuracy)}.",
            advice,
        )
    ]


def _check_noisy(run: Evidence) -> list[Remark]:
    losses = [step.loss for step in run.steps if step.epoch == run.steps[-1].epoch]
    if len(losses) < NOISY_MIN_STEPS or _check_divergence(run):
        return []
    # Differences of neighbours, so that a loss which falls evenly does not count as scatter.
    scatter = stdev(later - earlier for earlier, later in pairwise(losses)) / math.sqrt(2)
    if scatter < NOISY_SHARE * run.chance:
        return []
    size = run.config.batch_size
    advice = "Lower the learning rate: each step is taken for its own batch and spoils others."
    if size <= SMALL_BATCH:
        advice = f"Take larger batches, such as {4 * size} images, or a lower learning rate."
    return [
        Remark(
            "noisy",
            "The steps are noisy: batches disagree on which way to go.",
            f"In epoch {run.steps[-1].epoch} the loss jumps by ±{scatter:.2g} from batch to batch around a mean of "
            f"{fmean(losses):.3g}, with {format_count(size, 'image')} a batch.",
            advice,
        )
    ]


def _check_bad_start(run: Evidence) -> list[Remark]:
    if run.initial_loss is None or abs(run.initial_loss - run.chance) <= NEAR_CHANCE * run.chance:
        return []
    says = "It begins below guessing: its weights know something already."
    advice = "That is right for a run that goes on from trained weights."
    if run.initial_loss > run.chance:
        says = "It begins worse than guessing: sure of answers before it has seen a picture."
        advice = "The initial weights are too large for this network: choose “he”, or add batch norm."
    return [
        Remark(
            "start",
            says,
            f"The first loss is {format_rounded(run.initial_loss)}; guessing gives {describe_guessing(run)}.",
            advice,
        )
    ]


def _check_good_start(run: Evidence) -> list[Remark]:
    if run.initial_loss is None or abs(run.initial_loss - run.chance) > NEAR_CHANCE * run.chance:
        return []
    return [
        Remark(
            "start",
            "It begins as it should: the untrained network guesses.",
            f"The first loss is {run.initial_loss:.3f}; guessing gives {describe_guessing(run)}.",
            "A first loss far from this would mean weights that are too large, or a wrong number of classes.",
        )
    ]


def _check_underfitting(run: Evidence) -> list[Remark]:
    if len(run.epochs) < 2 or not run.is_ended or run.epochs[-1].train_accuracy >= LEARNED_ACCURACY:
        return []
    before, last = run.epochs[-2:]
    if run.best_epoch is not last or last.train_loss > (1 - STILL_FALLING) * before.train_loss or _check_stuck(run):
        return []
    return [
        Remark(
            "underfitting",
            "It ended while it was still learning.",
            f"The last epoch took the training loss from {before.train_loss:.3g} to {last.train_loss:.3g} and the "
            f"validation loss to {last.val_loss:.3g}, its lowest.",
            f"Let it go on: more than {run.config.epochs} epochs, or a higher learning rate.",
        )
    ]


def _check_finished(run: Evidence) -> list[Remark]:
    if not run.is_ended or not _check_learning(run):
        return []
    best = run.best_epoch
    return [
        Remark(
            "finished well",
            "It finished, and does about as well on images it has not seen as on those it learned from.",
            f"Validation accuracy is {format_percent(run.epochs[-1].val_accuracy)}, training accuracy "
            f"{format_percent(run.epochs[-1].train_accuracy)}; the lowest validation loss was {best.val_loss:.3g} in "
            f"epoch {best.epoch}.",
            "Look at its mistakes on the Evaluate page, and at what it sees on the Inspect page.",
        )
    ]


def _check_learning(run: Evidence) -> list[Remark]:
    if run.epochs:
        last = run.epochs[-1]
        loss, what = (
            last.train_loss,
            f"after epoch {last.epoch}; validation accuracy is {format_percent(last.val_accuracy)}",
        )
    elif len(run.steps) >= WINDOW_STEPS:
        loss, what = fmean(step.loss for step in run.steps[-WINDOW_STEPS:]), f"over the newest {WINDOW_STEPS} steps"
    else:
        return []
    if loss >= STUCK_SHARE * run.chance:
        return []
    return [
        Remark(
            "learning",
            "It is learning.",
            f"Training loss is {loss:.3g} {what}. Guessing gives a loss of {describe_guessing(run)}.",
            "Watch both losses: as long as the validation loss falls too, going on is worth it.",
        )
    ]


_CHECKS: tuple[Callable[[Evidence], list[Remark]], ...] = (
    *(
        _check_divergence,
        _check_stuck,
        _check_overfitting,
        _check_dead_relus,
        _check_vanishing,
        _check_bad_start,
        _check_gap,
        _check_unsteady,
        _check_plateau,
        _check_noisy,
        _check_underfitting,
    ),
)
"""What may be wrong, the worst first."""
