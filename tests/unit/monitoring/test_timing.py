"""Which window is looked at, what it costs, and how old things may be."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from perennial.automation.kinds import DEGRADED, HARMFUL, AlarmKind
from perennial.cost.run import Sizes
from perennial.errors import RequestError
from perennial.monitoring import cost
from perennial.monitoring.cost import Usage, cost_of, judge_cost
from perennial.monitoring.record import State
from perennial.monitoring.staleness import judge_age, judge_silence
from perennial.monitoring.timing import is_news, window_of

from tests.fakes.records import a_run
from tests.unit.monitoring.scene import a_spec

NOW = datetime(2026, 11, 21, 12, 0, 31, 5, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[3]


def test_the_window_is_the_latest_whose_predictions_have_arrived() -> None:
    start, end = window_of(a_spec(window="1d", every="1d"), NOW, None, None)
    assert end == datetime(2026, 11, 21, 11, 58, tzinfo=UTC)
    assert end - start == DAY


def test_a_short_window_waits_less() -> None:
    _, end = window_of(a_spec(window="2m", every="1m"), NOW, None, None)
    assert end == datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_windows_of_a_schedule_leave_no_gap() -> None:
    spec = a_spec(window="1h", every="1h")
    one = window_of(spec, NOW, None, None)
    other = window_of(spec, NOW + timedelta(hours=1), None, None)
    assert one[1] == other[0]


def test_a_window_that_is_asked_for_is_taken() -> None:
    start, end = window_of(a_spec(), NOW, "2026-11-20T00:00:00Z", "2026-11-20T01:30:00+01:00")
    assert start == datetime(2026, 11, 20, tzinfo=UTC)
    assert end == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert window_of(a_spec(), NOW, None, "2026-11-20T01:00:00")[0] == start


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("yesterday", None),
        (None, "soon"),
        ("2026-11-21", "2026-11-20"),
        (None, "2026-11-21T12:06:00Z"),
        ("2099-01-01", "2099-01-02"),
        (None, "9999-12-31T23:59:59-14:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("0001-01-01", None),
        (None, "1969-12-31"),
    ],
)
def test_a_window_that_is_none_is_refused(start: str | None, end: str | None) -> None:
    with pytest.raises(RequestError):
        window_of(a_spec(), NOW, start, end)


def test_a_window_may_end_as_far_ahead_as_clocks_disagree() -> None:
    assert window_of(a_spec(), NOW, None, "2026-11-21T12:04:00Z")[1] > NOW


def test_a_window_of_an_hour_that_the_clock_repeats_is_read_by_its_zone() -> None:
    spec = a_spec()
    first, again = (
        window_of(spec, NOW, f"2026-10-25T02:30:00+0{hours}:00", "2026-10-25T02:00:00Z")[0]
        for hours in (2, 1)
    )
    assert again - first == timedelta(hours=1)


def test_a_window_of_long_ago_is_no_news() -> None:
    spec = a_spec(every="1d", window="1d")
    assert is_news(spec, NOW - DAY, NOW)
    assert not is_news(spec, NOW - 3 * DAY, NOW)


def test_without_a_limit_age_is_not_judged() -> None:
    assert judge_silence(None, NOW, None, NOW).state is State.NOT_JUDGED
    assert judge_age(None, 1, NOW, NOW).state is State.NOT_JUDGED
    assert judge_silence("1h", None, None, NOW).state is State.NOT_JUDGED


@pytest.mark.parametrize(
    ("last", "since", "state"),
    [
        (NOW - timedelta(minutes=59), None, State.OK),
        (NOW - timedelta(minutes=61), None, State.ALARM),
        (NOW + DAY, None, State.OK),  # a clock is ahead
        (None, NOW - timedelta(minutes=61), State.ALARM),
        (NOW - DAY, NOW - timedelta(minutes=5), State.ALARM),  # a new route brings no caller
    ],
)
def test_silence_is_judged_from_when_there_could_have_been_a_prediction(
    last: datetime | None, since: datetime | None, state: State
) -> None:
    assert judge_silence("1h", last, since, NOW).state is state


def test_lengths_of_time_are_told_in_two_units() -> None:
    verdict = judge_age("1d", 3, NOW - timedelta(days=3, hours=4, minutes=5), NOW)
    assert verdict.state is State.ALARM
    assert verdict.sentence == "version 3 is 3 d 4 h old; 1d at most"


def usage(requests: int, *, share: float = 1.0, window: timedelta = DAY) -> Usage:
    return Usage(requests, requests * 0.01, 10, share, window)


def test_a_month_costs_thirty_times_a_day() -> None:
    a_day = cost_of(usage(1000), [], NOW, Sizes())
    an_hour = cost_of(usage(1000, window=DAY / 24), [], NOW, Sizes())
    for part in ("API", "predict function", "capture"):
        assert an_hour.parts[part] == pytest.approx(24 * a_day.parts[part], rel=0.01)
    assert a_day.parts["API"] == pytest.approx(30_000 * 3.5e-6, abs=1e-4)


def test_requests_that_are_not_captured_cost_as_well() -> None:
    whole, tenth = (cost_of(usage(10_000, share=s), [], NOW, Sizes()) for s in (1.0, 0.1))
    assert tenth.parts["API"] == pytest.approx(10 * whole.parts["API"], rel=0.01)
    assert tenth.parts["capture"] == whole.parts["capture"]


def test_trainings_of_the_last_thirty_days_count() -> None:
    recent, old = NOW - 2 * DAY, NOW - 40 * DAY
    runs = [
        a_run(str(n), created_at=at.isoformat(), seconds={"TrainModel": 3600.0})
        for n, at in enumerate((recent, recent, old))
    ]
    found = cost_of(usage(0), runs, NOW, Sizes(train_vcpus=4, train_gib=16))
    an_hour = 4 * 0.03238 + 16 * 0.00356 + 0.005  # with the job's address
    assert found.parts["training"] == pytest.approx(2 * an_hour, abs=1e-3)


def test_what_a_model_has_of_its_own_is_counted_as_it_is() -> None:
    assert len(AlarmKind) == cost.ALARMS
    assert len({DEGRADED, HARMFUL}) == cost.COMPOSITE_ALARMS
    of_requests = {"Requests", "Rows", "Errors", "LatencyMs"}
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    of_reports = re.findall(r"`([A-Z]\w+)`", page.split("## Metrics")[1].split("## When")[0])
    assert len({*of_requests, *of_reports} - {"Perennial"}) == cost.METRICS


def test_cost_is_judged_against_the_limit_of_the_spec() -> None:
    found = cost_of(usage(10_000_000), [], NOW, Sizes())
    assert judge_cost(found, None).state is State.NOT_JUDGED
    assert judge_cost(found, found.dollars + 1).state is State.OK
    assert judge_cost(found, found.dollars - 1).state is State.ALARM
