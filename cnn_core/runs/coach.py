"""A coach that looks at a run's numbers and says in plain words what they show, why it thinks so, and what to try.

It says nothing that the numbers do not show: every remark quotes those that called it forth.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, median, stdev

from cnn_core.runs.coach_evidence import Remark, Seen, finite, guessing, look_at, norms_of, number, percent
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import EpochDone, StepDone

MOST_REMARKS = 4
"""More than a few remarks at once are read by nobody."""
NEAR_CHANCE = 0.1
"""PyTorch's own initial weights come within some 2 % of ln C; a tenth off is more than their luck."""
STUCK = 0.95
"""A loss above this share of the guessing loss has learned next to nothing."""
STUCK_AFTER = 2
"""Epochs: the first one often begins with a flat stretch."""
DIVERGED, NEWEST = 2.0, 5
"""The mean of the newest steps' losses against where the run started: one bad batch alone does not double it."""
EXPLODED, FIRST = 100.0, 10
"""Gradients against the median of the first steps: healthy runs were seen to grow thirtyfold."""
PEAK = 3.0
"""A step this many times above the start is a blow that a batch's luck does not deal."""
RISING_FOR, RISEN, RISEN_OF_CHANCE = 3, 1.05, 0.02
"""Validation loss wanders by some per cent from epoch to epoch, and by more when it is close to 0."""
GAP, GAP_FOR = 0.1, 3
"""Ten points more on the training images: several times the error of an accuracy over some hundred images. For three
epochs, because one unlucky last step spoils the validation figures of its epoch, and not the mean over the training."""
JUMP, JUMPS = 1.25, 2
"""A validation loss a quarter above those of the epochs before and after it; once may be chance."""
PLATEAU_FOR, MOVED = 5, 0.01
LEARNED = 0.95
"""A training accuracy from which on standing still is no complaint."""
STILL_FALLING = 0.05
DEAD, MANY_DEAD = 0.3, 0.5
"""Trained networks have some dead channels of their own: a few per cent to a quarter were seen in good runs."""
VANISHED = 1e-3
"""Near guessing, a healthy network's gradients have a length around 0.1 and more."""
NOISY, SMALL_BATCH, NOISY_FROM = 0.15, 16, 10
"""Scatter of the batch losses as a share of the guessing loss: about 0.03 with batches of 32."""
MINOR = ("dead", "unsteady", "noisy", "start")
"""Problems that a run may have and learn all the same."""


