"""One pass over a window: what it finds in healthy and in sick models."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from perennial.monitoring.metrics import metrics_of
from perennial.monitoring.record import CHECKS, State
from perennial.outcomes.columns import truth_schema
from perennial.registry import layout
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

from tests.unit.monitoring.scene import (
    END,
    SPEC,
    Answering,
    Scene,
    a_healthy_scene,
    a_spec,
    backwards,
    logistic,
    states,
)

HOUR = timedelta(hours=1)


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


def test_sample_rows_have_no_sensitive_column() -> None:
    report = a_healthy_scene().monitor().report
    assert 5 <= len(report.sample) <= 10
    assert set(report.sample[0]) == {"predicted_at", "version", "prediction", "x", "job"}
    assert report.sample[-1]["predicted_at"] > "2026-11-21T10:40"


def test_estimates_are_watched_by_metrics_and_losses_of_their_own() -> None:
    scene = Scene(_of("regression"))
    labelled = scene.capture(300)
    random = np.random.default_rng(6)
    estimates, truth = random.normal(10, 3, 300), pa.array(random.normal(10, 3, 300))
    place = labelled.column_names.index("prediction")
    rows = labelled.set_column(place, "prediction", pa.array(estimates))
    probabilities = pa.nulls(300, labelled.schema.field("probabilities").type)
    rows = rows.set_column(place + 1, "probabilities", probabilities)
    scene.put_table(layout.capture_key("bank", 2, "2026-11-21T10", "file"), rows)
    received = pa.array([END - HOUR / 60] * 300, pa.timestamp("ms", "UTC"))
    outcomes = {
        "prediction_id": rows["prediction_id"],
        "entity_id": pa.nulls(300, pa.string()),
        "predicted_at": pa.nulls(300, received.type),
        "outcome": truth,
        "observed_at": received,
        "received_at": received,
        "source": ["api"] * 300,
    }
    told_by = layout.truth_key("bank", "2026-11-21", "truth")
    scene.put_table(told_by, pa.table(outcomes).cast(truth_schema(scene.spec)))
    report = scene.monitor().report
    assert report.outcomes.matched == 300
    (found,) = report.versions
    assert found.metrics["rmse"] > 3
    assert states(report)["concept_drift"] is State.OK


def test_specs_of_every_task_can_be_monitored() -> None:
    for spec in (_of("regression"), _of("multiclass")):
        scene = Scene(spec)
        assert scene.monitor().report.task is spec.task


def _of(task: str) -> ModelSpec:
    text = SPEC.replace("task: binary", f"task: {task}").replace('positive_class: "yes"\n', "")
    return parse_spec(text.replace("MONITORING", "{window: 1h, every: 1h}"))
