"""A coach that looks at a run's numbers and says in plain words what they show, on what evidence, and what to try.

It says nothing that the numbers do not show: every remark quotes the numbers that led to it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median, stdev

from cnn_core.runs.coach_evidence import (
    Evidence,
    Kind,
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
"""Nobody reads more than a few remarks at once."""
NEAR_CHANCE = 0.1
"""PyTorch's initial weights come within some 2 % of ln C; a tenth off is more than chance."""
STUCK_SHARE = 0.95
"""With a loss above this share of the guessing loss, next to nothing was learned."""
STUCK_EPOCHS = 2
"""Epochs until a run counts as stuck: the first one often begins with a flat stretch."""
NEWEST_STEPS = 5
"""Steps whose mean loss shows divergence: one bad batch alone does not double it."""
DIVERGED_FACTOR = 2.0
"""A mean loss this many times above the start diverges."""
WINDOW_STEPS = 10
"""Steps whose median tells the usual length of the gradients: fewer would depend on single batches."""
EXPLODED_FACTOR = 100.0
"""Gradients this many times longer than in the first steps have exploded: healthy runs were seen to grow thirtyfold."""
PEAK_FACTOR = 3.0
"""No unlucky batch alone raises the loss this many times above its start."""
RISING_EPOCHS = 3
"""Epochs that the validation loss must stay above its minimum: it varies from epoch to epoch."""
RISEN_FACTOR = 1.05
"""A validation loss this many times above its minimum has risen: it varies by some per cent."""
RISEN_OF_CHANCE = 0.02
"""It must also have risen by this share of the guessing loss: close to 0 it varies by more than some per cent."""
ACCURACY_GAP = 0.1
"""Ten points more on the training images: several times the error of an accuracy over some hundred images."""
GAP_EPOCHS = 3
"""Epochs that the gap must last: one unlucky last step spoils the validation figures of its epoch, but not the mean
over the training batches."""
JUMP_FACTOR = 1.25
"""A validation loss this many times above those of the epochs before and after it is a jump."""
MIN_JUMPS = 2
"""One jump may be chance."""
PLATEAU_EPOCHS = 5
"""Epochs without progress until a run has reached a plateau: fewer may be chance."""
MIN_IMPROVEMENT = 0.01
"""A training loss that falls by less than this share is standing still."""
LEARNED_ACCURACY = 0.95
"""Above this training accuracy, little is left to learn: standing still is no fault."""
STILL_FALLING = 0.05
"""A last epoch that took at least this share off the training loss suggests that more epochs would help."""
DEAD_SHARE = 0.3
"""Good runs were seen to have between a few per cent and a quarter of dead channels."""
MANY_DEAD_SHARE = 0.5
"""With half of the channels dead, a network that is stuck is most probably stuck for that reason."""
VANISHED_NORM = 1e-3
"""Near guessing, a healthy network's gradients have a length of about 0.1 and more."""
NOISY_SHARE = 0.15
"""Scatter of the batch losses as a share of the guessing loss: about 0.03 with batches of 32."""
NOISY_MIN_STEPS = 10
"""Steps from which the scatter is estimated: the standard deviation of fewer is itself too uncertain."""
SMALL_BATCH = 16
"""Up to this batch size, noise is most probably due to the batch size."""
MINOR_KINDS: tuple[Kind, ...] = ("dead", "unsteady", "noisy", "start")
"""Problems with which a run may learn all the same."""


def review_run(
    config: TrainConfig,
    classes: int,
    initial_loss: float | None,
    steps: Sequence[StepDone],
    epochs: Sequence[EpochDone],
) -> tuple[Remark, ...]:
    """Return what the numbers of a run show, the most important first: at most MAX_REMARKS, none for too few numbers.

    `initial_loss` is that of the untrained network, None where it is not known. `steps` and `epochs` are in order; a
    run in progress may be reviewed at any time. Numbers that are not finite are ignored, except in gradients.

    >>> epoch = EpochDone(1, 0.5, 0.85, 0.6, 0.8, 0.002, 3.0)
    >>> [remark.kind for remark in review_run(TrainConfig(epochs=5), 10, 2.31, [], [epoch])]
    ['learning', 'start']
    """
    if classes < 2:
        return ()
    run = collect_evidence(config, classes, initial_loss, steps, epochs)
    problems: dict[Kind, Remark] = {}
    for rule in RULES:
        explained = any(kind in problems for kind in rule.after)
        if not explained and (remark := rule.look(run)):
            problems[rule.kind] = remark
    learning = _check_learning(run)
    if problems:
        praise = learning if all(kind in MINOR_KINDS for kind in problems) else None
        remarks = [*problems.values(), praise]
    else:
        praise = _praise_result(run) if learning and run.is_ended else learning
        remarks = [praise, _check_good_start(run)]
    return tuple(remark for remark in remarks if remark)[:MAX_REMARKS]


