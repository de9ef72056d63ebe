"""An audit finds whatever was tampered with, and nothing where nobody did."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.provenance.audit import OutOfTime, audit
from perennial.provenance.findings import Kind
from perennial.registry.chain import Head, digest_of
from perennial.registry.records import Event, RoutedVersion, VersionStatus

from tests.fakes.records import an_event
from tests.fakes.registry import InMemoryRegistry
from tests.unit.provenance.history import MODEL, Archive, lived


@pytest.fixture
def archive() -> Archive:
    return lived()


def test_a_history_nobody_touched_passes(archive: Archive) -> None:
    archive.anchor()
    done = archive.audited()
    assert done.passed, done.findings
    assert (done.events, done.first_sealed, done.versions, done.anchors) == (10, 1, 3, 1)


def test_a_model_without_history_passes() -> None:
    assert audit(MODEL, InMemoryRegistry(), {}).passed


@pytest.mark.parametrize("place", range(10))
@pytest.mark.parametrize("name", ["by", "at", "reason", "what", "subject"])
def test_an_edited_event_is_found(archive: Archive, place: int, name: str) -> None:
    events = archive.written()
    edited: dict[str, Any] = {name: "2026-01-01T00:00:00.000Z"}
    events[place] = replace(events[place], **edited)
    assert Kind.EDITED_EVENT in archive.kinds()


def test_an_edited_detail_is_found(archive: Archive) -> None:
    events = archive.written()
    events[3] = replace(events[3], details={**events[3].details, "champion": "1"})
    assert archive.kinds() == [Kind.EDITED_EVENT]


@pytest.mark.parametrize("place", range(10))
def test_an_edited_event_with_a_new_digest_is_found(archive: Archive, place: int) -> None:
    events = archive.written()
    edited = replace(events[place], by="mallory")
    events[place] = replace(edited, digest=digest_of(edited))
    assert {Kind.BROKEN_LINK, Kind.FORGED_HEAD} & {*archive.kinds()}


@pytest.mark.parametrize("place", range(9))
def test_a_removed_event_is_found(archive: Archive, place: int) -> None:
    del archive.written()[place]
    found = archive.audited().findings
    assert Kind.REMOVED_EVENT in {one.kind for one in found}
    assert f"event {place + 1}" in {one.where for one in found}


@pytest.mark.parametrize("kept", range(10))
def test_a_removed_tail_is_found(archive: Archive, kept: int) -> None:
    del archive.written()[kept:]
    assert Kind.REMOVED_TAIL in archive.kinds()


def test_a_removed_tail_whose_head_was_set_back_is_found_by_an_anchor(archive: Archive) -> None:
    archive.anchor()
    kept = archive.written()[:9]
    archive.rewrite(kept)
    assert Kind.REMOVED_TAIL in archive.kinds()


def test_a_removed_tail_whose_head_was_set_back_is_found_by_the_state(archive: Archive) -> None:
    archive.rewrite(archive.written()[:9])
    assert archive.kinds() == [Kind.UNTOLD_ROUTE, Kind.UNTOLD_VERSION]


@pytest.mark.parametrize("place", range(10))
def test_an_inserted_event_is_found(archive: Archive, place: int) -> None:
    events = archive.written()
    forged = replace(events[place], by="mallory")
    events.insert(place, replace(forged, digest=digest_of(forged)))
    assert {Kind.BROKEN_LINK, Kind.MOVED_EVENT} & {*archive.kinds()}


@pytest.mark.parametrize("place", range(9))
def test_swapped_events_are_found(archive: Archive, place: int) -> None:
    events = archive.written()
    events[place], events[place + 1] = events[place + 1], events[place]
    assert Kind.MOVED_EVENT in archive.kinds()


@pytest.mark.parametrize("place", range(9))
def test_events_that_swapped_their_numbers_are_found(archive: Archive, place: int) -> None:
    events = archive.written()
    one, other = events[place], events[place + 1]
    events[place] = replace(other, sequence=one.sequence)
    events[place + 1] = replace(one, sequence=other.sequence)
    assert Kind.EDITED_EVENT in archive.kinds()


@pytest.mark.parametrize("head", [Head(10, "f" * 64), Head(9, "f" * 64), Head()])
def test_a_forged_head_is_found(archive: Archive, head: Head) -> None:
    archive.set_head(head)
    assert archive.kinds() == [Kind.FORGED_HEAD]


def test_an_event_without_digest_among_others_is_found(archive: Archive) -> None:
    events = archive.written()
    events[4] = replace(events[4], digest="", previous="")
    assert Kind.UNSEALED_EVENT in archive.kinds()


def test_events_before_the_first_digest_are_not_proven(archive: Archive) -> None:
    old = [replace(event, digest="", previous="") for event in archive.written()[:4]]
    later = archive.written()[4:]
    archive.written()[:] = old
    archive.set_head(Head(4, ""))
    for event in later:
        archive.tell(event)
    done = archive.audited()
    assert (done.passed, done.first_sealed) == (True, 5)


def test_a_history_rewritten_as_a_whole_is_found_by_an_anchor(archive: Archive) -> None:
    archive.anchor()
    events = [replace(event, reason="as it should be") for event in archive.written()]
    archive.rewrite(events)
    assert Kind.REWRITTEN in archive.kinds()


def test_a_history_rewritten_and_anchored_anew_is_found(archive: Archive) -> None:
    archive.anchor()
    archive.rewrite([replace(event, by="nobody") for event in archive.written()])
    archive.anchor()
    assert Kind.REWRITTEN in archive.kinds()


def test_a_route_that_changed_without_an_event_is_found(archive: Archive) -> None:
    route = archive.route(MODEL)
    assert route is not None
    archive._routes[MODEL] = replace(route, champion=replace(route.champion, number=3))
    (found,) = [one for one in archive.audited().findings if "champion" in one.says]
    assert (found.kind, found.says) == (
        Kind.UNTOLD_ROUTE,
        "the route's champion is 3, the history says 2",
    )


def test_a_route_to_other_bytes_is_found(archive: Archive) -> None:
    route = archive.route(MODEL)
    assert route is not None
    forged = RoutedVersion(route.champion.number, "0" * 64, route.champion.artifact_uri)
    archive._routes[MODEL] = replace(route, champion=forged)
    assert archive.kinds() == [Kind.UNTOLD_ROUTE]


def test_a_route_that_is_gone_or_never_told_of_is_found(archive: Archive) -> None:
    route = archive._routes.pop(MODEL)
    assert archive.kinds() == [Kind.UNTOLD_ROUTE]
    alone = Archive()
    alone._routes[MODEL] = route
    assert alone.kinds() == [Kind.UNTOLD_ROUTE]


def test_a_status_that_changed_without_an_event_is_found(archive: Archive) -> None:
    archive._mark(MODEL, [3], VersionStatus.REGISTERED)
    (found,) = archive.audited().findings
    assert found.kind is Kind.UNTOLD_VERSION
    assert found.says == "version 3 is REGISTERED, the history says REJECTED"


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"roc_auc": 0.99}},
        {"artifact_digest": "0" * 64},
        {"created_at": "2020"},
        {"gates": ()},
        {"created_by": "mallory"},
        {"dataset_digest": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_version_is_found(archive: Archive, change: dict[str, Any]) -> None:
    versions = archive._versions[MODEL]
    versions[0] = replace(versions[0], **change)
    assert archive.kinds() == [Kind.EDITED_VERSION]


def test_a_record_that_the_index_lists_elsewhere_is_found(archive: Archive) -> None:
    archive.misindexed_events, archive.misindexed = {4}, {2}
    found = [(one.kind, one.where) for one in archive.audited().findings]
    assert found == [(Kind.MISINDEXED, "event 4"), (Kind.MISINDEXED, "version 2")]


def test_what_is_older_than_the_index_is_not_missed_in_it(archive: Archive) -> None:
    """Events without digest, and versions whose registration does not hold theirs."""
    archive.misindexed_events, archive.misindexed = set(range(99)), set(range(99))
    old = [replace(event, digest="", previous="") for event in archive.written()]
    for place, event in enumerate(old):
        said = {name: of for name, of in event.details.items() if name != "record_digest"}
        archive.written()[place] = replace(event, details=said)
    archive.set_head(Head(10))
    assert archive.kinds() == []


def test_a_version_that_is_gone_or_was_slipped_in_is_found(archive: Archive) -> None:
    versions = archive._versions[MODEL]
    versions[2] = replace(versions[2], number=4)
    assert archive.kinds() == [Kind.MISSING_VERSION, Kind.UNTOLD_VERSION]


def test_what_is_wrong_with_a_version_s_objects_is_among_the_findings(archive: Archive) -> None:
    done = audit(MODEL, archive, {}, lambda one: ["the receipt is gone"] if one.number == 2 else [])
    assert done.objects == 3
    assert [(one.kind, one.where) for one in done.findings] == [(Kind.CHANGED_OBJECT, "version 2")]


def test_a_thousand_findings_are_kept_and_the_others_counted() -> None:
    archive = Archive()
    for _ in range(1200):
        archive.tell(an_event("route_proven", at="2026", details={}))
    archive.written()[:] = [replace(event, by="mallory") for event in archive.written()]
    done = archive.audited()
    assert (len(done.findings), done.more, done.found) == (1000, 200, 1200)
    assert not done.passed


def test_an_audit_stops_when_time_is_up(archive: Archive) -> None:
    looks = iter([True] * 3 + [False])
    with pytest.raises(OutOfTime, match="3 events"):
        audit(MODEL, archive, {}, in_time=lambda: next(looks))


def test_events_written_during_an_audit_are_no_findings(archive: Archive) -> None:
    class Busy(Archive):
        """Somebody writes each time the head is read, for a while."""

        idle = True

        def head(self, model: str) -> Head:
            found = super().head(model)
            if found.sequence < 12 and self.idle:
                self.idle = False  # to register reads the head, too
                self.register(len(self._versions[MODEL]) + 1)
                self.idle = True
            return found

    busy = Busy(**{name: getattr(archive, name) for name in archive.__dataclass_fields__})
    done = busy.audited()
    assert done.passed, done.findings
    assert done.events >= 12


@given(st.data())
def test_no_change_of_any_event_goes_unseen(data: st.DataObject) -> None:
    archive = lived()
    archive.anchor()
    events = archive.written()
    place = data.draw(st.integers(0, len(events) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(Event)]))
    present = getattr(events[place], name)
    if isinstance(present, int):
        changed: Any = data.draw(st.integers(0, 99).filter(lambda n: n != present))
    elif isinstance(present, str):
        changed = data.draw(st.text(max_size=5).filter(lambda text: text != present))
    else:
        extra = data.draw(st.dictionaries(st.text(max_size=3), st.text(max_size=3), min_size=1))
        changed = {**present, **extra}
        if changed == present:
            return
    edited: dict[str, Any] = {name: changed}
    events[place] = replace(events[place], **edited)
    resealed = data.draw(st.booleans())
    if resealed and name != "digest":
        events[place] = replace(events[place], digest=digest_of(events[place]))
    assert not archive.audited().passed
