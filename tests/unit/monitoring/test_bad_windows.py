"""Whatever is missing, broken or wrong is named in the report, and stops nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from perennial.errors import Unavailable
from perennial.monitoring.metrics import metrics_of
from perennial.monitoring.record import State
from perennial.monitoring.run import monitor
from perennial.registry import layout
from perennial.spec.source import parse_spec

from tests.unit.monitoring.scene import (
    BUCKET,
    END,
    SPEC,
    START,
    Scene,
    a_healthy_scene,
    a_spec,
    states,
    told,
)


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


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        Scene().monitor(END, END)


def test_a_positive_class_that_the_version_never_knew_is_named_and_breaks_nothing() -> None:
    scene = Scene(a_spec(performance={"floor": 0.7}))
    scene.tell(scene.capture(400))
    scene.spec = parse_spec(
        SPEC.replace('positive_class: "yes"', "positive_class: perhaps").replace(
            "MONITORING", '{"window": "1h", "every": "1h", "performance": {"floor": 0.7}}'
        )
    )
    report = scene.monitor().report
    assert states(report)["performance"] is State.NOT_ENOUGH
    assert states(report)["drift"] is State.OK
    assert "no answer that metrics of today's target can be made of" in told(report)
    assert not told(report).count("broke")
