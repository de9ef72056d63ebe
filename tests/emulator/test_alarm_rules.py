"""An alarm's state follows CloudWatch's documented rules.

The tables are those of "Configuring how CloudWatch alarms treat missing data" in the CloudWatch
user guide: 0 is a datapoint within the threshold, X one that breaches it, - a missing one.
"""

import pytest

from emulator.alarms.states import Missing, Rule, State, decide, explain

TREATMENTS: tuple[Missing, ...] = ("missing", "ignore", "breaching", "notBreaching")
KEPT: State = "INSUFFICIENT_DATA"
STATES: dict[str, State] = {"OK": "OK", "A": "ALARM", "I": "INSUFFICIENT_DATA", "=": KEPT}


def series(text: str) -> list[float | None]:
    return [{"0": 0.0, "X": 2.0, "-": None}[each] for each in text.split()]


def rule(missing: Missing, periods: int = 3, datapoints: int = 3) -> Rule:
    return Rule("GreaterThanThreshold", 1.0, periods, datapoints, missing)


@pytest.mark.parametrize(
    ("datapoints", "seen", "expected"),
    [
        (3, "0 - X - X", "OK OK OK OK"),
        (3, "- - - - 0", "OK OK OK OK"),
        (3, "- - - - -", "I = A OK"),
        (3, "0 X X - X", "A A A A"),
        (3, "- - X - -", "A = A OK"),
        (2, "0 - X - X", "A A A A"),
        (2, "0 0 X 0 X", "A A A A"),
        (2, "0 - X - -", "OK OK A OK"),
        (2, "- - - - 0", "OK OK A OK"),
        (2, "- - - X -", "A = A OK"),
    ],
)
def test_documented_examples_come_out_as_documented(
    datapoints: int, seen: str, expected: str
) -> None:
    decided = [
        decide(series(seen), rule(missing, datapoints=datapoints), KEPT) for missing in TREATMENTS
    ]
    assert decided == [STATES[each] for each in expected.split()]


def test_only_the_newest_periods_count() -> None:
    assert decide(series("X X X 0 0 0"), rule("missing"), "ALARM") == "OK"


def test_m_of_n_needs_m_breaches_in_any_order() -> None:
    two_of_three = rule("missing", datapoints=2)
    assert decide(series("0 0 X 0 X"), two_of_three, "OK") == "ALARM"
    assert decide(series("X X 0 0 X"), two_of_three, "OK") == "OK"


def test_equal_to_the_threshold_breaches_only_when_the_comparison_says_so() -> None:
    assert not Rule("LessThanThreshold", 1.0, 1, 1, "missing").breaches(1.0)
    assert Rule("LessThanOrEqualToThreshold", 1.0, 1, 1, "missing").breaches(1.0)


def test_comparison_the_emulator_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="LessThanLowerThreshold"):
        Rule("LessThanLowerThreshold", 1.0, 1, 1, "missing")


def test_reason_names_the_datapoints_and_the_threshold() -> None:
    reason, recent = explain(series("0 X X"), rule("missing", 2, 2), "OK", "ALARM")
    assert reason == (
        "Threshold Crossed: 2 out of the last 2 datapoints [2.0, 2.0] were greater than the "
        "threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert recent == [2.0, 2.0]
