"""An evaluation as files: what the page shows."""

import csv
import io

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

from cnn_core.evaluation.files import matrix_csv, matrix_png, mistakes_csv, report_csv
from cnn_core.evaluation.metrics import (
    confusion_matrix,
    image_losses,
    per_class_report,
)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_files_hold_what_the_page_shows() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.5]])
    labels = np.array([0, 0, 1, 1])
    probabilities = softmax(logits, axis=1)
    names = ("a, b", "ü", 'say "c"')
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1), 3)
    assert read(matrix_csv(matrix, names)) == [
        ["true \\ predicted", *names],
        ["a, b", "1", "1", "0"],
        ["ü", "1", "0", "1"],
        ['say "c"', "0", "0", "0"],
    ]
    report = read(report_csv(per_class_report(matrix), names))
    assert report[1] == ["a, b", "0.5", "0.5", "0.5", "2"]
    assert report[3][0:3] == ['say "c"', "0.0", ""]
    assert report[-1] == ["accuracy", "", "0.25", "", "4"]
    mistakes = read(mistakes_csv(logits, probabilities, labels, names))
    assert [row[:3] for row in mistakes[1:]] == [["2", "ü", "a, b"], ["1", "a, b", "ü"], ["3", "ü", 'say "c"']]
    assert float(mistakes[1][3]) == pytest.approx(probabilities[2].max(), abs=1e-6)
    assert float(mistakes[1][5]) == pytest.approx(image_losses(logits, labels)[2], abs=1e-6)


@pytest.mark.parametrize("classes", [1, 3, 100])
@pytest.mark.parametrize("share", [False, True])
def test_the_matrix_as_a_picture_is_blue_on_the_diagonal_and_orange_beside_it(classes: int, share: bool) -> None:
    matrix = np.diag(np.full(classes, 3))
    matrix[0, -1] += 5
    data = matrix_png(matrix, [f"class {k} {'x' * 30}" for k in range(classes)], title="A title", show_shares=share)
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert max(pixels.shape[:2]) < 2200
    assert (pixels[..., 2] - pixels[..., 0] > 60).any()  # blue
    assert (pixels[..., 0] - pixels[..., 2] > 60).any() == (classes > 1)  # orange
