"""Sanity checks of the three-layer network: each a question, a slider, a picture and an answer."""

import inspect
from collections.abc import Callable

import streamlit as st

from cnn_core.experiments import sanity, three_layer
from cnn_core.experiments.three_layer import NetworkShape
from cnn_core.render.tiles import filter_grid
from pages.parts.scratch.saturation import show_dead_units, show_saturation
from pages.shared.charts import line_chart
from pages.shared.controls import choose_integer, choose_value, show_note

STRENGTHS = [0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
THRESHOLD = 1e-6
FORMULA = r"L = \frac1N \sum_n -\log p_{n, y_n} \;+\; \tfrac12\,\lambda \sum W^2"


initial_loss = st.cache_data(max_entries=256, show_spinner=False)(sanity.initial_loss)
gradient_check = st.cache_data(max_entries=32, show_spinner="Nudging every parameter …")(sanity.check_parameters)
overfit_digits = st.cache_data(max_entries=32, show_spinner="Training in NumPy …")(sanity.overfit_digits)
measure_separation = st.cache_data(max_entries=32, show_spinner="Training in NumPy …")(sanity.measure_separation)


def show_initial_loss() -> None:
    """Show whether the loss starts at that of guessing."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        classes = choose_integer("Classes C", "scratch_classes", 2, 100, 10)
        scale = choose_value(
            "Weights drawn with standard deviation", "scratch_scale", (0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5), 0.01
        )
        reg = choose_value("Regularisation λ", "scratch_reg", tuple(STRENGTHS), 0.0)
    loss = initial_loss(classes, scale, reg)
    with right:
        first, second, third = st.columns(3)
        first.metric("Loss before training", f"{loss.total:.4f}")
        second.metric(f"Guessing: ln {classes}", f"{loss.guessing:.4f}")
        third.metric("of it regularisation", f"{loss.regularisation:.4f}")
        st.latex(FORMULA)
        difference = loss.data - loss.guessing
        if abs(difference) < 0.01:
            answer = "**As it should be:** the network knows nothing yet and gives every class the same probability."
        else:
            more = "more" if difference > 0 else "less"
            answer = f"**Not where guessing is:** {abs(difference):.3g} {more}. It is sure of itself, and mostly wrong."
        if loss.regularisation > 0.01:
            answer += f" Regularisation adds {loss.regularisation:.3g} on top."
        st.markdown(answer)


def show_regularisation() -> None:
    """Show what regularisation does to the loss."""
    scale = choose_value("Weights drawn with standard deviation", "scratch_reg_scale", (0.01, 0.03, 0.1, 0.2, 0.3), 0.1)
    losses = [initial_loss(10, scale, strength) for strength in STRENGTHS]
    columns = {
        "loss": [loss.total for loss in losses],
        "without regularisation": [loss.data for loss in losses],
        "guessing": [loss.guessing for loss in losses],
    }
    chart = line_chart(columns, STRENGTHS, "regularisation λ", "loss before training")
    st.altair_chart(chart, width="stretch", key="scratch_reg_chart", alt="Loss before training over λ: a straight line")
    slope = (losses[-1].total - losses[0].total) / STRENGTHS[-1]
    st.latex(FORMULA)
    st.markdown(
        f"**A straight line:** each unit of λ adds ½ Σ W² = **{slope:.4g}**, whatever the images are. A loss "
        "that does not rise with λ has forgotten its regularisation."
    )


def show_gradient_check() -> None:
    """Show whether the backward pass is right."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        filters = choose_integer("Filters", "scratch_check_filters", 1, 8, 3)
        hidden = choose_integer("Hidden units", "scratch_check_hidden", 2, 12, 5)
        reg = choose_value("Regularisation λ", "scratch_check_reg", tuple(STRENGTHS), 0.1)
    rows = gradient_check(NetworkShape(size=6, filters=filters, hidden=hidden, classes=4), reg)
    lines = ["| | numbers | ours ↔ numerical | ours ↔ autograd | |", "|---|---:|---:|---:|---|"]
    for row in rows:
        right_one = max(row.numerical, row.autograd) < THRESHOLD
        mark = ":green[:material/check: pass]" if right_one else ":red[:material/close: fail]"
        lines.append(f"| **{row.name}** | {row.count} | {row.numerical:.1e} | {row.autograd:.1e} | {mark} |")
    with right:
        st.markdown("\n".join(lines))
        worst = max(max(row.numerical, row.autograd) for row in rows)
        show_note(f"Largest relative error **{worst:.0e}**. Below {THRESHOLD:g} is right; above 0.01 is wrong.")


def show_overfitting() -> None:
    """Show whether the network can memorise a handful of images."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        count = choose_integer("Digits to learn", "scratch_overfit_count", 5, 100, 30)
        epochs = choose_integer("Passes", "scratch_overfit_epochs", 10, 200, 100)
        reg = choose_value("Regularisation λ", "scratch_overfit_reg", tuple(STRENGTHS), 0.0)
    history = overfit_digits(count, epochs, reg)
    first_perfect = next((epoch.epoch for epoch in history if epoch.train_accuracy == 1), None)
    with right:
        columns = {
            "training": [epoch.train_accuracy for epoch in history],
            "never seen": [epoch.val_accuracy for epoch in history],
        }
        chart = line_chart(columns, [epoch.epoch for epoch in history], "pass", "accuracy")
        st.altair_chart(chart, width="stretch", key="scratch_overfit_chart", alt="Accuracy over the passes")
        last = history[-1]
        if first_perfect is not None:
            answer = f"**Yes:** all {count} right after {first_perfect} passes, loss {last.loss:.2g}."
        else:
            answer = f"**Not yet:** {last.train_accuracy:.0%} of {count} after {epochs} passes. More passes, or less λ."
        st.markdown(
            f"{answer} On digits it never saw: {last.val_accuracy:.0%}. That gap is *overfitting*, here on purpose."
        )


def show_symmetry() -> None:
    """Show why weights must not start equal."""
    epochs = choose_integer("Passes", "scratch_symmetry_epochs", 1, 200, 100)
    cases = ((True, "All weights equal"), (False, "Random weights"))
    for column, (equal, title) in zip(st.columns(2, gap="large"), cases, strict=True):
        result = measure_separation(equal=equal, epochs=epochs)
        with column:
            st.markdown(f"**{title}**")
            st.image(filter_grid(result.filters)[0], alt=f"{title}: the eight filters after {epochs} passes")
            st.markdown(
                f"Largest difference between any two filters **{result.between_filters:.3g}**, "
                f"between any two hidden units **{result.between_units:.3g}**. "
                f"{result.accuracy:.0%} of the training digits right."
            )
    show_note(
        "Equal units see the same, answer the same and get the same gradient: they stay equal for ever, and "
        "eight filters do the work of one. Random numbers break the symmetry."
    )


CHECKS: dict[str, tuple[str, Callable[[], None]]] = {
    "Initial loss": ("Before training, is the loss that of guessing, ln C?", show_initial_loss),
    "Regularisation": ("Does the loss rise with the regularisation, and by how much?", show_regularisation),
    "Gradient check": ("Is our backward pass right, parameter by parameter?", show_gradient_check),
    "Overfit a handful": ("Can the network learn a few images by heart?", show_overfitting),
    "Equal weights": ("What if all weights start equal?", show_symmetry),
    "Sure and wrong": ("Which cost still learns where the answer is wrong and sure?", show_saturation),
    "Dead units": ("What becomes of units that no input wakes?", show_dead_units),
}


def show_network_code() -> None:
    """Show the code of the network."""
    functions = (three_layer.forward, three_layer.softmax_loss, three_layer.backward, three_layer.loss_and_gradients)
    with st.expander("The network, all of it", icon=":material/code:"):
        st.code("\n\n".join(inspect.getsource(function) for function in functions), language="python")
