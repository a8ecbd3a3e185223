"""Sanity checks of gradients that vanish: a neuron that is sure and wrong, and units that no input wakes."""

import streamlit as st

from cnn_core.experiments import saturation
from pages.shared.charts import line_chart
from pages.shared.controls import choose_integer, choose_value, show_note

train_neuron = st.cache_data(max_entries=64, show_spinner=False)(saturation.train_neuron)
train_units = st.cache_data(max_entries=64, show_spinner=False)(saturation.train_units)


def show_saturation() -> None:
    """Compare quadratic cost and cross-entropy for a neuron that is sure and wrong."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        start = choose_value(
            "Weight and bias at the start", "scratch_neuron_start", (0.0, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0), 2.0
        )
        steps = choose_integer("Steps", "scratch_neuron_steps", 10, 500, 300)
        st.latex(r"C_{\text{quad}} = \tfrac12 a^2 \qquad \frac{\partial C}{\partial z} = a \cdot a(1-a)")
        st.latex(r"C_{\text{ce}} = -\ln(1-a) \qquad \frac{\partial C}{\partial z} = a")
    quadratic, entropy = (train_neuron(start, steps, quadratic=one) for one in (True, False))
    with right:
        lines = {"quadratic cost": quadratic.outputs, "cross-entropy": entropy.outputs}
        chart = line_chart(lines, range(steps + 1), "step", "output a, wanted 0")
        alt = "Output of the neuron over the steps, with either cost"
        st.altair_chart(chart, width="stretch", key="scratch_neuron_chart", alt=alt)
        st.markdown(
            f"It starts at a = **{quadratic.outputs[0]:.3f}**, where 0 is wanted. First slope: quadratic "
            f"**{quadratic.first_slope:.3g}**, cross-entropy **{entropy.first_slope:.3g}**. After {steps} steps: "
            f"**{quadratic.outputs[-1]:.3f}** and **{entropy.outputs[-1]:.3f}**."
        )
        show_note(
            "The surer and the more wrong, the flatter the sigmoid: a(1 − a) goes to 0. Cross-entropy cancels it."
        )


def show_dead_units() -> None:
    """Compare ReLU and leaky ReLU for units that no input activates."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        bias = choose_value(
            "Bias of the hidden units at the start", "scratch_units_bias", (-4.0, -3.0, -2.0, -1.0, 0.0), -3.0
        )
        slope = choose_value("Slope of leaky ReLU below 0", "scratch_units_slope", (0.01, 0.05, 0.1, 0.2), 0.1)
        steps = choose_integer("Steps", "scratch_units_steps", 10, 1000, 300)
        show_note(f"{saturation.HIDDEN_UNITS} units learn y = |x| from 64 points between −1 and 1.")
    relu, leaky = train_units(bias, 0.0, steps), train_units(bias, slope, steps)
    with right:
        lines = {"ReLU": relu.losses, "leaky ReLU": leaky.losses}
        chart = line_chart(lines, range(steps), "step", "loss")
        st.altair_chart(chart, width="stretch", key="scratch_units_chart", alt="Loss over the steps, with either unit")
        st.markdown(
            f"Before training no input brings **{relu.dead_before} of {saturation.HIDDEN_UNITS}** units above 0; after "
            f"{steps} steps **{relu.dead_after}** of the ReLUs and **{leaky.dead_after}** of the leaky ones sleep. "
            f"Loss with ReLU: **{relu.losses[0]:.4f} → {relu.losses[-1]:.4f}**; "
            f"with leaky ReLU: **{leaky.losses[0]:.4f} → {leaky.losses[-1]:.4f}**."
        )
        if relu.dead_before == saturation.HIDDEN_UNITS:
            show_note(
                "Every ReLU is *dead*: slope 0 for every input, so nothing ever changes. The leak lets a gradient pass."
            )
        else:
            show_note("Units above 0 for some input learn with either. Lower the bias until none is left.")
