"""Charts of many trials: parallel coordinates, and learning curves with the best one strong."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.report import Line, Series, parallel, traces

SVG = "{http://www.w3.org/2000/svg}"
VALUES = st.one_of(
    st.none(), st.floats(), st.sampled_from(["sqrt", "log2", "<b>"]), st.floats(1e-9, 1e9)
)


def lines_of(chart: str, css: str) -> list[ET.Element]:
    found = ET.fromstring(chart).findall(f"{SVG}polyline")
    return [one for one in found if css in one.attrib["class"].split()]


def heights(line: ET.Element) -> list[float]:
    return [float(point.split(",")[1]) for point in line.attrib["points"].split()]


def texts(chart: str) -> list[str]:
    return [str(one.text) for one in ET.fromstring(chart).findall(f"{SVG}text")]


def test_each_trial_is_a_line_darker_the_better_and_the_best_is_drawn_last() -> None:
    trials = [
        Line([1.0, 0.9], 1.0, "the best", best=True),
        Line([2.0, 0.5], 0.0, "the worst"),
        Line([3.0, 0.8], 0.9, "good"),
        Line([4.0, None], None, "failed"),
    ]
    chart = parallel(["depth", "auc"], trials, title="trials")
    drawn = lines_of(chart, "trace")
    assert [one.attrib["class"] for one in drawn] == [
        "trace lost",
        "trace t1",
        "trace t5",
        "trace best",
    ]
    assert [one.find(f"{SVG}title").text for one in drawn][-1] == "the best"  # type: ignore[union-attr]


def test_an_axis_is_logarithmic_where_its_ends_are_far_apart() -> None:
    trials = [Line([10.0**n, float(n)], None, "") for n in (-4, -2, 0)]
    chart = parallel(["eta", "value"], trials, title="trials")
    for line in lines_of(chart, "trace"):
        assert heights(line)[0] == pytest.approx(heights(line)[1], abs=0.1)
    assert "0.01" in texts(chart)


def test_labels_have_places_and_a_missing_parameter_is_at_none_below_the_axis() -> None:
    trials = [Line(["a", 1.0], None, ""), Line(["b", 2.0], None, ""), Line([None, 3.0], None, "")]
    chart = parallel(["kind", "value"], trials, title="trials")
    assert {"a", "b", "none", "kind", "value"} <= set(texts(chart))
    places = [heights(line)[0] for line in lines_of(chart, "trace")]
    assert places[0] > places[1]
    assert places[2] > places[0]


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=6))
def test_whatever_the_trials_had_the_chart_is_whole_and_in_its_frame(
    rows: list[tuple[float | str | None, ...]],
) -> None:
    drawn = [Line(row, 0.5, "<tip>") for row in rows]
    chart = parallel(["<a>", "b", "c"], drawn, title="trials & errors")
    for line in lines_of(chart, "trace"):
        assert all(0 <= height <= 290 for height in heights(line))


def test_the_best_curve_is_strong_and_all_the_others_faint() -> None:
    faint = [Series(f"trial {n}", [(0, 1.0), (10, 0.5 + n / 10)]) for n in range(5)]
    best = [Series("best", [(0, 1.0), (10, 0.5)]), Series("best, train", [(0, 0.9), (10, 0.1)])]
    chart = traces(faint, best, title="curves", x_label="round", y_label="loss")
    assert len(lines_of(chart, "trace")) == 5
    assert len(lines_of(chart, "first")) == 2  # the line, and its sample in the legend
    assert {"best", "best, train"} <= set(texts(chart))


def test_one_hopeless_trial_does_not_flatten_the_others() -> None:
    usual = [Series(str(n), [(x, 1.0 - x / 100) for x in range(50)]) for n in range(3)]
    hopeless = Series("hopeless", [(0, 1e6)])
    chart = traces([*usual, hopeless], [], title="curves", x_label="round", y_label="loss")
    spans = [max(heights(one)) - min(heights(one)) for one in lines_of(chart, "trace")]
    assert spans[0] > 150


def test_no_trial_has_a_curve_and_nothing_breaks() -> None:
    assert not lines_of(traces([], [], title="none", x_label="x", y_label="y"), "trace")