def _check_divergence(run: Evidence) -> Remark | None:
    if not run.steps:
        return None
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
        if norms and step.gradient_norm is None:  # recorded for other steps
            evidence.append(f"The gradients of step {step.step} are no longer finite.")
            break
        # A long gradient with a good loss means only that the loss is steep here.
        if loss > run.starting_loss and 0 < usual * EXPLODED_FACTOR < max(gradient_norms([step]), default=0.0):
            long = format_rounded(*gradient_norms([step]))
            evidence.append(
                f"The gradients of step {step.step} are {long} long, {format_rounded(usual)} in the first steps."
            )
            break
    if not evidence:
        return None
    rate = format_rounded(run.steps[-1].learning_rate) if are_finite(run.steps[-1].learning_rate) else "in use"
    return Remark(
        "divergence",
        "The run is diverging: its steps seem too long.",
        " ".join(evidence),
        f"Lower the learning rate, {rate} now, by a factor of 10. If it goes on, draw the weights with “he”.",
    )


def _check_stuck(run: Evidence) -> Remark | None:
    if len(run.epochs) < STUCK_EPOCHS:
        return None
    train, val = (min(getattr(epoch, name) for epoch in run.epochs) for name in ("train_loss", "val_loss"))
    if min(train, val) < STUCK_SHARE * run.chance:
        return None
    return Remark(
        "stuck",
        "It has hardly begun to learn: its loss is still close to that of guessing.",
        f"After {run.epochs[-1].epoch} epochs the lowest training loss is {train:.4g} and the lowest validation "
        f"loss {val:.4g}; guessing gives {describe_guessing(run)}. "
        f"Validation accuracy is {format_percent(run.epochs[-1].val_accuracy)}.",
        _suggest_remedy(run),
    )


def _suggest_remedy(run: Evidence) -> str:
    """Return advice on what most probably keeps the run from learning, judged by its settings and numbers."""
    last, peak = run.epochs[-1], max(run.steps, key=lambda step: step.loss, default=None)
    if run.config.initialisation == "equal":
        return "All weights of a layer began equal, so all its units learn the same: choose another initialisation."
    if peak is not None and peak.loss > PEAK_FACTOR * run.starting_loss:
        return (
            f"The loss shot up to {format_rounded(peak.loss)} at step {peak.step}, and the weights have not "
            "recovered: divide the learning rate by 10."
        )
    if last.dead_relus is not None and last.dead_relus >= MANY_DEAD_SHARE:
        return "Most channels give 0 and learn no more: start again with a tenth of the learning rate."
    if run.config.initialisation == "normal":
        return "Weights this small let the picture fade from layer to layer: draw them with “he”, or add batch norm."
    if last.train_loss > 1.01 * run.chance:
        return "A loss above guessing means steps that are too long: divide the learning rate by 10."
    return f"The steps may be too short: try ten times the learning rate of {last.learning_rate:.3g}."


def _check_dead_relus(run: Evidence) -> Remark | None:
    share = run.epochs[-1].dead_relus if run.epochs else None
    if share is None or not DEAD_SHARE <= share <= 1:
        return None
    return Remark(
        "dead",
        "Many ReLU channels are dead: they give 0 whatever the picture, so no gradient reaches their weights.",
        f"After epoch {run.epochs[-1].epoch}, {format_percent(share)} of the channels are 0 everywhere for all "
        "of the validation images looked at.",
        "Try a lower learning rate, leaky ReLU or ELU in place of ReLU, or batch norm before each of them.",
    )


def _check_vanishing(run: Evidence) -> Remark | None:
    norms = gradient_norms(run.steps[-WINDOW_STEPS:])
    if len(norms) < WINDOW_STEPS:
        return None
    norm, loss = median(norms), fmean(step.loss for step in run.steps[-WINDOW_STEPS:])
    if norm > VANISHED_NORM or loss < run.chance / 2:
        return None
    advice = "Draw the weights with “he”, use ReLU or batch norm, or fewer layers."
    if run.config.loss == "quadratic":
        advice = "Wrong answers given with certainty have no slope under quadratic loss: choose cross-entropy."
    return Remark(
        "vanishing",
        "The gradients have all but vanished while there is still much to learn.",
        f"Over the newest {WINDOW_STEPS} steps the gradients are {format_rounded(norm)} long (median) at a loss "
        f"of {loss:.3g}; guessing gives {describe_guessing(run)}.",
        advice,
    )


