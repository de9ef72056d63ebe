"""What served when, read off the history without reading all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.registry.chain import routes
from perennial.registry.records import Event
from perennial.registry.timeline import (
    Service,
    Told,
    lines,
    sequence_at,
    service_at,
    service_of,
)

from tests.fakes.records import an_event
from tests.unit.provenance.history import MODEL, Archive, lived


@pytest.fixture
def archive() -> Archive:
    return lived()


def slowly(archive: Archive, moment: str) -> Service | None:
    """The same by reading everything."""
    serving = [e for e in archive.history(MODEL) if routes(e) and e.at <= moment]
    return service_of(serving[-1]) if serving else None


def test_what_served_is_what_the_last_change_of_route_says(archive: Archive) -> None:
    for event in archive.history(MODEL):
        assert service_at(MODEL, event.at, archive) == slowly(archive, event.at)


def test_before_the_first_route_nothing_served(archive: Archive) -> None:
    assert service_at(MODEL, "2025", archive) is None
    assert service_at("unknown", "2030", archive) is None
    first = next(archive.history(MODEL))
    assert service_at(MODEL, first.at, archive) is None


def test_a_date_in_the_future_is_answered_by_what_serves_now(archive: Archive) -> None:
    served, route = service_at(MODEL, "2030", archive), archive.route(MODEL)
    assert served is not None
    assert route is not None
    assert served.differs(route) == []
    assert (served.champion, served.by, served.reason) == (2, "ada", "it was the data")


def test_a_challenger_and_its_share_are_said(archive: Archive) -> None:
    began = next(event for event in archive.history(MODEL) if event.what == "rollout_began")
    served = service_at(MODEL, began.at, archive)
    assert served is not None
    assert (served.champion, served.shadow, served.rollout) == (2, 3, "r3")


def test_history_tells_the_status_of_every_version(archive: Archive) -> None:
    told = Told()
    for event in archive.history(MODEL):
        told.add(event)
    stored = {one.number: one.status for one in archive.versions(MODEL)}
    assert told.statuses == stored


def test_events_that_do_not_say_what_served_are_walked_back(archive: Archive) -> None:
    archive.written()[:] = [replace(event, serving=0, digest="") for event in archive.written()]
    for event in archive.history(MODEL):
        assert service_at(MODEL, event.at, archive) == slowly(archive, event.at)


@pytest.fixture(scope="module")
def long() -> Archive:
    """Version 1 is told of in the first forty events, then version 2 in as many, and so on."""
    archive = Archive()
    for place in range(200):
        said = {"version": str(place // 40 + 1)}
        archive.tell(an_event("route_proven", at=archive.clock(), details=said))
    return archive


@given(
    version=st.none() | st.integers(1, 6),
    since=st.integers(0, 210),
    until=st.none() | st.integers(0, 210),
    limit=st.integers(1, 60),
)
def test_lines_are_the_latest_that_match_however_many_do_not(
    long: Archive, version: int | None, since: int, until: int | None, limit: int
) -> None:
    times = ["", *(event.at for event in long.written()), *["2027"] * 10]
    begin, end = times[since], times[until] if until is not None else ""
    matching = [
        event.sequence
        for event in long.written()
        if event.at >= begin
        and (not end or event.at <= end)
        and (version is None or event.details["version"] == str(version))
    ]
    found = lines(MODEL, long, since=begin, until=end, version=version, limit=limit)
    assert [event.sequence for event in found] == matching[::-1][:limit]


def test_a_number_that_was_tampered_with_does_not_lead_to_one_page_again_and_again() -> None:
    class Stuck(Archive):
        pages = 0

        def events_about(
            self, model: str, version: int, limit: int = 100, last: int | None = None
        ) -> list[Event]:
            self.pages += 1
            assert self.pages < 5
            return [an_event("x", at="2026", sequence=10**9)] * limit

    assert lines(MODEL, Stuck(), version=1, until="2025") == []


class Counted(Archive):
    """Counts the events that are handed out."""

    read = 0

    def event(self, model: str, sequence: int) -> Event | None:
        self.read += 1
        return self.written()[sequence - 1] if sequence <= len(self.written()) else None


def test_a_date_is_found_in_as_many_reads_as_the_length_has_digits() -> None:
    archive = Counted()
    for _ in range(2_000):
        archive.tell(an_event("route_proven", at=archive.clock()))
    moment = archive.written()[1234].at
    assert sequence_at(MODEL, moment, archive) == 1235
    assert archive.read <= 12


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 41))
def test_clocks_that_differ_a_little_are_untangled(steps: list[int], moment: int) -> None:
    """Each event is at most ten ticks before or after its turn."""
    archive = Archive()
    for place, step in enumerate(sorted(steps)):
        archive.tell(an_event("x", at=f"{max(0, step + (place * 7) % 5 - 2):04d}"))
    times = [event.at for event in archive.history(MODEL)]
    wanted = max((n for n, at in enumerate(times, 1) if at <= f"{moment:04d}"), default=0)
    assert sequence_at(MODEL, f"{moment:04d}", archive) >= wanted - 60
    if times == sorted(times):
        assert sequence_at(MODEL, f"{moment:04d}", archive) == wanted
