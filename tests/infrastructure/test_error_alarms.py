"""The alarms on failed requests, evaluated by CloudWatch's rules over traffic as it comes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

import pytest

from emulator.alarms import definition, series
from emulator.alarms.states import State, decide
from emulator.metrics import store
from emulator.metrics.store import Datum
from tests.infrastructure.templates import Resource, Synthesized

HOURS = 6
Traffic = Callable[[int], tuple[int, int]]  # by minute: requests, and how many of them failed


def burst(minute: int) -> tuple[int, int]:
    """Two minutes of every hour half of the requests fail, and nobody asks in between."""
    return (60, 30) if minute % 60 < 2 else (0, 0)


def burst_amid_traffic(minute: int) -> tuple[int, int]:
    return (60, 30) if minute % 60 < 2 else (10, 0)


def hardly_any(minute: int) -> tuple[int, int]:
    """A request every ten minutes, and each fails."""
    return (1, 1) if minute % 10 == 0 else (0, 0)


def outage(minute: int) -> tuple[int, int]:
    return (60, 60) if minute >= 100 else (60, 0)


def hiccup(minute: int) -> tuple[int, int]:
    """Two minutes in which nothing works, of the kind that takes nothing back."""
    return (60, 60) if minute in (200, 201) else (60, 0)


def unlucky(minute: int) -> tuple[int, int]:
    """A few requests, of which one fails now and then: a large share, and nothing to go by."""
    return (1, int(minute % 60 == 0)) if minute % 5 == 0 else (0, 0)


def healthy(minute: int) -> tuple[int, int]:
    return 600, int(minute % 2)


def goes_off(alarm: Resource, traffic: Traffic, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an alarm is ever on in hours of traffic, looked at every minute."""

    def read(_: str, __: str, ___: Mapping[str, str], since: float) -> Iterator[Datum]:
        for minute in range(HOURS * 60):
            at, (requests, failed) = minute * 60.0, traffic(minute)
            if requests and at >= since:
                yield Datum(at, "Count", requests, failed, 0.0, float(failed > 0))

    monkeypatch.setattr(store, "read", read)
    told = definition.read(alarm)
    state: State = "OK"
    for minute in range(1, HOURS * 60 + 1):
        state = decide(series.look(told, minute * 60.0, 1.0), told.rule, state)
        if state == "ALARM":
            return True
    return False


@pytest.fixture(scope="module")
def alarms(cloud: Synthesized) -> dict[str, Resource]:
    begin = "perennial-wine-"
    return {
        alarm["AlarmName"].removeprefix(begin): alarm
        for _, alarm in cloud.resources("AWS::CloudWatch::Alarm")
        if alarm["AlarmName"].startswith(begin)
    }


EXPECTED: dict[Traffic, set[str]] = {
    outage: {"errors", "recurring-errors"},
    burst: {"recurring-errors"},
    burst_amid_traffic: {"recurring-errors"},
    hardly_any: {"recurring-errors"},
    hiccup: set(),
    unlucky: set(),
    healthy: set(),
}


@pytest.mark.parametrize(
    ("traffic", "name"), [*itertools.product(EXPECTED, ["errors", "recurring-errors"])]
)
def test_what_fails_again_and_again_raises_an_alarm_and_a_hiccup_none(
    alarms: dict[str, Resource], traffic: Traffic, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert goes_off(alarms[name], traffic, monkeypatch) is (name in EXPECTED[traffic])
