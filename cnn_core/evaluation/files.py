"""An evaluation to take home: report, matrix and mistakes as CSV, the matrix as a picture."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.evaluation.confusion import confusion_shares
from cnn_core.evaluation.metrics import ClassReport, Scores, image_losses

if TYPE_CHECKING:
    from PIL import Image

CELL_SIZE = 44
"""Pixels of a cell: a count of four digits fits."""
FONT_SIZE = 15
"""Pixels of the letters of class names beside such cells."""
MAX_LARGE_CLASSES = 30
"""With more classes, cells of that size would make a picture too large for a report: 30 are 1,320 pixels."""
SMALL_CELL_SIZE = 16
"""Pixels of a cell of a matrix with more classes, which hold no numbers."""
SMALL_FONT_SIZE = 11
"""Pixels of letters that fit beside such a cell."""
TITLE_SIZE = 16
"""Pixels of the letters of the title."""
COUNT_SIZE = 13
"""Pixels of the numbers in cells."""
MARGIN = 16
"""Pixels around the picture."""
MIN_WIDTH = 420
"""Pixels that a title needs, however small the matrix."""
MAX_NAME_LENGTH = 24
"""Letters of a class name; longer ones are cut off with an ellipsis."""
FULL_SHADE = 0.75
"""How much of the colour a cell with all images of its row has: less than all, so that dark numbers stay legible."""
# The colours of the app: right is the blue of inputs, wrong the orange of kernels.
BLUE = (63, 134, 207)
ORANGE = (232, 119, 46)
TEXT_COLOUR = (27, 35, 51)
GRID_COLOUR = (208, 213, 221)


def _to_csv(lines: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()


def report_csv(report: ClassReport, class_names: Sequence[str]) -> str:
    """Return a line for each class, the two means, and the accuracy as CSV; a score that is 0/0 is left empty.

    >>> from cnn_core.evaluation.metrics import per_class_report
    >>> print(report_csv(per_class_report(np.array([[3, 1], [0, 4]])), ["cat", "dog"]).splitlines()[2])
    dog,0.8,1.0,0.8888888888888888,4
    """

    def score_row(name: str, scores: Scores) -> list[object]:
        values = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}
        return [name, *("" if key in scores.undefined else value for key, value in values.items()), scores.support]

    rows = [score_row(name, scores) for name, scores in zip(class_names, report.classes, strict=True)]
    means = [score_row("macro mean", report.macro), score_row("weighted mean", report.weighted)]
    accuracy = ["accuracy", "", report.accuracy, "", report.macro.support]
    return _to_csv([["class", "precision", "recall", "F1", "images"], *rows, *means, accuracy])


def matrix_csv(matrix: NDArray[np.integer], class_names: Sequence[str]) -> str:
    """Return the counts (K, K) with names as CSV: rows true, columns predicted, as the first cell says."""
    rows = [[name, *row] for name, row in zip(class_names, matrix.tolist(), strict=True)]
    return _to_csv([["true \\ predicted", *class_names], *rows])


def mistakes_csv(
    logits: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
) -> str:
    """Return a line of CSV for every image that is classified wrongly, the surest answer first.

    It holds the image's number in the split from 0, its true and its predicted class, the probability of either, and
    its loss. `logits` and `probabilities` are (N, K), `labels` (N,).
    """
    answers, losses = probabilities.argmax(axis=1), image_losses(logits, labels)
    wrong = np.flatnonzero(answers != labels)
    wrong = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
    rows = [
        [
            int(i),
            class_names[labels[i]],
            class_names[answers[i]],
            f"{probabilities[i, answers[i]]:.6f}",
            f"{probabilities[i, labels[i]]:.6f}",
            f"{losses[i]:.6f}",
        ]
        for i in wrong
    ]
    header = ["image", "true", "predicted", "probability of predicted", "probability of true", "loss"]
    return _to_csv([header, *rows])


def matrix_png(
    matrix: NDArray[np.integer], class_names: Sequence[str], *, title: str, show_shares: bool = False
) -> bytes:
    """Draw the confusion matrix (K, K) as a PNG on white: rows true, columns predicted, numbers in large cells.

    Blue is right, orange wrong; the larger the share of the row, the darker. With `show_shares` the numbers are these
    shares in per cent.
    """
    from PIL import Image, ImageDraw, ImageFont

    count = len(matrix)
    cell, size = (CELL_SIZE, FONT_SIZE) if count <= MAX_LARGE_CLASSES else (SMALL_CELL_SIZE, SMALL_FONT_SIZE)
    font, names = ImageFont.load_default(size), [_shorten_name(name) for name in class_names]
    name_width = int(max(font.getlength(name) for name in names)) + 8
    left, top = MARGIN + 24 + name_width, MARGIN + 52 + name_width
    picture = Image.new("RGB", (max(left + count * cell + MARGIN, 420), top + count * cell + MARGIN), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((MARGIN, MARGIN), title, fill=TEXT_COLOUR, font=ImageFont.load_default(16))
    draw.text((left, MARGIN + 28), "Predicted class", fill=TEXT_COLOUR, font=font)
    parts = confusion_shares(matrix)
    for row, column in np.ndindex(count, count):
        x, y = left + column * cell, top + row * cell
        colour = _blend_with_white(BLUE if row == column else ORANGE, FULL_SHADE * float(np.sqrt(parts[row, column])))
        draw.rectangle((x, y, x + cell, y + cell), fill=colour, outline=GRID_COLOUR)
        if matrix[row, column] and count <= MAX_LARGE_CLASSES:
            text = f"{parts[row, column]:.0%}" if show_shares else str(matrix[row, column])
            draw.text(
                (x + cell / 2, y + cell / 2), text, fill=TEXT_COLOUR, font=ImageFont.load_default(13), anchor="mm"
            )
    for place, name in enumerate(names):
        draw.text((left - 6, top + (place + 0.5) * cell), name, fill=TEXT_COLOUR, font=font, anchor="rm")
        upright = _draw_upright(name, font, name_width)
        picture.paste(upright, (left + int((place + 0.5) * cell) - upright.width // 2, top - 4 - upright.height))
    turned = _draw_upright("True class", font, 90)
    picture.paste(turned, (MARGIN, top))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _shorten_name(name: str) -> str:
    return name if len(name) <= MAX_NAME_LENGTH else f"{name[: MAX_NAME_LENGTH - 1]}…"


def _draw_upright(text: str, font: object, length: int) -> "Image.Image":
    """Draw the text upwards from the bottom of a strip `length` pixels high."""
    from PIL import Image, ImageDraw

    strip = Image.new("RGB", (length, 18), "white")
    ImageDraw.Draw(strip).text((0, 9), text, fill=TEXT_COLOUR, font=font, anchor="lm")  # type: ignore[arg-type]
    return strip.rotate(90, expand=True)


def _blend_with_white(colour: tuple[int, int, int], strength: float) -> tuple[int, int, int]:
    red, green, blue = (round(255 + (part - 255) * strength) for part in colour)
    return red, green, blue
