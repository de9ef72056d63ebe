"""A run ends once, says why, and makes room for the next."""

from __future__ import annotations

import pytest
from perennial.registry.conclusion import LONGEST_REASON, Concluded, Conclusion, conclude
from perennial.registry.records import RunStatus

from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow

FINAL = [status for status in RunStatus if status.final]


@pytest.fixture
def registry() -> InMemoryRegistry:
    """Run `a` trains, run `b` waits."""
    registry = InMemoryRegistry()
    registry.create_run(a_run("a"))
    registry.claim_training("bank", "a", AT)
    registry.update_run("bank", "a", at=AT, status=RunStatus.RUNNING)
    registry.create_run(a_run("b"))
    return registry


def ended(
    registry: InMemoryRegistry, status: RunStatus, reason: str = "", run_id: str = "a"
) -> Concluded:
    conclusion = Conclusion("bank", run_id, status, reason, {"train": 2.0})
    return conclude(conclusion, registry, RecordingWorkflow(), lambda: AT)


@pytest.mark.parametrize("status", FINAL)
def test_a_run_ends_with_its_reason_and_the_next_starts(
    registry: InMemoryRegistry, status: RunStatus
) -> None:
    concluded = ended(registry, status, "because")
    assert concluded.run is not None
    assert (concluded.run.status, concluded.run.reason) == (status, "because")
    assert concluded.run.seconds == {"train": 2.0}
    assert concluded.started is not None
    assert (concluded.started.run_id, concluded.started.status) == ("b", RunStatus.RUNNING)
    assert concluded.news


def test_the_first_conclusion_counts(registry: InMemoryRegistry) -> None:
    first = ended(registry, RunStatus.REJECTED, "line 3")
    again = ended(registry, RunStatus.FAILED, "the workflow ended FAILED")
    assert again.run == first.run
    assert again.started is None
    assert not again.news


def test_a_run_whose_version_never_came_into_service_failed_and_says_so(
    registry: InMemoryRegistry,
) -> None:
    registry.register_version(a_version("a"), an_event())
    concluded = ended(registry, RunStatus.FAILED, "Conflict: others kept changing the route")
    assert concluded.run is not None
    assert concluded.run.status is RunStatus.FAILED
    assert concluded.run.reason == (
        "version 1 is registered, but what follows failed: Conflict: others kept changing the route"
    )


def test_the_end_of_a_registered_run_adds_how_long_it_took(registry: InMemoryRegistry) -> None:
    registry.register_version(a_version("a"), an_event())
    concluded = ended(registry, RunStatus.SUCCEEDED)
    assert concluded.news
    assert concluded.run is not None
    assert concluded.run.seconds == {"train": 2.0}
    assert concluded.run.reason == ""
    assert not ended(registry, RunStatus.SUCCEEDED).news


def test_a_run_nobody_knows_does_not_stop_the_queue(registry: InMemoryRegistry) -> None:
    ended(registry, RunStatus.SUCCEEDED)
    concluded = ended(registry, RunStatus.FAILED, run_id="nobody")
    assert concluded.run is None
    assert not concluded.news


def test_a_run_that_waited_can_be_ended_without_touching_the_one_that_trains(
    registry: InMemoryRegistry,
) -> None:
    ended(registry, RunStatus.FAILED, "aborted", run_id="b")
    assert not registry.claim_training("bank", "b", AT)
    assert registry.claim_training("bank", "a", AT)


def test_a_long_reason_is_shortened(registry: InMemoryRegistry) -> None:
    concluded = ended(registry, RunStatus.FAILED, "x" * 100_000)
    assert concluded.run is not None
    assert len(concluded.run.reason) == LONGEST_REASON
    assert concluded.run.reason.endswith("…")


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING])
def test_what_is_no_end_is_refused(registry: InMemoryRegistry, status: RunStatus) -> None:
    with pytest.raises(ValueError, match="is no end of a run"):
        ended(registry, status)
