"""Metric math gives what CloudWatch gives, for the expressions alarms use."""

import pytest

from emulator.alarms.expressions import ExpressionError, Series, evaluate
from emulator.alarms.statistics import value
from emulator.metrics.store import Datum

METRICS: dict[str, Series] = {
    "errors": (1.0, None, 0.0, 4.0),
    "calls": (10.0, 5.0, 0.0, 8.0),
    "gap": (None, 2.0, None, 6.0),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("errors + calls", (11.0, None, 0.0, 12.0)),
        ("100 * errors / calls", (10.0, None, None, 50.0)),
        ("-errors + 2 ^ 3", (7.0, None, 8.0, 4.0)),
        ("calls - 2 - 1", (7.0, 2.0, -3.0, 5.0)),
        ("(calls - errors) * 2", (18.0, None, 0.0, 8.0)),
        ("FILL(errors, 0) / calls", (0.1, 0.0, None, 0.5)),
        ("FILL(gap, REPEAT)", (None, 2.0, 2.0, 6.0)),
        ("FILL(gap, LINEAR)", (None, 2.0, 4.0, 6.0)),
        ("IF(calls > 5, errors, 0)", (1.0, 0.0, 0.0, 4.0)),
        ("IF(calls >= 5 AND errors < 2, 1, 0)", (1.0, None, 0.0, 0.0)),
        ("SUM([errors, calls])", (11.0, 5.0, 0.0, 12.0)),
        ("MAX([errors, gap])", (1.0, 2.0, 0.0, 6.0)),
        ("MIN(METRICS())", (1.0, 2.0, 0.0, 4.0)),
        ('AVG(METRICS("r"))', (1.0, None, 0.0, 4.0)),
        ("errors / MAX(errors)", (0.25, None, 0.0, 1.0)),
        ("ABS(errors - calls)", (9.0, None, 0.0, 4.0)),
        ("DIFF(calls)", (None, -5.0, -5.0, 8.0)),
        ("calls / PERIOD(calls)", (10 / 60, 5 / 60, 0.0, 8 / 60)),
    ],
)
def test_expression_gives_the_series(expression: str, expected: Series) -> None:
    assert evaluate(expression, METRICS, period=60) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("ANOMALY_DETECTION_BAND(errors)", "no ANOMALY_DETECTION_BAND"),
        ("errors +", "ends too early"),
        ("missing * 2", "missing, which is no metric"),
        ("errors ? 1", "cannot read"),
        ("SUM([errors, calls]", r"lacks \)"),
    ],
)
def test_expression_the_emulator_lacks_is_refused(expression: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        evaluate(expression, METRICS, period=60)


def datum(low: float, count: float = 1, high: float | None = None) -> Datum:
    return Datum(0.0, "None", count, low * count, low, low if high is None else high)


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("Sum", 107.0), ("Average", 21.4), ("Minimum", 1.0), ("Maximum", 100.0), ("SampleCount", 5.0)],
)
def test_statistic_of_a_period(statistic: str, expected: float) -> None:
    data = [datum(1.0, count=3), datum(4.0), datum(100.0)]
    assert value(statistic, data) == pytest.approx(expected)


def test_percentile_interpolates_between_ranks() -> None:
    data = [datum(float(each)) for each in range(1, 101)]
    assert value("p99", data) == pytest.approx(99.01)
    assert value("p50", data) == pytest.approx(50.5)


def test_percentile_of_a_statistic_set_is_unknown() -> None:
    assert value("p99", [datum(1.0, count=3, high=7.0)]) is None


def test_statistic_of_nothing_is_nothing() -> None:
    assert value("Sum", []) is None
