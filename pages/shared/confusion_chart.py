"""A confusion matrix as a chart: counts or shares in cells that can be clicked. No Streamlit here."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cnn_core.evaluation.confusion import confusion_shares
from cnn_core.words import format_count
from pages.shared.palette import CELL_BORDER, RIGHT_COLOUR, WRONG_COLOUR

CellNumbers = Literal["images", "row", "column"]
MOST_NUMBERED_CLASSES = 20
"""Above this many classes the cells of a confusion matrix are too small for numbers."""


def confusion_chart(
    matrix: NDArray[np.integer],
    class_names: Sequence[str],
    *,
    ink: str,
    numbers: CellNumbers = "images",
    order: Sequence[int] = (),
) -> alt.LayerChart:
    """Draw a confusion matrix (K, K): rows true, columns predicted, numbers in the cells, zeros left empty.

    Colour follows each cell's share of its row, or with `numbers` "column" of its column, on a square-root scale: rare
    mistakes are visible, too. The numbers are images, or these shares in per cent. `order` are the classes to draw, in
    this order; all of them where it is empty. `ink` is the colour of the numbers, as Vega does not know the theme's.
    A clicked cell is the selection "cell" with fields `true` and `predicted`.
    """
    chosen = list(order) or list(range(len(matrix)))
    rows = _matrix_cells(matrix, class_names, numbers, chosen)
    many = len(chosen) > MOST_NUMBERED_CLASSES
    if many:  # ten thousand empty cells would take a browser seconds
        rows = rows[rows["images"] > 0]
    cell = alt.selection_point(name="cell", fields=["true", "predicted"], empty=False)
    base = matrix_base(rows, [class_names[k] for k in chosen]).encode(
        tooltip=[
            alt.Tooltip("true:N"),
            "predicted:N",
            "images:Q",
            alt.Tooltip("row:Q", format=".1%", title="share of the row"),
            alt.Tooltip("column:Q", format=".1%", title="share of the column"),
        ]
    )
    heat = base.mark_rect(cursor="pointer", stroke=CELL_BORDER, strokeWidth=0.5).encode(
        color=alt.Color(
            "answer:N", scale=alt.Scale(domain=["right", "wrong"], range=[RIGHT_COLOUR, WRONG_COLOUR]), legend=None
        ),
        fillOpacity=alt.FillOpacity(
            f"{'column' if numbers == 'column' else 'row'}:Q",
            scale=alt.Scale(type="pow", exponent=0.5, domain=[0, 1], range=[0, 0.95 if many else 0.75]),
            legend=None,
        ),
        strokeWidth=alt.condition(cell, alt.value(3), alt.value(0 if many else 0.5)),
        description="words:N",
    )
    layers = [heat.add_params(cell)]
    if not many:
        layers.append(base.mark_text(fontSize=13, cursor="pointer", color=ink, aria=False).encode(text="label:N"))
    return alt.LayerChart(layer=layers).properties(height=chart_height(len(chosen)))


def chart_height(classes: int) -> int:
    """Return the height of a matrix with this many classes: large cells for a few, narrow ones for many."""
    return max(260, 90 + classes * (38 if classes <= MOST_NUMBERED_CLASSES else 12))


def matrix_base(rows: pd.DataFrame, order: list[str]) -> alt.Chart:
    """Return the cells by predicted class (columns, named above) and true class (rows), every class named."""
    look: dict[str, Any] = {"labelOverlap": False, "labelFlush": False, "ticks": False, "domain": False}
    many = len(order) > MOST_NUMBERED_CLASSES
    if many:
        look |= {"labelFontSize": 9, "labelPadding": 2, "labelLimit": 110}
    tilt = -90 if many else _label_angle(order)
    return alt.Chart(rows).encode(
        x=alt.X(
            "predicted:N",
            sort=order,
            scale=alt.Scale(domain=order),
            title="Predicted class",
            axis=alt.Axis(orient="top", labelAngle=tilt, **look),
        ),
        y=alt.Y("true:N", sort=order, scale=alt.Scale(domain=order), title="True class", axis=alt.Axis(**look)),
    )


def _matrix_cells(
    matrix: NDArray[np.integer], class_names: Sequence[str], numbers: CellNumbers, chosen: Sequence[int]
) -> pd.DataFrame:
    """One line for each cell of the matrix: its classes, count, shares of row and column, side and text."""
    inner = np.ix_(chosen, chosen)
    names = [class_names[k] for k in chosen]
    counts, by_row, by_column = (
        matrix[inner],
        confusion_shares(matrix)[inner],
        confusion_shares(matrix, "column")[inner],
    )
    shown = by_column if numbers == "column" else by_row
    return pd.DataFrame(
        {
            "true": np.repeat(names, len(names)),
            "predicted": np.tile(names, len(names)),
            "images": counts.ravel(),
            "row": by_row.ravel(),
            "column": by_column.ravel(),
            "answer": np.where(np.eye(len(names), dtype=bool), "right", "wrong").ravel(),
            "words": [
                f"true {true}, predicted {predicted}: {format_count(int(n), 'image')}"
                for (true, predicted), n in zip(product(names, repeat=2), counts.flat, strict=True)
            ],
            "label": [_format_cell(int(n), float(s), numbers) for n, s in zip(counts.flat, shown.flat, strict=True)],
        }
    )


def _format_cell(count: int, share: float, numbers: CellNumbers) -> str:
    if not count:
        return ""
    if numbers == "images":
        return f"{count}"
    return f"{share:.0%}".removesuffix("%") if share >= 0.005 else "<1"


def _label_angle(names: Sequence[str]) -> int:
    """Long class names do not fit side by side: stand them at an angle."""
    return 0 if max(map(len, names)) <= 3 else -45
