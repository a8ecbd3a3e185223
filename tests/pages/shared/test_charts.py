"""Charts that stay while their rows change."""

import altair as alt
import pandas as pd
import pytest

from pages.parts.compare.charts import curve_spec
from pages.parts.train.charts import accuracy_spec, dead_relu_spec, gradient_spec, loss_spec, rate_spec
from pages.shared.charts import constant_spec, probability_chart, probability_rows, probability_spec

ROWS = pd.DataFrame({"x": [1, 2], "y": [3.0, 4.0]})
LINE = alt.Chart(ROWS).mark_line().encode(x="x:Q", y="y:Q")


def test_a_specification_is_its_chart_without_data_and_configuration() -> None:
    chart = alt.LayerChart(layer=[LINE, LINE.mark_point()]).properties(height=90)
    whole = chart.to_dict()
    assert whole["data"]
    assert constant_spec(chart) == {"layer": whole["layer"], "height": 90}


def test_other_rows_give_the_same_specification() -> None:
    other = alt.Chart(ROWS * 2).mark_line().encode(x="x:Q", y="y:Q")
    assert constant_spec(LINE) == constant_spec(other)


def test_a_chart_of_two_tables_is_refused() -> None:
    rule = alt.Chart(pd.DataFrame({"at": [0]})).mark_rule().encode(y="at:Q")
    with pytest.raises(ValueError, match="draws 2 tables"):
        constant_spec(alt.LayerChart(layer=[LINE, rule]))


def test_probabilities_are_drawn_alike_with_and_without_their_rows() -> None:
    names, probabilities = ["cat", "dog"], [0.25, 0.75]
    rows = probability_rows(pd.Series(probabilities).to_numpy(), names, 1)
    chart = probability_chart(pd.Series(probabilities).to_numpy(), names, 1, text_colour="black")
    assert probability_spec(rows["class"].tolist(), text_colour="black") == constant_spec(chart)


@pytest.mark.parametrize(
    "spec",
    [
        loss_spec(),
        accuracy_spec(),
        rate_spec(),
        gradient_spec(),
        dead_relu_spec(),
        curve_spec("loss", "loss", "steps", ("a", "b"), log=True),
    ],
)
def test_curves_hold_no_rows_of_their_own(spec: dict[str, object]) -> None:
    layers = spec.get("layer", [spec])
    assert isinstance(layers, list)
    for part in (spec, *layers):
        assert not {"data", "datasets", "config"} & set(part)
        assert part.get("transform") or "layer" in part
