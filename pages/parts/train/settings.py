"""The settings of a run, all kept in the link; the usual ones first, the others folded away."""

from typing import Any

import streamlit as st

from cnn_core.datasets import Dataset
from cnn_core.training import TrainConfig
from cnn_core.training.augmentation import DESCRIPTIONS, LABELS, NAMES
from cnn_core.training.config import (
    DEFAULT_LEARNING_RATES,
    INITIALISATIONS,
    LOSSES,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
)
from cnn_core.words import capitalize_first
from pages.shared.controls import show_note
from pages.shared.problems import show_problem

OPTIMIZER_NAMES = {"sgd": "SGD with momentum", "adam": "Adam", "adamw": "AdamW"}
SCHEDULE_WORDS = {
    "constant": "The same rate all the time.",
    "step": "The rate falls at once every few epochs.",
    "cosine": "The rate falls to 0 along half a cosine.",
    "one-cycle": "The rate rises to its highest over the first third, then falls to almost 0.",
}
INITIALISATION_WORDS = {
    "pytorch": "PyTorch's default: uniform within ±1/√inputs.",
    "he": "Normal with variance 2/inputs: made for ReLU.",
    "xavier": "Uniform with variance 2/(inputs + outputs): made for tanh.",
    "normal": "Normal with deviation 0.01, whatever the layer: signals die out in deep networks.",
    "equal": "All weights of a layer are equal: its units never become different.",
}


def number_field(label: str, name: str, default: float, low: float, high: float | None, hint: str, **more: Any) -> Any:
    """Show a field for one number, kept in the link, and return the number."""
    key = f"train_{name}"
    return st.number_input(label, low, high, default, key=key, bind="query-params", help=hint, **more)


def choose_option(label: str, name: str, options: tuple[str, ...], explanations: dict[str, str] | None = None) -> str:
    """Choose one of a few options, kept in the link; an explanation of the chosen one is shown below."""
    chosen = st.selectbox(label, options, key=f"train_{name}", bind="query-params", format_func=_option_title)
    if explanations:
        show_note(explanations[chosen])
    return str(chosen)


def _option_title(name: str) -> str:
    return {"pytorch": "PyTorch"}.get(name, capitalize_first(name))


def choose_settings(data: Dataset, pretrained: str, resize: int) -> TrainConfig:
    """Choose all settings. Shows an error and stops the page where they are impossible."""
    values: dict[str, Any] = {"dataset": data.name, "pretrained": pretrained, "resize": resize}
    values |= choose_basic_settings()
    with st.expander("Learning rate over time, momentum"):
        values |= choose_schedule(values["optimizer"])
    with st.expander("Against learning by heart"):
        values |= choose_regularisation()
    with st.expander("Loss, first weights, precision"):
        values |= choose_advanced_settings(pretrained)
    try:
        return TrainConfig(**values)
    except ValueError as problem:
        show_problem(problem)
        st.stop()


def choose_basic_settings() -> dict[str, Any]:
    """Choose optimiser, learning rate, batch size, epochs and seed; returns fields of TrainConfig."""
    optimizer = st.selectbox(
        "Optimiser",
        OPTIMIZERS,
        index=OPTIMIZERS.index("adam"),
        format_func=OPTIMIZER_NAMES.__getitem__,
        key="train_optimizer",
        bind="query-params",
        on_change=apply_default_rate,
    )
    usual = f"{DEFAULT_LEARNING_RATES[optimizer]:g} is a good start for {OPTIMIZER_NAMES[optimizer]}."
    left, right = st.columns(2)
    with left:
        rate = number_field(
            "Learning rate", "rate", 0.002, 0.0, None, f"How far each step goes. {usual}", format="%g", step=0.001
        )
        epochs = number_field("Epochs", "epochs", 10, 1, 1000, "How often every training image is seen.")
    with right:
        batch = number_field(
            "Batch size", "batch", 32, 1, 4096, "Images a step: more are steadier and give fewer steps an epoch."
        )
        seed = number_field("Seed", "seed", 0, 0, 2**31 - 1, "The same seed gives the same run.")
    return {"optimizer": optimizer, "learning_rate": rate, "epochs": epochs, "batch_size": batch, "seed": seed}


def apply_default_rate() -> None:
    """Set the usual learning rate of a newly chosen optimiser, unless the learner has set another."""
    if st.session_state.train_rate in DEFAULT_LEARNING_RATES.values():
        st.session_state.train_rate = DEFAULT_LEARNING_RATES[st.session_state.train_optimizer]


def choose_schedule(optimizer: str) -> dict[str, Any]:
    """Choose the schedule, and momentum for SGD; returns fields of TrainConfig."""
    values: dict[str, Any] = {"schedule": choose_option("Schedule", "schedule", SCHEDULES, SCHEDULE_WORDS)}
    if values["schedule"] == "step":
        left, right = st.columns(2)
        with left:
            values["step_every"] = number_field(
                "Every … epochs", "step_every", 10, 1, 1000, "Epochs from one fall to the next."
            )
        with right:
            hint = "The rate is multiplied by this."
            values["step_factor"] = number_field("Factor", "step_factor", 0.1, 0.01, 1.0, hint, format="%g", step=0.1)
    if optimizer == "sgd":
        hint = "The share of the last step that is added to the next one."
        values["momentum"] = number_field("Momentum", "momentum", 0.9, 0.0, 0.999, hint, format="%g", step=0.05)
        hint = "The gradient is computed where momentum is about to lead."
        nesterov = st.toggle("Nesterov momentum", False, key="train_nesterov", bind="query-params", help=hint)
        values["nesterov"] = nesterov and values["momentum"] > 0
    return values


def choose_regularisation() -> dict[str, Any]:
    """Choose measures against overfitting; returns fields of TrainConfig."""
    augmentation = st.multiselect(
        "Augmentation",
        NAMES,
        key="train_augmentation",
        bind="query-params",
        format_func=LABELS.__getitem__,
        help="Random changes to each training image, different each time it is used.",
    )
    for name in augmentation:
        show_note(f"**{LABELS[name]}:** {DESCRIPTIONS[name]}")
    left, right = st.columns(2)
    with left:
        hint = "Weight decay: how strongly weights are pulled towards 0."
        decay = number_field("L2", "decay", 0.0, 0.0, 10.0, hint, format="%g", step=0.0005)
        hint = "Epochs without a lower validation loss until the run ends early, with its best weights. 0: never."
        patience = number_field("Patience", "patience", 0, 0, 1000, hint)
    with right:
        hint = "This share of the target probability is spread over all classes."
        smoothing = number_field("Label smoothing", "smoothing", 0.0, 0.0, 0.9, hint, format="%g", step=0.05)
        hint = "Learn from only this many images: a few are soon learned by heart. 0: all."
        images = number_field("Training images", "images", 0, 0, 1_000_000, hint)
    return {
        "augmentation": tuple(augmentation),
        "weight_decay": decay,
        "patience": patience,
        "label_smoothing": smoothing,
        "train_images": images,
    }


def choose_advanced_settings(pretrained: str) -> dict[str, Any]:
    """Choose loss, initialisation and precision; returns fields of TrainConfig."""
    values = {"loss": choose_option("Loss", "loss", LOSSES)}
    if not pretrained:
        values["initialisation"] = choose_option(
            "First weights", "initialisation", INITIALISATIONS, INITIALISATION_WORDS
        )
    values["precision"] = choose_option("Precision", "precision", PRECISIONS)
    show_note(
        "Mixed: convolutions in bfloat16. Auto: mixed where the device supports it well and the network is large."
    )
    return values