def _check_overfitting(run: Evidence) -> Remark | None:
    if len(run.epochs) <= RISING_EPOCHS:
        return None
    best, last = run.best_epoch, run.epochs[-1]
    limit = max(RISEN_FACTOR * best.val_loss, best.val_loss + RISEN_OF_CHANCE * run.chance)
    risen = best not in run.epochs[-RISING_EPOCHS:] and all(e.val_loss > limit for e in run.epochs[-RISING_EPOCHS:])
    if not risen or last.train_loss >= best.train_loss:
        return None
    advice = "Try more images, augmentation, dropout or weight decay; early stopping would keep the best weights."
    if run.config.patience:
        advice = f"Early stopping is on and keeps the weights of epoch {best.epoch}. Augmentation or dropout may help."
    return Remark(
        "overfitting",
        f"It is overfitting: since epoch {best.epoch} it learns its training images by heart.",
        f"Validation loss rose from {best.val_loss:.3g} (epoch {best.epoch}, its lowest) to {last.val_loss:.3g} "
        f"(epoch {last.epoch}), while training loss fell from {best.train_loss:.3g} to {last.train_loss:.3g}.",
        advice,
    )


def _check_gap(run: Evidence) -> Remark | None:
    newest = run.epochs[-GAP_EPOCHS:]
    if len(newest) < GAP_EPOCHS or any(e.train_accuracy - e.val_accuracy < ACCURACY_GAP for e in newest):
        return None
    last = newest[-1]
    return Remark(
        "gap",
        "It does much better on the images it learns from than on others.",
        f"After epoch {last.epoch}, {format_percent(last.train_accuracy)} of the training images are right and "
        f"{format_percent(last.val_accuracy)} of the validation images.",
        "Try more images, augmentation, dropout or weight decay, or a smaller network.",
    )


def _check_unsteady(run: Evidence) -> Remark | None:
    triples = zip(run.epochs, run.epochs[1:], run.epochs[2:], strict=False)
    peaks = [t for t in triples if t[1].val_loss > JUMP_FACTOR * max(t[0].val_loss, t[2].val_loss)]
    if len(peaks) < MIN_JUMPS:
        return None
    before, peak, after = peaks[-1]
    return Remark(
        "unsteady",
        "The validation loss jumps up and down: single steps throw the network off.",
        f"{len(peaks)} times it rose by more than a quarter for one epoch; last from {before.val_loss:.3g} "
        f"to {peak.val_loss:.3g} (epoch {peak.epoch}) and back to {after.val_loss:.3g}.",
        f"Lower the learning rate, {run.epochs[-1].learning_rate:.3g} now, let it fall by a schedule, or take "
        "larger batches.",
    )


def _check_plateau(run: Evidence) -> Remark | None:
    before, after = run.epochs[:-PLATEAU_EPOCHS], run.epochs[-PLATEAU_EPOCHS:]
    if not before or run.epochs[-1].train_accuracy >= LEARNED_ACCURACY:
        return None
    lowest, newest = (min(epoch.train_loss for epoch in part) for part in (before, after))
    if newest < (1 - MIN_IMPROVEMENT) * lowest:
        return None
    last = after[-1]
    advice = f"Try a lower learning rate ({last.learning_rate:.3g} now) or a schedule such as cosine; else more layers."
    if last.learning_rate < run.config.learning_rate / 100:
        advice = f"The schedule has brought the learning rate down to {last.learning_rate:.3g}: let it fall later."
    return Remark(
        "plateau",
        f"The training loss stands still: {PLATEAU_EPOCHS} epochs brought less than {format_percent(MIN_IMPROVEMENT)}.",
        f"Its lowest was {lowest:.4g} up to epoch {before[-1].epoch}, and {newest:.4g} since; "
        f"training accuracy is {format_percent(last.train_accuracy)}.",
        advice,
    )


def _check_noisy(run: Evidence) -> Remark | None:
    losses = [step.loss for step in run.steps if step.epoch == run.steps[-1].epoch]
    if len(losses) < NOISY_MIN_STEPS:
        return None
    # Differences of neighbours, so that a loss which falls evenly does not count as scatter.
    scatter = stdev(later - earlier for earlier, later in pairwise(losses)) / math.sqrt(2)
    if scatter < NOISY_SHARE * run.chance:
        return None
    size = run.config.batch_size
    advice = "Lower the learning rate: each step is taken for its own batch and spoils others."
    if size <= SMALL_BATCH:
        advice = f"Take larger batches, such as {4 * size} images, or a lower learning rate."
    return Remark(
        "noisy",
        "The steps are noisy: batches disagree on which way to go.",
        f"In epoch {run.steps[-1].epoch} the loss jumps by ±{scatter:.2g} from batch to batch around a mean of "
        f"{fmean(losses):.3g}, with {format_count(size, 'image')} a batch.",
        advice,
    )


