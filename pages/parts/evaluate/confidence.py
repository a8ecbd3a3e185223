"""How sure the network is, and how right: calibration, confidence, and the true class among the first k."""

import streamlit as st

from cnn_core.evaluation.calibration import measure_calibration
from cnn_core.evaluation.explain import explain_calibration
from cnn_core.evaluation.metrics import top_k_curve
from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.charts import confidence_chart, reliability_chart, top_k_chart
from pages.shared import lesson
from pages.shared.controls import choose_option, show_note

BINS = (5, 10, 15, 20)


def show_confidence(answers: Answers) -> None:
    """Show the reliability diagram, the histogram of confidence, and top-k accuracy."""
    bins = choose_option(
        "Bins", BINS, 10, "evaluate_bins", "Of equal width, from 0 to 1. The calibration error depends on them."
    )
    measured = measure_calibration(answers.probabilities, answers.labels, bins)
    st.markdown(explain_calibration(measured))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Is it calibrated?**")
        full = [part for part in measured.bins if part.images]
        alt = "Reliability: " + "; ".join(f"said {b.confidence:.0%}, right {b.accuracy:.0%}" for b in full)
        st.altair_chart(reliability_chart(measured), key="evaluate_reliability", alt=alt)
        show_note(
            "Bar: the share of a bin that is right. Dot: where the bin stands, at its mean confidence, with the 95 % "
            "interval (Wilson). Dashed orange: what is missing to the diagonal, on which a calibrated network lies."
        )
    with right:
        st.markdown("**How sure is it?**")
        wrong = len(answers.labels) - int(answers.matrix.trace())
        alt = f"Images by confidence: {len(answers.labels) - wrong:,} right, {wrong:,} wrong"
        st.altair_chart(confidence_chart(measured), key="evaluate_confidence", alt=alt)
        sure = int(((answers.predicted != answers.labels) & (answers.probabilities.max(axis=1) > 0.9)).sum())
        show_note(f"{sure:,} of {wrong:,} mistakes are made with more than 90 % confidence. Mistakes lists them first.")
    left, right = st.columns(2, gap="large")
    with left:
        _show_top_k(answers)
    with right:
        lesson.show_section("evaluate", "Sure and right")


def _show_top_k(answers: Answers) -> None:
    st.markdown("**Is the true class at least among the first k?**")
    curve = top_k_curve(answers.logits, answers.labels)
    shares = [f"top-{k} {curve[k - 1]:.1%}" for k in (1, 2, 3, 5, 10) if k < len(curve)]
    chart = top_k_chart(curve.tolist())
    st.altair_chart(chart, key="evaluate_top_k", alt=f"Top-k accuracy: {', '.join(shares)}")
    show_note(", ".join(shares).capitalize() + "." if shares else "With one class, top-1 is always right.")
