"""Evaluations in words and as the texts of a table; the numbers come from the modules beside this one."""

from collections.abc import Sequence

from cnn_core.evaluation.calibration import Calibration
from cnn_core.evaluation.metrics import ClassReport, ConfusedPair, Scores
from cnn_core.evaluation.paired import PairedComparison
from cnn_core.words import format_count

SIGNIFICANCE_LEVEL = 0.05
"""The p-value below which a difference is called proven: the usual convention."""
SMALLEST_P = 0.001
"""Smaller p-values are given as a bound: their digits say nothing about images like these."""
CALIBRATED_GAP = 0.01
"""Mean confidence and accuracy that differ by less than one point are called equal."""


def explain_pair(pair: ConfusedPair, class_names: Sequence[str]) -> str:
    """Return a sentence, in Markdown, that says how often one class was taken for another.

    >>> explain_pair(ConfusedPair(true=1, predicted=0, count=3, share=0.25), ["cat", "dog"])
    '**dog** was taken for **cat** in 3 of 12 images (25.0%).'
    """
    images = format_count(round(pair.count / pair.share), "image")
    true, predicted = class_names[pair.true], class_names[pair.predicted]
    return f"**{true}** was taken for **{predicted}** in {pair.count} of {images} ({pair.share:.1%})."


def explain_calibration(result: Calibration) -> str:
    """Return two sentences, in Markdown: how sure and how often right the network is, and how far the bins disagree.

    >>> import numpy as np
    >>> from cnn_core.evaluation.calibration import measure_calibration
    >>> result = measure_calibration(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]))
    >>> explain_calibration(result).partition(" Bin")[0]
    'On average the network is **90.0%** sure and **50.0%** right: too sure, by 40.0 points.'
    """
    gap = result.confidence - result.accuracy
    verdict = "about as sure as it should be"
    if abs(gap) >= CALIBRATED_GAP:
        verdict = f"{'too sure' if gap > 0 else 'not sure enough'}, by {abs(gap) * 100:.1f} points"
    return (
        f"On average the network is **{result.confidence:.1%}** sure and **{result.accuracy:.1%}** right: {verdict}. "
        f"Bin by bin the two differ by {result.expected_error * 100:.1f} points "
        f"(ECE = {result.expected_error:.3f}, {len(result.bins)} bins of equal width)."
    )


def explain_comparison(comparison: PairedComparison, first: str, second: str) -> str:
    """Return what a paired comparison says, in Markdown; `first` and `second` are the names of the networks.

    >>> explain_comparison(PairedComparison(8, 0, 0, 2, p_value=1.0), "A", "B")
    'Both are right on the same 8 of 10 images: there is no difference at all.'
    """
    differing = comparison.only_first + comparison.only_second
    if not differing:
        return (
            f"Both are right on the same {comparison.both_right:,} of {comparison.image_count:,} images: "
            "there is no difference at all."
        )
    counts = _explain_counts(comparison, first, second)
    if comparison.accuracy_gain == 0:
        return f"{counts} Each is right where the other is wrong equally often: these images favour neither."
    better, worse = (second, first) if comparison.accuracy_gain > 0 else (first, second)
    verdict = f"So this is **no proof** that {better} is better than {worse}: it may well be chance."
    if comparison.p_value < SIGNIFICANCE_LEVEL:
        verdict = f"So **{better} is better** than {worse} on images like these, and hardly by chance."
    return f"{counts} {_explain_p_value(comparison)} {verdict}"


def _explain_counts(comparison: PairedComparison, first: str, second: str) -> str:
    differing = comparison.only_first + comparison.only_second
    return (
        f"Of {comparison.image_count:,} images, both are right on {comparison.both_right:,} and neither on "
        f"{comparison.neither_right:,}. The other {differing:,} decide: {comparison.only_first:,} are right only with "
        f"{first}, {comparison.only_second:,} only with {second}."
    )


def _explain_p_value(comparison: PairedComparison) -> str:
    wins = max(comparison.only_first, comparison.only_second)
    losses = min(comparison.only_first, comparison.only_second)
    small = comparison.p_value < SMALLEST_P
    chance = f"less than {SMALLEST_P * 100:g} %" if small else f"{comparison.p_value:.1%}"
    p = f"< {SMALLEST_P}" if small else f"= {comparison.p_value:.3f}"
    return (
        f"If both were equally good, chance would split them at least as unevenly as {wins:,} to {losses:,} in "
        f"{chance} of such test sets (McNemar's exact test, p {p})."
    )


def report_lines(report: ClassReport, class_names: Sequence[str]) -> list[dict[str, str]]:
    """Return the report as lines of a table: one a class and the two means. A 0/0 score is marked "(0/0)".

    >>> import numpy as np
    >>> from cnn_core.evaluation.metrics import per_class_report
    >>> report_lines(per_class_report(np.array([[2, 0], [2, 0]])), ["cat", "dog"])[0]
    {'class': 'cat', 'precision': '0.500', 'recall': '1.000', 'F1': '0.667', 'images': '2'}
    """
    lines = [_report_line(name, scores) for name, scores in zip(class_names, report.classes, strict=True)]
    return [*lines, _report_line("Macro mean", report.macro), _report_line("Weighted mean", report.weighted)]


def _report_line(name: str, scores: Scores) -> dict[str, str]:
    values = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}
    texts = {key: f"{value:.3f}{' (0/0)' if key in scores.undefined else ''}" for key, value in values.items()}
    return {"class": name, **texts, "images": f"{scores.support:,}"}
