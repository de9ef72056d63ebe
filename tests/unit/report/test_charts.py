from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from perennial.report import Series, bars, calibration, histogram, lines
from perennial.report.svg import Canvas, Scale, ticks

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(-1e300, 1e300)


def bars_of(chart: str) -> list[ET.Element]:
    return ET.fromstring(chart).findall(f"{SVG}rect")


def test_a_histogram_draws_one_bar_per_bin_with_its_count_as_tooltip() -> None:
    found = bars_of(histogram([0, 1, 2, 3], [5, 0, 10], title="age", x_label="years"))
    assert [bar.find(f"{SVG}title").text for bar in found] == [  # type: ignore[union-attr]
        "0 to 1: 5 rows",
        "1 to 2: 0 rows",
        "2 to 3: 10 rows",
    ]
    assert float(found[2].attrib["height"]) == 2 * float(found[0].attrib["height"])


def test_bins_of_unequal_width_are_drawn_by_density() -> None:
    narrow, wide = bars_of(histogram([0, 1, 11], [10, 10], title="x", x_label="x"))
    assert float(narrow.attrib["height"]) == pytest.approx(10 * float(wide.attrib["height"]), 0.02)


def test_an_overlay_is_scaled_to_the_same_area() -> None:
    same = histogram([0, 1, 2], [10, 10], title="x", x_label="x", overlay=[1, 1])
    line = next(
        one for one in ET.fromstring(same).iter(f"{SVG}polyline") if "second" in str(one.attrib)
    )
    top = min(float(point.split(",")[1]) for point in line.attrib["points"].split())
    assert top == min(float(bar.attrib["y"]) for bar in bars_of(same))


def test_labels_cannot_break_out_of_the_chart() -> None:
    evil = '"/><script>alert(1)</script>'
    for chart in (
        bars([evil], [1], title=evil),
        histogram([0, 1], [1], title=evil, x_label=evil),
        lines([Series(evil, [(0, 0), (1, 1)])] * 2, title=evil, x_label=evil, y_label=evil),
    ):
        ET.fromstring(chart)
        assert "<script" not in chart


def test_every_chart_says_what_it_shows_to_a_screen_reader() -> None:
    chart = lines([Series("a", [(0, 0)])], title="ROC", x_label="x", y_label="y", summary="AUC 0.8")
    root = ET.fromstring(chart)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "ROC. AUC 0.8")


def test_points_that_are_no_numbers_are_left_out() -> None:
    chart = lines([Series("a", [(0, 0), (math.nan, 1), (1, 1)])], title="t", x_label="", y_label="")
    assert "nan" not in chart
    assert "nan" not in calibration([0.1, math.nan], [0.1, math.nan], [3, 0], title="t")


def test_a_line_of_one_point_can_be_seen() -> None:
    canvas = Canvas("one report", "")
    canvas.line([(100.0, 50.0)], "line first")
    assert canvas.parts == ['<polyline class="line first" points="96.0,50.0 104.0,50.0"/>']


def test_a_long_line_is_thinned_and_keeps_its_ends() -> None:
    chart = lines(
        [Series("a", [(x / 1e5, 0.5) for x in range(100_001)])], title="t", x_label="", y_label=""
    )
    assert len(chart) < 20_000


def test_nothing_to_show_is_still_a_chart() -> None:
    for chart in (
        histogram([0, 0], [0], title="t", x_label="x"),
        bars([], [], title="t"),
        lines([], title="t", x_label="x", y_label="y"),
        calibration([], [], [], title="t"),
    ):
        ET.fromstring(chart)


@given(FINITE, FINITE)
def test_ticks_lie_inside_and_are_few(a: float, b: float) -> None:
    low, high = sorted((a, b))
    found = ticks(low, high)
    assert 1 <= len(found) <= 12
    slack = (high - low) * 1e-6 if math.isfinite(high - low) else 0
    assert all(low - slack <= tick <= high + slack for tick in found)


@given(FINITE, FINITE, st.floats(0, 1))
@example(0.0, 5e-324, 0.0)  # the halves of both ends are the same number
def test_a_scale_stays_between_its_ends(a: float, b: float, place: float) -> None:
    low, high = sorted((a, b))
    value = low * (1 - place) + high * place
    assert -1e-6 <= Scale(low, high, 0, 100)(value) <= 100 + 1e-6
