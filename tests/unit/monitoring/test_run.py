"""One pass over a window: what it finds, and that nothing that is missing or broken stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import Unavailable
from perennial.evaluation.measure import Floats
from perennial.monitoring.history import Carried, report_id
from perennial.monitoring.metrics import metrics_of
from perennial.monitoring.record import CHECKS, Report, State
from perennial.monitoring.run import monitor
from perennial.registry import layout
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

from tests.fakes.records import an_event
from tests.unit.monitoring.scene import BUCKET, END, SPEC, START, Answering, Scene, a_spec, logistic

HOUR = timedelta(hours=1)


def states(report: Report) -> dict[str, State]:
    return {name: verdict.state for name, verdict in report.verdicts.items()}


def told(report: Report) -> str:
    return "\n".join(f"{one.part}: {one.sentence}" for one in report.problems)


def backwards(x: Floats) -> Floats:
    return 1 - logistic(x)


def a_healthy_scene(**monitoring: object) -> Scene:
    scene = Scene(a_spec(**monitoring))
    scene.tell(scene.capture(900, every=4))
    return scene


def test_a_model_that_is_well_raises_no_alarm() -> None:
    scene = a_healthy_scene(
        performance={"floor": 0.7, "collapse": 0.6},
        maximum_silence="2h",
        maximum_age="30d",
        maximum_dollars=100,
    )
    report = scene.monitor().report
    found = states(report)
    assert list(found) == list(CHECKS)
    assert found.pop("multivariate") is State.NOT_JUDGED  # no sample was kept with the dataset
    assert set(found.values()) == {State.OK}
    assert report.version == 2
    assert report.traffic.predictions == report.traffic.requests == 900
    assert report.outcomes.matched == 900
    assert report.in_service() is not None


def test_data_that_moved_is_told_with_what_it_means_to_the_model() -> None:
    scene = Scene()
    scene.capture(900, x=np.random.default_rng(4).normal(1.0, size=900))
    report = scene.monitor().report
    assert states(report)["drift"] is State.ALARM
    assert report.features[0].name == "x"
    assert report.features[0].drifted
    assert report.features[0].importance == 0.8
    assert metrics_of(report)["Drift"] == 1.0


def test_a_model_that_collapsed_alarms() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7, "collapse": 0.6}))
    scene.tell(scene.capture(900, every=4), backwards)
    found = states(scene.monitor().report)
    assert found["performance"] is State.ALARM
    assert found["collapse"] is State.ALARM


def test_every_version_that_answered_is_measured_and_the_champion_judged() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7}))
    scene.tell(scene.capture(800, name="two"), name="two")
    scene.tell(scene.capture(800, version=3, name="three", probability=backwards), name="three")
    report = scene.monitor().report
    assert [one.version for one in report.versions] == [2, 3]
    assert report.versions[1].metrics["roc_auc"] < 0.3
    assert states(report)["performance"] is State.OK


def test_what_a_shadow_said_is_measured_and_not_counted_as_traffic() -> None:
    scene = Scene()
    answered = scene.capture(500)
    scene.capture(500, version=3, probability=backwards, role="shadow")
    scene.tell(answered)
    report = scene.monitor().report
    assert report.traffic.predictions == 500
    assert report.traffic.by_version == {"2": 500}
    assert [one.version for one in report.versions] == [2, 3]
    assert report.outcomes.matched == 500


def test_predictions_of_a_challenger_are_no_drift_of_the_champion() -> None:
    scene = Scene()
    scene.capture(1000, name="two")
    scene.capture(1000, version=3, name="three", probability=lambda x: np.full(len(x), 0.99))
    assert states(scene.monitor().report)["prediction_drift"] is State.OK


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


def test_a_window_with_no_data_is_said_to_have_none() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7, "collapse": 0.6}))
    report = scene.monitor().report
    found = states(report)
    for check in ("quality", "drift", "prediction_drift", "concept_drift", "performance"):
        assert found[check] is State.NOT_ENOUGH, check
    assert State.ALARM not in found.values()
    assert {"Drift", "DataQuality", "BelowFloor", "ConceptDrift"}.isdisjoint(metrics_of(report))


def test_a_window_with_one_row_is_judged_by_nothing_that_needs_more() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7}))
    scene.tell(scene.capture(1))
    report = scene.monitor().report
    assert report.traffic.predictions == report.outcomes.matched == 1
    assert State.ALARM not in states(report).values()
    assert not told(report).count("broke")


def test_a_window_of_one_class_is_said_to_be_undefined() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7}))
    scene.tell(scene.capture(400), lambda x: np.ones(len(x)))
    verdict = scene.monitor().report.verdicts["performance"]
    assert verdict.state is State.NOT_ENOUGH
    assert "undefined" in verdict.sentence


def test_a_missing_profile_is_named_and_the_rest_is_judged() -> None:
    scene = a_healthy_scene(performance={"floor": 0.7})
    version = scene.registry.version("bank", 2)
    assert version is not None
    prefix = layout.dataset_prefix("bank", version.dataset_digest)
    scene.files._versions.pop(f"s3://{BUCKET}/{prefix}{layout.PROFILE}")
    report = scene.monitor().report
    assert "reference: there is no profile of the training data" in told(report)
    assert states(report)["drift"] is State.NOT_JUDGED
    assert states(report)["performance"] is State.OK


def test_everything_training_left_may_be_missing() -> None:
    scene = a_healthy_scene(performance={"floor": 0.7})
    for uri in [uri for uri in scene.files._versions if "/runs/" in uri or "/datasets/" in uri]:
        scene.files._versions.pop(uri)
    report = scene.monitor().report
    assert states(report)["performance"] is State.OK
    assert "holdout" in told(report)
    assert not told(report).count("broke")


def test_a_half_written_capture_is_named_and_the_others_are_read() -> None:
    scene = a_healthy_scene()
    whole = layout.capture_key("bank", 2, "2026-11-21T10", "file")
    half = scene.files.read(f"s3://{BUCKET}/{whole}")[:700]
    key = layout.capture_key("bank", 2, "2026-11-21T10", "half")
    scene.files.write(f"s3://{BUCKET}/{key}", half, "application/octet-stream")
    report = scene.monitor().report
    assert "captures: model=bank/version=2/hour=2026-11-21T10/half.parquet" in told(report)
    assert report.traffic.predictions == 900


def test_captures_of_an_older_schema_are_read() -> None:
    scene = Scene()
    older = ("role", "rollout_id", "entity_id")
    scene.tell(scene.capture(600, drop=older))
    report = scene.monitor().report
    assert report.traffic.predictions == report.outcomes.matched == 600
    assert states(report)["drift"] is State.OK


def test_a_feature_that_is_no_longer_captured_is_told_as_missing() -> None:
    scene = Scene()
    table = scene.capture(600)
    features = pa.array([{"x": one["x"]} for one in table["features"].to_pylist()])
    place = table.column_names.index("features")
    key = layout.capture_key("bank", 2, "2026-11-21T10", "file")
    scene.put_table(key, table.set_column(place, "features", features))
    report = scene.monitor().report
    assert states(report)["quality"] is State.ALARM
    assert report.flaws[0].feature == "job"


def test_predictions_from_the_future_are_named() -> None:
    scene = a_healthy_scene()
    scene.capture(3, at=END + timedelta(days=2), name="ahead")
    report = scene.monitor().report
    assert "clocks: predictions claim to be from hours to come" in told(report)
    assert report.traffic.predictions == 900


def test_a_version_of_another_spec_is_watched_and_that_is_named() -> None:
    scene = a_healthy_scene()
    scene.spec = a_spec(performance={"floor": 0.7})
    report = scene.monitor().report
    assert "was trained by another spec" in told(report)
    assert states(report)["performance"] is State.OK


def test_before_the_first_version_there_is_a_report_that_says_so() -> None:
    scene = Scene()
    scene.registry._routes.clear()
    report = scene.monitor().report
    assert report.version is None
    assert set(states(report).values()) == {State.NOT_JUDGED}
    assert metrics_of(report)["Reports"] == 1.0


def test_a_champion_that_is_not_registered_is_named() -> None:
    scene = a_healthy_scene(performance={"floor": 0.7})
    scene.registry._versions["bank"] = []
    report = scene.monitor().report
    assert "version 2 is in service and not in the registry" in told(report)
    assert states(report)["performance"] is State.OK


@pytest.mark.parametrize(
    ("part", "lost", "kept"),
    [
        ("captures.look", {"quality", "drift", "stale_data", "budget"}, {"performance"}),
        ("shift.judge_drift", {"drift", "multivariate"}, {"performance", "stale_data", "quality"}),
        ("shift.judge_quality", {"quality"}, {"performance", "stale_data", "drift"}),
        ("gather", {"performance", "concept_drift", "collapse"}, {"drift", "stale_data"}),
        ("earlier", set(), {"drift", "performance"}),
        ("judge_age", {"stale_model"}, {"drift", "performance", "budget"}),
        ("cost_of", {"budget"}, {"drift", "performance", "stale_model"}),
    ],
)
def test_a_part_that_breaks_is_named_and_stops_no_other(
    part: str, lost: set[str], kept: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a value that nobody may see")

    place = part if "." in part else f"run.{part}"
    monkeypatch.setattr(f"perennial.monitoring.{place}", broken)
    limits = {"maximum_silence": "2h", "maximum_age": "30d", "maximum_dollars": 100}
    report = a_healthy_scene(performance={"floor": 0.7}, **limits).monitor().report
    assert "this part broke: KeyError at " in told(report)
    assert "nobody may see" not in report.model_dump_json()
    found = states(report)
    assert {found[check] for check in lost} <= {State.NOT_JUDGED}
    assert {found[check] for check in kept} == {State.OK}


def test_a_registry_that_does_not_answer_ends_the_pass() -> None:
    scene = Scene()

    def away(_: str) -> None:
        raise Unavailable("DynamoDB did not answer")

    scene.registry.route = away  # type: ignore[method-assign, assignment]
    with pytest.raises(Unavailable):
        scene.monitor()


def test_a_sensitive_target_is_said_to_keep_performance_from_being_judged() -> None:
    text = SPEC.replace("sensitive: [secret]", "sensitive: [secret, y]")
    scene = Scene(parse_spec(text.replace("MONITORING", "{window: 1h, every: 1h}")))
    report = scene.monitor().report
    assert states(report)["performance"] is State.NOT_JUDGED
    assert "sensitive" in report.verdicts["performance"].sentence


def test_silence_is_counted_from_the_last_prediction_any_report_knew() -> None:
    scene = a_healthy_scene(maximum_silence="90m")
    assert states(scene.monitor().report)["stale_data"] is State.OK
    scene.now = END + HOUR
    assert states(scene.monitor(END, END + HOUR).report)["stale_data"] is State.OK
    scene.now = END + 2 * HOUR
    report = scene.monitor(END + HOUR, END + 2 * HOUR).report
    assert states(report)["stale_data"] is State.ALARM


def test_an_old_version_is_stale() -> None:
    assert states(a_healthy_scene(maximum_age="1d").monitor().report)["stale_model"] is State.ALARM


def test_a_model_that_costs_too_much_alarms() -> None:
    report = a_healthy_scene(maximum_dollars=1).monitor().report
    assert states(report)["budget"] is State.ALARM
    assert report.cost is not None
    assert report.cost.dollars == pytest.approx(sum(report.cost.parts.values()), abs=0.01)


def test_a_worse_version_than_the_one_before_alarms() -> None:
    spec = a_spec(performance={"metric": "log_loss"})
    scene = Scene(spec, before=Answering(logistic))
    scene.tell(scene.capture(900, probability=lambda x: logistic(x / 4 - 1)))
    report = scene.monitor().report
    assert states(report)["previous"] is State.ALARM
    assert report.previous is not None
    assert report.previous.version == 1


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


def test_what_takes_too_long_is_given_up_and_the_report_is_made() -> None:
    scene = a_healthy_scene(performance={"floor": 0.7})
    made = monitor(scene.spec, START, END, replace(scene.ports, late=lambda: True))
    assert "a shorter outcomes.window in the spec makes them fewer" in told(made.report)
    assert states(made.report)["performance"] is State.NOT_JUDGED
    assert states(made.report)["drift"] is State.OK


def test_half_written_outcomes_are_named() -> None:
    scene = a_healthy_scene(performance={"floor": 0.7})
    key = layout.truth_key("bank", "2026-11-21", "half")
    scene.files.write(f"s3://{BUCKET}/{key}", b"PAR1 and no more", "application/octet-stream")
    report = scene.monitor().report
    assert "outcomes: half.parquet" in told(report)
    assert states(report)["performance"] is State.OK


def test_outcomes_without_predictions_are_counted() -> None:
    scene = Scene()
    rows = scene.capture(100)
    place = rows.column_names.index("prediction_id")
    strange = rows.set_column(place, "prediction_id", pa.array([f"?{n}" for n in range(100)]))
    scene.tell(rows)
    scene.tell(strange, name="strange")
    counts = scene.monitor().report.outcomes
    assert (counts.received, counts.matched, counts.orphans) == (200, 100, 100)


def test_sample_rows_have_no_sensitive_column() -> None:
    report = a_healthy_scene().monitor().report
    assert 5 <= len(report.sample) <= 10
    assert set(report.sample[0]) == {"predicted_at", "version", "prediction", "x", "job"}
    assert report.sample[-1]["predicted_at"] > "2026-11-21T10:40"


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Scene().monitor(END, END)


def test_specs_of_every_task_can_be_monitored() -> None:
    for spec in (_of("regression"), _of("multiclass")):
        scene = Scene(spec)
        assert scene.monitor().report.task is spec.task


def _of(task: str) -> ModelSpec:
    text = SPEC.replace("task: binary", f"task: {task}").replace('positive_class: "yes"\n', "")
    return parse_spec(text.replace("MONITORING", "{window: 1h, every: 1h}"))


def test_ids_of_reports_sort_by_the_end_of_their_windows() -> None:
    assert report_id(START, END) == "20261121T110000Z-3600s"
    assert report_id(START - HOUR, END) < report_id(END, END + HOUR)