def _check_bad_start(run: Evidence) -> Remark | None:
    if run.initial_loss is None or abs(run.initial_loss - run.chance) <= NEAR_CHANCE * run.chance:
        return None
    says = "It begins below guessing: its weights know something already."
    advice = "That is right for a run that goes on from trained weights."
    if run.initial_loss > run.chance:
        says = "It begins worse than guessing: sure of answers before it has seen a picture."
        advice = "The initial weights are too large for this network: choose “he”, or add batch norm."
    return Remark(
        "start",
        says,
        f"The first loss is {format_rounded(run.initial_loss)}; guessing gives {describe_guessing(run)}.",
        advice,
    )


def _check_good_start(run: Evidence) -> Remark | None:
    if run.initial_loss is None or abs(run.initial_loss - run.chance) > NEAR_CHANCE * run.chance:
        return None
    return Remark(
        "start",
        "It begins as it should: the untrained network guesses.",
        f"The first loss is {run.initial_loss:.3f}; guessing gives {describe_guessing(run)}.",
        "A first loss far from this would mean weights that are too large, or a wrong number of classes.",
    )


def _check_underfitting(run: Evidence) -> Remark | None:
    if len(run.epochs) < 2 or not run.is_ended or run.epochs[-1].train_accuracy >= LEARNED_ACCURACY:
        return None
    before, last = run.epochs[-2:]
    if run.best_epoch is not last or last.train_loss > (1 - STILL_FALLING) * before.train_loss:
        return None
    return Remark(
        "underfitting",
        "It ended while it was still learning.",
        f"The last epoch took the training loss from {before.train_loss:.3g} to {last.train_loss:.3g} and the "
        f"validation loss to {last.val_loss:.3g}, its lowest.",
        f"Let it go on: more than {run.config.epochs} epochs, or a higher learning rate.",
    )


def _praise_result(run: Evidence) -> Remark:
    best = run.best_epoch
    return Remark(
        "finished well",
        "It finished, and does about as well on images it has not seen as on those it learned from.",
        f"Validation accuracy is {format_percent(run.epochs[-1].val_accuracy)}, training accuracy "
        f"{format_percent(run.epochs[-1].train_accuracy)}; the lowest validation loss was {best.val_loss:.3g} in "
        f"epoch {best.epoch}.",
        "Look at its mistakes under *Evaluate*, and at what it sees under *Inspect*.",
    )


def _check_learning(run: Evidence) -> Remark | None:
    if run.epochs:
        last = run.epochs[-1]
        loss, what = (
            last.train_loss,
            f"after epoch {last.epoch}; validation accuracy is {format_percent(last.val_accuracy)}",
        )
    elif len(run.steps) >= WINDOW_STEPS:
        loss, what = fmean(step.loss for step in run.steps[-WINDOW_STEPS:]), f"over the newest {WINDOW_STEPS} steps"
    else:
        return None
    if loss >= STUCK_SHARE * run.chance:
        return None
    return Remark(
        "learning",
        "It is learning.",
        f"Training loss is {loss:.3g} {what}. Guessing gives a loss of {describe_guessing(run)}.",
        "Watch both losses: as long as the validation loss falls too, continuing is worthwhile.",
    )


@dataclass(frozen=True)
class Rule:
    """One kind of problem: `look` finds it in the evidence, unless one of the kinds in `after` explains it already."""

    kind: Kind
    look: Callable[[Evidence], Remark | None]
    after: tuple[Kind, ...] = ()


RULES = (
    Rule("divergence", _check_divergence),
    Rule("stuck", _check_stuck, after=("divergence",)),
    Rule("overfitting", _check_overfitting),
    Rule("dead", _check_dead_relus),
    Rule("vanishing", _check_vanishing),
    Rule("start", _check_bad_start),
    Rule("gap", _check_gap, after=("overfitting",)),
    Rule("unsteady", _check_unsteady, after=("divergence",)),
    Rule("plateau", _check_plateau, after=("divergence", "stuck")),
    Rule("noisy", _check_noisy, after=("divergence",)),
    Rule("underfitting", _check_underfitting, after=("stuck",)),
)
"""What may be wrong, the worst first; a rule stands below those that may explain what it finds."""
