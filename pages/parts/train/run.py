"""A run while it is trained, and after: its progress, its curves, the coach's remarks on them, its first filters."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.render.tiles import filter_grid
from cnn_core.runs import Run, review_run
from cnn_core.runs.coach_evidence import Kind
from cnn_core.training.events import EpochDone, StepDone
from cnn_core.words import format_count, format_duration
from pages.parts.train.charts import (
    accuracy_spec,
    dead_relu_spec,
    gradient_spec,
    loss_spec,
    rate_spec,
    training_rows,
)
from pages.parts.train.controls import show_controls
from pages.parts.train.together import show_batch_results
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.run_words import data_title

REMARK_ICONS: dict[Kind, str] = {
    "start": "flag",
    "learning": "trending_up",
    "finished well": "check_circle",
    "stuck": "block",
    "gap": "call_split",
    "unsteady": "show_chart",
    "underfitting": "trending_flat",
    "overfitting": "call_split",
    "plateau": "trending_flat",
    "divergence": "warning",
    "noisy": "grain",
    "dead": "power_off",
    "vanishing": "blur_off",
}


def show_training_run(run: Run) -> None:
    """Show the run: its status and progress, its buttons, its curves and what they say."""
    show_status(run)
    steps, epochs = state.run_store().load_steps(run.id), state.run_store().load_epochs(run.id)
    show_progress(run, steps, epochs)
    show_controls(run, epochs)
    rows = training_rows(
        steps,
        epochs,
        steps_per_epoch=run.steps_per_epoch,
        total_epochs=max(1, len(epochs)),
        classes=run.spec.classes,
        quadratic=run.config.loss == "quadratic",
    )
    loss = loss_spec(quadratic=run.config.loss == "quadratic")
    st.vega_lite_chart(rows, loss, key="train_loss_chart", alt=loss_alt_text(epochs))
    st.vega_lite_chart(rows, accuracy_spec(), key="train_accuracy_chart", alt=accuracy_alt_text(epochs))
    show_remarks(run, steps, epochs)
    show_batch_results(run)
    show_details(run, rows, steps, epochs)


def show_status(run: Run) -> None:
    """Show the status of the run in words."""
    match run.status:
        case "queued" | "running" | "paused" if run.stop_requested:
            st.info("Stopping …", icon=":material/stop_circle:")
        case "queued":
            st.info(queue_sentence(run), icon=":material/hourglass_top:")
        case "running":
            where = f"Training **{run.spec.name}** on {data_title(run.config.dataset)} ({run.device})."
            st.info(where, icon=":material/model_training:")
        case "paused":
            st.info("Paused. Take single steps, or resume it.", icon=":material/pause_circle:")
        case "finished":
            st.success(result_sentence(run), icon=":material/check_circle:")
        case "stopped":
            st.warning("Stopped. Every finished epoch is kept.", icon=":material/stop_circle:")
        case _:
            st.error(f"**{run.status.capitalize()}:** {run.message}", icon=":material/error:")


def queue_sentence(run: Run) -> str:
    """Return the run's place in line, and the time until its turn where that is known."""
    position = state.job_queue().queue_position(run.id)
    if position is None:
        return "Starting on a free worker …"
    number, seconds = position
    turn = f", about {format_duration(seconds)} until its turn" if seconds else ""
    return f"Waiting for a free worker: number {number} in line{turn}."


def result_sentence(run: Run) -> str:
    """Return the result of a finished run in a sentence."""
    sentence = f"Done: **{run.test_accuracy:.1%}** of the test images are right."
    if run.config.patience and run.tested_epoch is not None:
        sentence += f" The weights after epoch {run.tested_epoch} are the best, and were kept."
    return sentence


