"""One pass after another: each takes up what the one before has left, and can be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from perennial.monitoring.history import Carried, report_id
from perennial.monitoring.record import State
from perennial.registry import layout

from tests.fakes.records import an_event
from tests.unit.monitoring.scene import (
    BUCKET,
    END,
    START,
    Scene,
    a_healthy_scene,
    backwards,
    logistic,
    states,
)

HOUR = timedelta(hours=1)


def test_the_same_window_gives_the_same_report_in_the_same_place() -> None:
    scene = a_healthy_scene()
    first = scene.monitor()
    again = scene.monitor()
    assert first.uri == again.uri
    assert first.report == again.report


def test_a_window_looked_at_again_later_gives_what_it_gave() -> None:
    scene = a_healthy_scene()
    first = scene.monitor().report
    later = scene.capture(900, at=END, every=2, name="later")
    scene.tell(later, backwards, at=END + timedelta(minutes=50), name="later")
    scene.now = END + HOUR
    second = scene.monitor(END, END + HOUR).report
    assert states(second)["concept_drift"] is State.ALARM
    scene.now = END
    assert scene.monitor().report == first


def test_concept_drift_is_found_over_several_passes() -> None:
    scene = Scene()
    found = []
    for number in range(12):
        at = START + number * HOUR
        truth = logistic if number < 6 else backwards
        rows = scene.capture(60, at=at, name=f"n{number}", seed=number)
        scene.tell(rows, truth, at=at + timedelta(minutes=30), name=f"t{number}", seed=number)
        scene.now = at + HOUR
        found.append(states(scene.monitor(at, at + HOUR).report)["concept_drift"])
    assert found[:2] == [State.NOT_ENOUGH, State.OK]
    assert State.ALARM not in found[:6]
    assert found[-1] is State.ALARM


def test_an_outcome_in_two_windows_goes_through_the_detector_once() -> None:
    scene = Scene()
    scene.tell(scene.capture(200), at=END - timedelta(minutes=1))
    scene.monitor()
    end = END + timedelta(minutes=30)
    scene.now = end
    report = scene.monitor(START, end).report
    assert report.outcomes.matched == 200
    concept = _carried(scene, START, end).concept
    assert concept is not None
    assert concept.seen == 200


def _carried(scene: Scene, start: datetime, end: datetime) -> Carried:
    prefix = layout.report_prefix("bank", report_id(start, end))
    return Carried.model_validate_json(scene.files.read(f"s3://{BUCKET}/{prefix}carried.json"))


def test_a_new_version_begins_its_own_stream_of_losses() -> None:
    scene = a_healthy_scene()
    scene.monitor()
    route = scene.registry.route("bank")
    assert route is not None
    one = scene.registry.version("bank", 1)
    assert one is not None
    moved = replace(route, revision=3, champion=route.previous or route.champion, previous=None)
    scene.registry.set_route(moved, an_event("route_changed"))
    scene.now = END + HOUR
    scene.monitor(END, END + HOUR)
    carried = _carried(scene, END, END + HOUR)
    assert carried.concept is not None
    assert (carried.concept.version, carried.concept.seen) == (1, 0)


def test_the_metric_of_earlier_reports_is_part_of_the_next() -> None:
    scene = a_healthy_scene()
    scene.monitor()
    rows = scene.capture(600, at=END, name="later")
    scene.tell(rows, at=END + timedelta(minutes=50), name="later")
    scene.now = END + HOUR
    report = scene.monitor(END, END + HOUR).report
    assert [point.end for point in report.history] == [
        "2026-11-21T11:00:00Z",
        "2026-11-21T12:00:00Z",
    ]


def test_silence_is_counted_from_the_last_prediction_any_report_knew() -> None:
    scene = a_healthy_scene(maximum_silence="90m")
    assert states(scene.monitor().report)["stale_data"] is State.OK
    scene.now = END + HOUR
    assert states(scene.monitor(END, END + HOUR).report)["stale_data"] is State.OK
    scene.now = END + 2 * HOUR
    report = scene.monitor(END + HOUR, END + 2 * HOUR).report
    assert states(report)["stale_data"] is State.ALARM


def test_without_outcomes_no_predictions_of_weeks_are_read() -> None:
    scene = Scene()
    scene.capture(50)
    scene.capture(50, at=START - timedelta(days=3), name="old")
    read: list[str] = []
    once = scene.files.read

    def noted(uri: str) -> bytes:
        read.append(uri)
        return once(uri)

    scene.files.read = noted  # type: ignore[method-assign]
    scene.monitor()
    assert not [uri for uri in read if "old.parquet" in uri]
    assert [uri for uri in read if "file.parquet" in uri]


def test_ids_of_reports_sort_by_the_end_of_their_windows() -> None:
    assert report_id(START, END) == "20261121T110000Z-3600s"
    assert report_id(START - HOUR, END) < report_id(END, END + HOUR)
