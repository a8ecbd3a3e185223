"""Charts of the Data page: numbers → Altair. No Streamlit here."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.shared.palette import BLUE, GREEN, ORANGE

SPLITS = ("train", "validation", "test")
SPLIT_COLOURS = (BLUE, ORANGE, GREEN)


def balance_chart(counts: NDArray[np.int64], names: Sequence[str]) -> alt.Chart:
    """Draw each class's share of each split as bars; `counts` is (3, classes)."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows = pd.DataFrame(
        [
            {"class": name, "split": split, "images": int(counts[s, k]), "share": float(shares[s, k])}
            for k, name in enumerate(names)
            for s, split in enumerate(SPLITS)
        ]
    )
    step = 9 if len(names) <= 20 else 4
    return (
        alt.Chart(rows)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("share:Q", title="share of the split", axis=alt.Axis(format="%", tickCount=5)),
            y=alt.Y("class:N", sort=list(names), title=None, axis=alt.Axis(labelLimit=140, ticks=False)),
            yOffset=alt.YOffset("split:N", sort=list(SPLITS)),
            color=alt.Color(
                "split:N",
                sort=list(SPLITS),
                scale=alt.Scale(domain=list(SPLITS), range=list(SPLIT_COLOURS)),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["class:N", "split:N", "images:Q", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(height=60 + len(names) * (3 * step + 6))
    )
