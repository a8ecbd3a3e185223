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

CELL_SIZE, MAX_LARGE_CLASSES, FONT_SIZE, MARGIN = 44, 30, 15, 16
"""Pixels of a cell, of the largest matrix with cells that large in classes, of letters, and around the picture."""
SMALL_CELL_SIZE, SMALL_FONT_SIZE = 16, 11
BLUE, ORANGE, TEXT_COLOUR, GRID_COLOUR = (63, 134, 207), (232, 119, 46), (27, 35, 51), (208, 213, 221)


def _to_csv(lines: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()


def report_csv(report: ClassReport, class_names: Sequence[str]) -> str:
    """A line a class, the two means, and the accuracy; a score that is 0/0 is left empty."""

    def score_row(name: str, scores: Scores) -> list[object]:
        values = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}
        return [name, *("" if key in scores.undefined else value for key, value in values.items()), scores.support]

    rows = [score_row(name, scores) for name, scores in zip(class_names, report.classes, strict=True)]
    means = [score_row("macro mean", report.macro), score_row("weighted mean", report.weighted)]
    accuracy = ["accuracy", "", report.accuracy, "", report.macro.support]
    return _to_csv([["class", "precision", "recall", "F1", "images"], *rows, *means, accuracy])


def matrix_csv(matrix: NDArray[np.integer], class_names: Sequence[str]) -> str:
    """The counts (K, K) with names: rows true, columns predicted, as the first cell says."""
    rows = [[name, *row] for name, row in zip(class_names, matrix.tolist(), strict=True)]
    return _to_csv([["true \\ predicted", *class_names], *rows])


def mistakes_csv(
    logits: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
) -> str:
    """A line for every image that is taken wrongly, the surest answer first.

    Its place in the split from 0, its true and its predicted class, the probability (N, K) of either, and its loss.
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
    """The confusion matrix (K, K) as a PNG on white: rows true, columns predicted, numbers where the cells are large.

    Blue is right, orange wrong, darker the larger the share of the row; with `show_shares` the numbers are these shares
    in per cent.
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
        colour = _blend_with_white(BLUE if row == column else ORANGE, 0.75 * float(np.sqrt(parts[row, column])))
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
    return name if len(name) <= 24 else f"{name[:23]}…"


def _draw_upright(text: str, font: object, length: int) -> "Image.Image":
    """The text standing on its left end, bottom aligned, in a strip of `length` pixels."""
    from PIL import Image, ImageDraw

    strip = Image.new("RGB", (length, 18), "white")
    ImageDraw.Draw(strip).text((0, 9), text, fill=TEXT_COLOUR, font=font, anchor="lm")  # type: ignore[arg-type]
    return strip.rotate(90, expand=True)


def _blend_with_white(colour: tuple[int, int, int], strength: float) -> tuple[int, int, int]:
    red, green, blue = (round(255 + (part - 255) * strength) for part in colour)
    return red, green, blue
