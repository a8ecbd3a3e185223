"""Precision, recall and F1 of each class, and their means."""

import numpy as np
import pandas as pd
import streamlit as st

from cnn_core.evaluation.explain import report_lines
from cnn_core.evaluation.metrics import per_class_report
from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.charts import score_chart
from pages.shared import lesson
from pages.shared.confusion_chart import MOST_NUMBERED_CLASSES
from pages.shared.controls import choose_option, show_note

ORDERS = ("class", "F1", "images")


def show_scores(answers: Answers) -> None:
    """Show the mean scores, and those of every class as a chart and as a table."""
    report = per_class_report(answers.matrix)
    by = choose_option("Sorted by", ORDERS, "class", "evaluate_scores_order")
    order = list(range(len(answers.class_names)))
    if by != "class":
        keys = [row.f1 if by == "F1" else row.support for row in report.classes]
        order = [int(k) for k in np.argsort(keys, kind="stable")]
    left, right = st.columns(2, gap="large")
    with left:
        worst = answers.class_names[int(np.argmin([row.f1 for row in report.classes]))]
        chart = score_chart(report, answers.class_names, order)
        st.altair_chart(chart, key="evaluate_scores", alt=f"Scores of each class; F1 is lowest for {worst}")
    with right:
        lines = report_lines(report, answers.class_names)
        means = lines[len(answers.class_names) :]
        st.table(means)
        table = [lines[k] for k in order]
        if len(table) <= MOST_NUMBERED_CLASSES:
            st.table(table)
        else:
            st.dataframe(pd.DataFrame(table), hide_index=True, height=600, key="evaluate_table")
        show_note(
            "Macro: every class counts alike. Weighted: every image does. They part where classes differ in size and "
            "the small ones come out worse. (0/0): nothing to divide by, given as 0."
        )
    lesson.show_section("evaluate", "The figures")
