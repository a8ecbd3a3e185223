"""Charts with a point for each image, coloured by class, which shows the image on hover. No Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.shared.palette import CLASS_COLOURS, GREY, ORANGE

OTHER_CLASSES = "other classes"
MAX_COLOURED_CLASSES = 12
"""Above this number of classes colours are too similar: one class stands out from all others."""


def map_rows(
    columns: Mapping[str, NDArray[np.float64]],
    classes: Sequence[str],
    numbers: Sequence[int],
    pictures: Sequence[str],
    marked: str,
) -> pd.DataFrame:
    """Return rows for the charts below: the columns, and each image's class, number, picture as a URL, colour group.

    The groups are the classes, or where these are many, `marked` and the others.
    """
    groups = [name if not marked or name == marked else OTHER_CLASSES for name in classes]
    return pd.DataFrame({**columns, "class": classes, "group": groups, "number": numbers, "image": pictures})


def scatter_chart(
    rows: pd.DataFrame, x: str, y: str, names: Sequence[str], marked: str, *, axes: bool = True
) -> alt.Chart:
    """Draw each image as a point over two columns; on hover its picture appears.

    Classes have colours while there are few; a click in the legend brings one out. Of many, `marked` stands out.
    Without `axes` their numbers and names are left out.
    """
    chosen = alt.selection_point(fields=["group"], bind="legend")
    return (
        _point_chart(rows, x, y, size=55, axes=axes)
        .encode(
            color=_group_colour(names, marked, alt.Legend(orient="top", title=None, columns=3, labelLimit=95)),
            opacity=_group_opacity() if marked else alt.condition(chosen, alt.value(0.9), alt.value(0.08)),
            tooltip=["image:N", "class:N", alt.Tooltip("number:Q", title="image")],
        )
        .add_params(chosen)
        .properties(height=480)
    )


def pair_charts(rows: pd.DataFrame, columns: Sequence[str], names: Sequence[str], marked: str) -> list[alt.Chart]:
    """Draw every two of the `columns` against each other, in small charts; `legend_chart` names the colours."""
    pairs = [(x, y) for place, y in enumerate(columns) for x in columns[:place]]
    return [
        _point_chart(rows, x, y, size=20)
        .encode(
            color=_group_colour(names, marked, None),
            opacity=_group_opacity() if marked else alt.value(0.7),
            tooltip="class:N",
        )
        .properties(height=240)
        for x, y in pairs
    ]


def legend_chart(names: Sequence[str], marked: str) -> alt.Chart:
    """Draw the legend alone."""
    rows = pd.DataFrame({"group": [marked, OTHER_CLASSES] if marked else list(names)})
    legend = alt.Legend(orient="top", title=None, columns=3, labelLimit=95, symbolOpacity=1)
    chart = alt.Chart(rows).mark_point(filled=True, opacity=0).encode(color=_group_colour(names, marked, legend))
    # its height is that of all there is, the legend's rows included
    return chart.properties(height=20 + 22 * -(-len(rows) // 3)).configure_view(stroke=None)


def _point_chart(rows: pd.DataFrame, x: str, y: str, *, size: int, axes: bool = True) -> alt.Chart:
    def axis_options(name: str) -> dict[str, Any]:
        axis = alt.Axis(grid=True, tickCount=5, labels=axes, ticks=axes)
        return {"title": name if axes else None, "scale": alt.Scale(zero=False), "axis": axis}

    chart = alt.Chart(rows).mark_point(filled=True, size=size)
    return chart.encode(x=alt.X(f"{x}:Q", **axis_options(x)), y=alt.Y(f"{y}:Q", **axis_options(y)))


def _group_opacity() -> Any:
    return alt.condition(f"datum.group === '{OTHER_CLASSES}'", alt.value(0.3), alt.value(1))


def _group_colour(names: Sequence[str], marked: str, legend: alt.Legend | None) -> alt.Color:
    groups = [marked, OTHER_CLASSES] if marked else list(names)
    colours = [ORANGE, GREY] if marked else list(CLASS_COLOURS[: len(groups)])
    return alt.Color("group:N", sort=groups, scale=alt.Scale(domain=groups, range=colours), legend=legend)