def coach(
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
    seen = look_at(config, classes, initial_loss, steps, epochs)
    problems = [remark for look in _LOOKS for remark in look(seen)]
    if not problems:
        return (*(_finished(seen) or _learning(seen)), *_good_start(seen))
    goods = _learning(seen) if all(remark.kind in MINOR for remark in problems) else []
    return tuple([*problems, *goods][:MOST_REMARKS])


def _divergence(seen: Seen) -> list[Remark]:
    if not seen.steps:
        return []
    newest = seen.steps[-NEWEST:]
    loss = fmean(step.loss for step in newest)
    evidence = []
    if loss > DIVERGED * seen.start:
        evidence.append(f"The newest {len(newest)} losses are {number(loss)} on average; it began at {seen.start:.3g}.")
    norms = norms_of(seen.steps[:FIRST])
    usual = median(norms) if norms else 0.0
    for step in newest[::-1]:
        if norms and step.gradient_norm is None:  # recorded, but not for this step
            evidence.append(f"The gradients of step {step.step} are no longer finite.")
            break
        # With a loss that is fine, a large gradient is only a steep place.
        if loss > seen.start and 0 < usual * EXPLODED < max(norms_of([step]), default=0.0):
            long = number(*norms_of([step]))
            evidence.append(f"The gradients of step {step.step} are {long} long, {number(usual)} in the first steps.")
            break
    if not evidence:
        return []
    rate = number(seen.steps[-1].learning_rate) if finite(seen.steps[-1].learning_rate) else "in use"
    return [
        Remark(
            "divergence",
            "The run is diverging: its steps seem too long.",
            " ".join(evidence),
            f"Lower the learning rate, {rate} now, by a factor of 10. If it goes on, draw the weights with “he”.",
        )
    ]


def _stuck(seen: Seen) -> list[Remark]:
    if len(seen.epochs) < STUCK_AFTER or _divergence(seen):
        return []
    train, val = (min(getattr(epoch, name) for epoch in seen.epochs) for name in ("train_loss", "val_loss"))
    if min(train, val) < STUCK * seen.chance:
        return []
    return [
        Remark(
            "stuck",
            "It has hardly begun to learn: its loss is still close to that of guessing.",
            f"After {seen.epochs[-1].epoch} epochs the lowest training loss is {train:.4g} and the lowest validation "
            f"loss {val:.4g}; guessing gives {guessing(seen)}. "
            f"Validation accuracy is {percent(seen.epochs[-1].val_accuracy)}.",
            _way_out(seen),
        )
    ]


def _way_out(seen: Seen) -> str:
    """What most probably keeps a run from beginning to learn, by its settings and numbers."""
    last, peak = seen.epochs[-1], max(seen.steps, key=lambda step: step.loss, default=None)
    if seen.config.initialisation == "equal":
        return "All weights of a layer began equal, so all its units learn the same: choose another initialisation."
    if peak is not None and peak.loss > PEAK * seen.start:
        return (
            f"The loss shot up to {number(peak.loss)} at step {peak.step}, and the weights have not got over it: "
            "divide the learning rate by 10."
        )
    if last.dead_relus is not None and last.dead_relus >= MANY_DEAD:
        return "Most channels give 0 and learn no more: start again with a tenth of the learning rate."
    if seen.config.initialisation == "normal":
        return "Weights this small let the picture fade from layer to layer: draw them with “he”, or add batch norm."
    if last.train_loss > 1.01 * seen.chance:
        return "A loss above guessing means steps that are too long: divide the learning rate by 10."
    return f"The steps may be too short: try ten times the learning rate of {last.learning_rate:.3g}."


def _dead(seen: Seen) -> list[Remark]:
    share = seen.epochs[-1].dead_relus if seen.epochs else None
    if share is None or not DEAD <= share <= 1:
        return []
    return [
        Remark(
            "dead",
            "Many ReLU channels are dead: they give 0 whatever the picture, so no gradient reaches their weights.",
            f"After epoch {seen.epochs[-1].epoch}, {percent(share)} of the channels are 0 everywhere for all of the "
            "validation images looked at.",
            "Try a lower learning rate, leaky ReLU or ELU in place of ReLU, or batch norm before each of them.",
        )
    ]


def _vanishing(seen: Seen) -> list[Remark]:
    norms = norms_of(seen.steps[-FIRST:])
    if len(norms) < FIRST:
        return []
    norm, loss = median(norms), fmean(step.loss for step in seen.steps[-FIRST:])
    if norm > VANISHED or loss < seen.chance / 2:
        return []
    advice = "Draw the weights with “he”, use ReLU or batch norm, or fewer layers."
    if seen.config.loss == "quadratic":
        advice = "Wrong answers given with certainty have no slope under quadratic loss: choose cross-entropy."
    return [
        Remark(
            "vanishing",
            "The gradients have all but vanished while there is still much to learn.",
            f"Over the newest {FIRST} steps the gradients are {number(norm)} long (median) at a loss of {loss:.3g}; "
            f"guessing gives {guessing(seen)}.",
            advice,
        )
    ]


def _overfitting(seen: Seen) -> list[Remark]:
    if len(seen.epochs) <= RISING_FOR:
        return []
    best, last = seen.best, seen.epochs[-1]
    limit = max(RISEN * best.val_loss, best.val_loss + RISEN_OF_CHANCE * seen.chance)
    risen = best not in seen.epochs[-RISING_FOR:] and all(e.val_loss > limit for e in seen.epochs[-RISING_FOR:])
    if not risen or last.train_loss >= best.train_loss:
        return []
    advice = "Try more images, augmentation, dropout or weight decay; early stopping would keep the best weights."
    if seen.config.patience:
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


def _gap(seen: Seen) -> list[Remark]:
    newest = seen.epochs[-GAP_FOR:]
    if len(newest) < GAP_FOR or _overfitting(seen) or any(e.train_accuracy - e.val_accuracy < GAP for e in newest):
        return []
    last = newest[-1]
    return [
        Remark(
            "gap",
            "It does much better on the images it learns from than on others.",
            f"After epoch {last.epoch}, {percent(last.train_accuracy)} of the training images are right and "
            f"{percent(last.val_accuracy)} of the validation images.",
            "Try more images, augmentation, dropout or weight decay, or a smaller network.",
        )
    ]


def _unsteady(seen: Seen) -> list[Remark]:
    triples = zip(seen.epochs, seen.epochs[1:], seen.epochs[2:], strict=False)
    peaks = [t for t in triples if t[1].val_loss > JUMP * max(t[0].val_loss, t[2].val_loss)]
    if len(peaks) < JUMPS or _divergence(seen):
        return []
    before, peak, after = peaks[-1]
    return [
        Remark(
            "unsteady",
            "The validation loss jumps up and down: single steps throw the network off.",
            f"{len(peaks)} times it rose by more than a quarter for one epoch; last from {before.val_loss:.3g} "
            f"to {peak.val_loss:.3g} (epoch {peak.epoch}) and back to {after.val_loss:.3g}.",
            f"Lower the learning rate, {seen.epochs[-1].learning_rate:.3g} now, let it fall by a schedule, or take "
            "larger batches.",
        )
    ]


def _plateau(seen: Seen) -> list[Remark]:
    before, after = seen.epochs[:-PLATEAU_FOR], seen.epochs[-PLATEAU_FOR:]
    if not before or seen.epochs[-1].train_accuracy >= LEARNED or _stuck(seen) or _divergence(seen):
        return []
    lowest, newest = (min(epoch.train_loss for epoch in part) for part in (before, after))
    if newest < (1 - MOVED) * lowest:
        return []
    last = after[-1]
    advice = f"Try a lower learning rate ({last.learning_rate:.3g} now) or a schedule such as cosine; else more layers."
    if last.learning_rate < seen.config.learning_rate / 100:
        advice = f"The schedule has brought the learning rate down to {last.learning_rate:.3g}: let it fall later."
    return [
        Remark(
            "plateau",
            f"The training loss stands still: {PLATEAU_FOR} epochs brought less than {percent(MOVED)}.",
            f"Its lowest was {lowest:.4g} up to epoch {before[-1].epoch}, and {newest:.4g} since; "
            f"training accuracy is {percent(last.train_accuracy)}.",
            advice,
        )
    ]


def _noisy(seen: Seen) -> list[Remark]:
    losses = [step.loss for step in seen.steps if step.epoch == seen.steps[-1].epoch]
    if len(losses) < NOISY_FROM or _divergence(seen):
        return []
    # Differences of neighbours, so that a loss which falls evenly does not count as scatter.
    scatter = stdev(later - earlier for earlier, later in pairwise(losses)) / math.sqrt(2)
    if scatter < NOISY * seen.chance:
        return []
    size = seen.config.batch_size
    advice = "Lower the learning rate: each step is taken for its own batch and spoils others."
    if size <= SMALL_BATCH:
        advice = f"Take larger batches, such as {4 * size} images, or a lower learning rate."
    return [
        Remark(
            "noisy",
            "The steps are noisy: batches disagree on which way to go.",
            f"In epoch {seen.steps[-1].epoch} the loss jumps by ±{scatter:.2g} from batch to batch around a mean of "
            f"{fmean(losses):.3g}, with {size} image{'s' * (size > 1)} a batch.",
            advice,
        )
    ]


def _bad_start(seen: Seen) -> list[Remark]:
    if seen.initial is None or abs(seen.initial - seen.chance) <= NEAR_CHANCE * seen.chance:
        return []
    says = "It begins below guessing: its weights know something already."
    advice = "That is right for a run that goes on from trained weights."
    if seen.initial > seen.chance:
        says = "It begins worse than guessing: sure of answers before it has seen a picture."
        advice = "The initial weights are too large for this network: choose “he”, or add batch norm."
    return [
        Remark("start", says, f"The first loss is {number(seen.initial)}; guessing gives {guessing(seen)}.", advice)
    ]


def _good_start(seen: Seen) -> list[Remark]:
    if seen.initial is None or abs(seen.initial - seen.chance) > NEAR_CHANCE * seen.chance:
        return []
    return [
        Remark(
            "start",
            "It begins as it should: the untrained network guesses.",
            f"The first loss is {seen.initial:.3f}; guessing gives {guessing(seen)}.",
            "A first loss far from this would mean weights that are too large, or a wrong number of classes.",
        )
    ]


def _underfitting(seen: Seen) -> list[Remark]:
    if len(seen.epochs) < 2 or not seen.ended or seen.epochs[-1].train_accuracy >= LEARNED:
        return []
    before, last = seen.epochs[-2:]
    if seen.best is not last or last.train_loss > (1 - STILL_FALLING) * before.train_loss or _stuck(seen):
        return []
    return [
        Remark(
            "underfitting",
            "It ended while it was still learning.",
            f"The last epoch took the training loss from {before.train_loss:.3g} to {last.train_loss:.3g} and the "
            f"validation loss to {last.val_loss:.3g}, its lowest.",
            f"Let it go on: more than {seen.config.epochs} epochs, or a higher learning rate.",
        )
    ]


def _finished(seen: Seen) -> list[Remark]:
    if not seen.ended or not _learning(seen):
        return []
    best = seen.best
    return [
        Remark(
            "finished well",
            "It finished, and does about as well on images it has not seen as on those it learned from.",
            f"Validation accuracy is {percent(seen.epochs[-1].val_accuracy)}, training accuracy "
            f"{percent(seen.epochs[-1].train_accuracy)}; the lowest validation loss was {best.val_loss:.3g} in epoch "
            f"{best.epoch}.",
            "Look at its mistakes on the Evaluate page, and at what it sees on the Inspect page.",
        )
    ]


def _learning(seen: Seen) -> list[Remark]:
    if seen.epochs:
        last = seen.epochs[-1]
        loss, what = last.train_loss, f"after epoch {last.epoch}; validation accuracy is {percent(last.val_accuracy)}"
    elif len(seen.steps) >= FIRST:
        loss, what = fmean(step.loss for step in seen.steps[-FIRST:]), f"over the newest {FIRST} steps"
    else:
        return []
    if loss >= STUCK * seen.chance:
        return []
    return [
        Remark(
            "learning",
            "It is learning.",
            f"Training loss is {loss:.3g} {what}. Guessing gives a loss of {guessing(seen)}.",
            "Watch both losses: as long as the validation loss falls too, going on is worth it.",
        )
    ]


_LOOKS: tuple[Callable[[Seen], list[Remark]], ...] = (
    *(
        _divergence,
        _stuck,
        _overfitting,
        _dead,
        _vanishing,
        _bad_start,
        _gap,
        _unsteady,
        _plateau,
        _noisy,
        _underfitting,
    ),
)
"""What may be wrong, the worst first."""
