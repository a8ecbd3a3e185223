"""How good a network is: metrics with intervals, confusion, calibration, two networks against each other.

Importing this imports neither torch nor scikit-learn.

>>> from cnn_core.evaluation import accuracy_interval, confusion_matrix, per_class_report
>>> report = per_class_report(confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], 2))
>>> report.classes[1].recall, report.accuracy
(1.0, 0.75)
"""

from cnn_core.evaluation.calibration import measure_calibration
from cnn_core.evaluation.confusion import class_order, confusion_shares, most_confused_classes
from cnn_core.evaluation.explain import explain_calibration, explain_comparison, explain_pair, report_lines
from cnn_core.evaluation.metrics import (
    accuracy_interval,
    confused_pairs,
    confusion_matrix,
    cross_entropy,
    image_losses,
    loss_interval,
    per_class_report,
    pick_examples,
    top_k_curve,
)
from cnn_core.evaluation.paired import compare_answers

__all__ = [
    "accuracy_interval",
    "class_order",
    "compare_answers",
    "confused_pairs",
    "confusion_matrix",
    "confusion_shares",
    "cross_entropy",
    "explain_calibration",
    "explain_comparison",
    "explain_pair",
    "image_losses",
    "loss_interval",
    "measure_calibration",
    "most_confused_classes",
    "per_class_report",
    "pick_examples",
    "report_lines",
    "top_k_curve",
]