def show_progress(run: Run, steps: Sequence[StepDone], epochs: Sequence[EpochDone]) -> None:
    """Show a bar with the time left while the run is in progress; after it, its epochs, steps and time."""
    total = run.steps_per_epoch * run.epochs
    last = steps[-1] if steps else None
    if run.is_active:
        share = last.step / total if last and total else 0.0
        speed = steps_per_second(steps)
        time_left = f", about {format_duration((total - last.step) / speed)} left" if last and speed else ""
        images_per_second = f", {speed * run.config.batch_size:,.0f} images a second" if speed else ""
        now = min(len(epochs) + 1, run.epochs)
        st.progress(min(share, 1.0), f"Epoch {now} of {run.epochs}{time_left}{images_per_second}")
        return
    seconds = run.seconds or (epochs[-1].seconds if epochs else None)
    if seconds is not None:
        count = format_count(len(epochs), "epoch")
        show_note(
            f"{count} in {format_duration(seconds)} on {run.device or 'CPU'}; {last.step if last else 0:,} steps."
        )


def steps_per_second(steps: Sequence[StepDone]) -> float | None:
    """Return the steps per second over the latest steps; None while there are fewer than two."""
    stretch = steps[-20:]
    if len(stretch) < 2 or stretch[-1].seconds <= stretch[0].seconds:
        return None
    return (stretch[-1].step - stretch[0].step) / (stretch[-1].seconds - stretch[0].seconds)


def loss_alt_text(epochs: Sequence[EpochDone]) -> str:
    """Return the loss chart in words."""
    if not epochs:
        return "Loss over epochs; no epoch is finished yet"
    return (
        f"Loss after {len(epochs)} epochs: training {epochs[-1].train_loss:.3f}, validation {epochs[-1].val_loss:.3f}"
    )


def accuracy_alt_text(epochs: Sequence[EpochDone]) -> str:
    """Return the accuracy chart in words."""
    if not epochs:
        return "Accuracy over epochs; no epoch is finished yet"
    last = epochs[-1]
    return (
        f"Accuracy after {len(epochs)} epochs: training {last.train_accuracy:.1%}, validation {last.val_accuracy:.1%}"
    )


def show_remarks(run: Run, steps: Sequence[StepDone], epochs: Sequence[EpochDone]) -> None:
    """Show the coach's remarks with their evidence and advice."""
    coach_remarks = review_run(run.config, run.spec.classes, run.initial_loss, steps, epochs)
    if not coach_remarks:
        return
    with st.container(border=True):
        st.markdown("##### What the curves say")
        for remark in coach_remarks:
            st.markdown(f":material/{REMARK_ICONS[remark.kind]}: **{remark.statement}** {remark.evidence}")
            if remark.advice:
                show_note(remark.advice)


def show_details(run: Run, rows: object, steps: Sequence[StepDone], epochs: Sequence[EpochDone]) -> None:
    """Show the latest first-layer filters, learning rate, gradients and dead ReLUs."""
    if not steps:
        return
    left, right = st.columns(2)
    with left:
        show_filters(run)
        st.vega_lite_chart(
            rows, rate_spec(), key="train_rate_chart", alt=_latest_value_text("Learning rate", steps, "learning_rate")
        )
    with right:
        words = _latest_value_text("Length of the gradient", steps, "gradient_norm")
        st.vega_lite_chart(rows, gradient_spec(), key="train_gradient_chart", alt=words)
        if any(epoch.dead_relus is not None for epoch in epochs):
            words = _latest_value_text("Share of dead ReLU channels", epochs, "dead_relus")
            st.vega_lite_chart(rows, dead_relu_spec(), key="train_dead_chart", alt=words)


def _latest_value_text(quantity: str, events: Sequence[StepDone] | Sequence[EpochDone], field: str) -> str:
    value = getattr(events[-1], field) if events else None
    return quantity if value is None else f"{quantity}: now {value:.3g}"


def show_filters(run: Run) -> None:
    """Show the first convolution's filters, at most about a second old while the run is in progress."""
    stored = state.run_store().load_filters(run.id)
    if stored is None:
        return
    step, weights = stored
    picture, limits = filter_grid(weights)
    st.image(picture, width=min(360, picture.shape[1]), alt=f"The {len(weights)} filters of the first convolution")
    scale = f"Scale ±{limits.max():.2f}; grey is 0." if weights.shape[1] == 3 else f"Scale ±{limits.max():.2f}."
    show_note(f"Filters of the first convolution after step {step:,}. {scale}")
