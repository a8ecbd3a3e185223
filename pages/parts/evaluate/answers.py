"""What a network answered to every image of a split: the one value that all parts of the Evaluate page show."""

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
from pages.shared.controls import choose_option, show_note
from pages.shared.subject import LoadedRun, compute_logits

TEST = "Test"
VALIDATION = "Validation"


@dataclass(frozen=True, eq=False)
class Answers:
    """The `logits` (N, K) of a checkpoint for every image of the split `split_name`, shared: only read them."""

    subject: LoadedRun
    epoch: int
    split_name: str
    split: Split
    class_names: tuple[str, ...]
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
        return confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """The cross-entropy of every image (N,)."""
        return image_losses(self.logits, self.labels)


def choose_split() -> str:
    """Let the visitor choose test or validation images, and say what each is for."""
    return choose_option(
        "Images",
        (TEST, VALIDATION),
        TEST,
        "evaluate_split",
        "Validation images are for choosing between settings and checkpoints; test images for the report at the end.",
    )


def show_split_advice(split_name: str, subject: LoadedRun, epoch: int) -> None:
    """Say what may be concluded from this split at this checkpoint, and which checkpoint validation chose."""
    best_epoch = state.run_store().get_run(subject.run_id).best_epoch
    if split_name == VALIDATION:
        best = (
            f" The lowest loss on them is that of the checkpoint after epoch {best_epoch}."
            if best_epoch is not None
            else ""
        )
        show_note(f"**Validation** images chose settings and checkpoint: their figures are a little too good.{best}")
    elif epoch not in (best_epoch, subject.default_epoch):
        validation = (
            f"Validation picked the one after epoch {best_epoch}" if best_epoch is not None else "Let validation choose"
        )
        st.warning(
            f"{validation}: look at this one to understand, but do not choose it because its **test** figures are "
            "better. They would no longer tell how good the network is.",
            icon=":material/balance:",
        )
    else:
        show_note(
            "**Test** images were used neither to learn nor to choose: look at them at the end, and never to choose."
        )


def compute_answers(subject: LoadedRun, epoch: int, split_name: str) -> Answers:
    """Run the network on the split. Raises ValueError when its answers are not numbers or do not fit the data set."""
    data = state.load_dataset(subject.dataset_name)
    part: Literal["test", "val"] = "test" if split_name == TEST else "val"
    logits = compute_logits(subject, epoch, part)
    if not np.isfinite(logits).all():
        raise ValueError(
            "The network's answers are no longer numbers, as the training diverged. Choose an earlier one."
        )
    split = data.test if split_name == TEST else data.val
    if logits.shape[1] != len(data.class_names):
        raise ValueError(
            f"The network answers {logits.shape[1]} classes, and the data set has {len(data.class_names)}."
        )
    return Answers(subject, epoch, split_name, split, data.class_names, logits)


def show_figures(answers: Answers) -> None:
    """Show accuracy and loss, each with its interval, and the number of images."""
    right, total = int(answers.matrix.trace()), len(answers.labels)
    classes = len(answers.class_names)
    low, high = accuracy_interval(right, total)
    accuracy, loss, images = st.columns(3)
    with accuracy:
        st.metric(
            f"{answers.split_name} accuracy", f"{right / total:.1%}", help=f"{right:,} of {total:,} images are right."
        )
        show_note(f"95 % interval: {low * 100:.1f} – {high:.1%} (Wilson)")
    with loss:
        guessing = f"Mean cross-entropy; guessing gives ln {classes} = {np.log(classes):.3f}."
        st.metric(f"{answers.split_name} loss", f"{answers.losses.mean():.3f}", help=guessing)
        if total > 1:
            low, high = loss_interval(answers.losses)
            show_note(f"95 % interval: {low:.3f} – {high:.3f} (normal approximation)")
        else:
            show_note("One image has no interval.")
    with images:
        st.metric(f"{answers.split_name} images", f"{total:,}")
        present = int((answers.matrix.sum(axis=1) > 0).sum())
        show_note(f"of {present} classes" if present == classes else f"of {present} of {classes} classes")
    absent = [name for name, images in zip(answers.class_names, answers.matrix.sum(axis=1), strict=True) if not images]
    if absent:
        listed = ", ".join(absent[:8]) + (f" and {len(absent) - 8} more" if len(absent) > 8 else "")
        st.info(f"These images hold none of: {listed}. Their recall is 0/0; the macro mean counts it as 0.")
    if classes == 1:
        st.info("This data set has a single class: every answer is right, and nothing can be mixed up.")
