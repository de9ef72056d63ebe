"""An object version becomes one run, which starts or waits."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from perennial.errors import UnknownModel
from perennial.registry.intake import Accepted, TrainingRequest, accept, run_id_of
from perennial.registry.layout import incoming_model
from perennial.registry.records import RunStatus, SourceObject

from tests.fakes.records import AT, SOURCE
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow


def accepted(
    registry: InMemoryRegistry,
    workflow: RecordingWorkflow,
    source: SourceObject = SOURCE,
    model: str = "bank",
) -> Accepted:
    request = TrainingRequest(model, source, "upload", "alice")
    return accept(request, ("bank", "wine"), registry, workflow, lambda: AT)


def test_an_upload_starts_a_run_that_says_where_it_comes_from() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    made = accepted(registry, workflow)
    assert made.new
    assert made.run == registry.run("bank", made.run.run_id)
    assert made.run.status is RunStatus.RUNNING
    assert made.run.execution_arn == f"execution:{made.run.run_id}"
    assert dict(workflow.started[made.run.run_id]) == {
        "run_id": made.run.run_id,
        "model": "bank",
        "source": {
            "bucket": "data",
            "key": "incoming/bank/jan.csv",
            "version_id": "v1",
            "etag": "etag",
            "size": 120,
        },
        "trigger": "upload",
        "by": "alice",
    }


def test_the_id_of_a_run_is_made_from_the_object_version_alone() -> None:
    expected = hashlib.sha256(b"data\nincoming/bank/jan.csv\nv1").hexdigest()[:32]
    assert run_id_of(SOURCE) == expected
    assert run_id_of(replace(SOURCE, etag="other", size=1)) == expected
    others = [replace(SOURCE, bucket="b"), replace(SOURCE, key="k"), replace(SOURCE, version_id="")]
    assert len({run_id_of(other) for other in others} | {expected}) == 4


def test_a_known_object_makes_nothing() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    first, again = (accepted(registry, workflow) for _ in range(2))
    assert again.run == first.run
    assert not again.new
    assert again.started is None
    assert len(workflow.started) == 1


def test_a_known_object_whose_run_has_ended_makes_nothing() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    made = accepted(registry, workflow)
    registry.update_run("bank", made.run.run_id, at=AT, status=RunStatus.FAILED)
    registry.release_training("bank", made.run.run_id)
    again = accepted(registry, workflow)
    assert not again.new
    assert again.run.status is RunStatus.FAILED
    assert len(workflow.started) == 1


def test_the_second_training_of_a_model_waits() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    accepted(registry, workflow)
    second = accepted(registry, workflow, replace(SOURCE, version_id="v2"))
    assert second.new
    assert second.run.status is RunStatus.QUEUED
    assert len(workflow.started) == 1


def test_another_model_does_not_wait() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    accepted(registry, workflow)
    other = accepted(registry, workflow, replace(SOURCE, key="incoming/wine/a.csv"), "wine")
    assert other.run.status is RunStatus.RUNNING


def test_an_empty_upload_is_a_run_too_for_validation_to_reject() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    assert accepted(registry, workflow, replace(SOURCE, size=0)).run.status is RunStatus.RUNNING


def test_a_model_that_is_not_deployed_is_refused_and_nothing_is_remembered() -> None:
    registry, workflow = InMemoryRegistry(), RecordingWorkflow()
    with pytest.raises(UnknownModel, match="'zoo'"):
        accepted(registry, workflow, model="zoo")
    assert registry.runs("zoo") == []
    assert not workflow.started


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("incoming/bank/jan.csv", "bank"),
        ("incoming/bank/2026/01/jan+feb é.csv", "bank"),
        ("incoming/bank/", None),
        ("incoming/bank/folder/", None),
        ("incoming/jan.csv", None),
        ("incoming//jan.csv", None),
        ("outgoing/bank/jan.csv", None),
        ("runs/incoming/bank/jan.csv", None),
    ],
)
def test_the_folder_names_the_model(key: str, model: str | None) -> None:
    assert incoming_model(key) == model
