"""What a network answered to every image of a split: the one value that all parts of the Evaluate page look at."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core.datasets import Split
from cnn_core.evaluation.metrics import accuracy_interval, confusion_matrix, image_losses, loss_interval
from pages.shared import state
from pages.shared.controls import choice, note
from pages.shared.subject import Subject, logits_of

TEST, VALIDATION = "Test", "Validation"


@dataclass(frozen=True, eq=False)
class Answers:
    """The `logits` (N, K) of a checkpoint for every image of the split called `called`; nobody may write to them."""

    subject: Subject
    epoch: int
    called: str
    split: Split
    names: tuple[str, ...]
    logits: NDArray[np.float32]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The true classes (N,)."""
        return self.split.labels

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """Softmax of the logits (N, K)."""
        found: NDArray[np.float64] = softmax(self.logits.astype(float), axis=1)
        return found

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """The predicted classes (N,)."""
        return self.logits.argmax(axis=1)

    @cached_property
    def matrix(self) -> NDArray[np.int64]:
        """The confusion matrix (K, K), rows true, columns predicted."""
        return confusion_matrix(self.labels, self.predicted, len(self.names))

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """The cross-entropy of every image (N,)."""
        return image_losses(self.logits, self.labels)


def choose_split() -> str:
    """Test or validation, and in words what either is for."""
    return choice(
        "Images",
        (TEST, VALIDATION),
        TEST,
        "evaluate_split",
        "Validation images are for choosing between settings and checkpoints; test images for the report at the end.",
    )


def split_words(called: str, subject: Subject, epoch: int) -> None:
    """What may be concluded from this split at this checkpoint, and which one validation picked."""
    picked = state.store().get(subject.run_id).best_epoch
    if called == VALIDATION:
        best = f" The lowest loss on them is that of the checkpoint after epoch {picked}." if picked is not None else ""
        note(f"**Validation** images chose settings and checkpoint: their figures are a little too good.{best}")
    elif epoch not in (picked, subject.shown_first):
        validation = (
            f"Validation picked the one after epoch {picked}" if picked is not None else "Let validation choose"
        )
        st.warning(
            f"{validation}: look at this one to understand, but do not choose it because its **test** figures are "
            "better. They would no longer tell how good the network is.",
            icon=":material/balance:",
        )
    else:
        note("**Test** images were used neither to learn nor to choose: look at them at the end, and never to choose.")


def answers_of(subject: Subject, epoch: int, called: str) -> Answers:
    """Run the network over the split. Raises ValueError, with a sentence, when its answers are no numbers."""
    data = state.dataset(subject.dataset)
    part: Literal["test", "val"] = "test" if called == TEST else "val"
    logits = logits_of(subject.run_id, epoch, subject, part)
    if not np.isfinite(logits).all():
        raise ValueError("its answers are no longer numbers, as the training diverged. Choose an earlier one.")
    split = data.test if called == TEST else data.val
    if logits.shape[1] != len(data.class_names):
        raise ValueError(f"it answers {logits.shape[1]} classes, and the data set has {len(data.class_names)}.")
    return Answers(subject, epoch, called, split, data.class_names, logits)


def figures(answers: Answers) -> None:
    """Accuracy and loss, each with its interval, and the number of images."""
    right, total = int(answers.matrix.trace()), len(answers.labels)
    classes = len(answers.names)
    low, high = accuracy_interval(right, total)
    accuracy, loss, images = st.columns(3)
    with accuracy:
        st.metric(
            f"{answers.called} accuracy", f"{right / total:.1%}", help=f"{right:,} of {total:,} images are right."
        )
        note(f"95 % interval: {low * 100:.1f} – {high:.1%} (Wilson)")
    with loss:
        guessing = f"Mean cross-entropy; guessing gives ln {classes} = {np.log(classes):.3f}."
        st.metric(f"{answers.called} loss", f"{answers.losses.mean():.3f}", help=guessing)
        if total > 1:
            low, high = loss_interval(answers.losses)
            note(f"95 % interval: {low:.3f} – {high:.3f} (normal approximation)")
        else:
            note("One image has no interval.")
    with images:
        st.metric(f"{answers.called} images", f"{total:,}")
        present = int((answers.matrix.sum(axis=1) > 0).sum())
        note(f"of {present} classes" if present == classes else f"of {present} of {classes} classes")
    absent = [name for name, images in zip(answers.names, answers.matrix.sum(axis=1), strict=True) if not images]
    if absent:
        listed = ", ".join(absent[:8]) + (f" and {len(absent) - 8} more" if len(absent) > 8 else "")
        st.info(f"These images hold none of: {listed}. Their recall is 0/0; the macro mean counts it as 0.")
    if classes == 1:
        st.info("This data set has a single class: every answer is right, and nothing can be mixed up.")
