"""Evaluations in words: calibration, comparison of two networks, and the report as a table."""

import numpy as np
import pytest

from cnn_core.evaluation.calibration import measure_calibration
from cnn_core.evaluation.explain import explain_calibration, explain_comparison, report_lines
from cnn_core.evaluation.metrics import accuracy_interval, per_class_report
from cnn_core.evaluation.paired import compare_answers


def test_report_as_a_table_marks_what_is_undefined() -> None:
    lines = report_lines(per_class_report(np.array([[2, 0], [2, 0]])), ("cat", "dog"))
    assert [line["class"] for line in lines] == ["cat", "dog", "Macro mean", "Weighted mean"]
    assert lines[0] == {"class": "cat", "precision": "0.500", "recall": "1.000", "F1": "0.667", "images": "2"}
    assert lines[1]["precision"] == "0.000 (0/0)"
    assert lines[1]["recall"] == "0.000"
    assert lines[2]["recall"] == "0.500"
    assert lines[3]["images"] == "4"


def test_calibration_says_which_way_it_is_wrong() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1]])
    half = measure_calibration(probabilities, np.array([0, 1]))
    assert "too sure, by 40.0 points" in explain_calibration(half)
    assert "ECE = 0.400, 10 bins" in explain_calibration(half)
    assert "not sure enough, by 10.0 points" in explain_calibration(
        measure_calibration(probabilities, np.array([0, 0]))
    )
    assert half.bins[8].interval == accuracy_interval(1, 2)
    assert half.bins[0].interval == (0, 1)


def test_the_verdict_names_the_better_one_or_says_that_there_is_no_proof() -> None:
    labels = np.zeros(100, dtype=int)
    bad, good = np.r_[np.ones(30, int), np.zeros(70, int)], np.zeros(100, dtype=int)
    assert "**B is better** than A" in explain_comparison(compare_answers(labels, bad, good), "A", "B")
    assert "**A is better** than B" in explain_comparison(compare_answers(labels, good, bad), "A", "B")
    near = good.copy()
    near[0] = 1
    assert "**no proof** that A is better than B" in explain_comparison(compare_answers(labels, good, near), "A", "B")
    assert "no difference at all" in explain_comparison(compare_answers(labels, good, good), "A", "B")
    with pytest.raises(ValueError, match="2, 1 and 2 values"):
        compare_answers(labels[:2], good[:1], good[:2])
