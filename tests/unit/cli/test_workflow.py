"""The history of an execution is read as the steps a person follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cli.workflow import Passage, visits

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(second: float, kind: str, **details: Any) -> dict[str, Any]:
    return {"timestamp": START + timedelta(seconds=second), "type": kind, **details}


def entered(second: float, state: str, kind: str = "Task") -> dict[str, Any]:
    return event(second, f"{kind}StateEntered", stateEnteredEventDetails={"name": state})


def test_task_states_are_told_with_their_seconds() -> None:
    found = visits(
        [
            event(0, "ExecutionStarted"),
            entered(0, "ValidateData"),
            event(0, "TaskScheduled"),
            event(1.5, "TaskSucceeded"),
            event(1.5, "TaskStateExited"),
            entered(1.5, "DecideOnData", "Choice"),
            event(1.5, "ChoiceStateExited"),
            entered(2, "TrainModel"),
        ]
    )
    assert [(v.title, v.seconds, v.passage) for v in found] == [
        ("Validate data", 1.5, Passage.LEFT),
        ("Train model", None, Passage.INSIDE),
    ]


def test_a_task_that_is_tried_again_and_succeeds_is_fine() -> None:
    failed = {"error": "Lambda.ServiceException", "cause": "busy"}
    (visit,) = visits(
        [
            entered(0, "ValidateData"),
            event(0, "TaskScheduled"),
            event(1, "TaskFailed", taskFailedEventDetails=failed),
            event(2, "TaskScheduled"),
            event(3, "TaskSucceeded"),
            event(3, "TaskStateExited"),
        ]
    )
    assert (visit.attempts, visit.failure, visit.passage) == (2, "", Passage.LEFT)


def test_a_failure_that_was_caught_is_told_with_its_cause() -> None:
    failed = {"error": "Unavailable", "cause": "S3 did not answer\nmore"}
    first, second = visits(
        [
            entered(0, "ValidateData"),
            event(0, "TaskScheduled"),
            event(1, "TaskFailed", taskFailedEventDetails=failed),
            event(1, "TaskStateExited"),
            entered(1, "ConcludeRun"),
        ]
    )
    assert first.passage is Passage.BROKEN
    assert first.failure == "Unavailable: S3 did not answer"
    assert second.passage is Passage.INSIDE


def test_a_cause_in_json_is_told_as_what_it_says() -> None:
    causes = {
        '{"errorMessage": "no \\"x\\" here", "errorType": "KeyError"}': 'E: no "x" here',
        '{"Container": {"Reason": "OutOfMemoryError: killed"}, "StatusReason": "exit': (
            "E: OutOfMemoryError: killed"
        ),
    }
    for cause, expected in causes.items():
        failed = {"error": "E", "cause": cause}
        (visit,) = visits(
            [entered(0, "TrainModel"), event(1, "TaskFailed", taskFailedEventDetails=failed)]
        )
        assert visit.failure == expected


def test_an_execution_that_ends_inside_a_state_breaks_it() -> None:
    (visit,) = visits([entered(0, "TrainModel"), event(60, "ExecutionTimedOut")])
    assert (visit.passage, visit.seconds) == (Passage.BROKEN, 60.0)


def test_the_batch_job_is_known_once_it_is_submitted() -> None:
    told = {"output": '{"JobArn": "arn:x", "JobId": "42ab", "JobName": "train"}'}
    (visit,) = visits(
        [entered(0, "TrainModel"), event(1, "TaskSubmitted", taskSubmittedEventDetails=told)]
    )
    assert visit.job_id == "42ab"


def test_no_history_is_no_step() -> None:
    assert visits([]) == []


def a_round(second: float, jobs: int, ended: int, *, last: bool = True) -> list[dict[str, Any]]:
    """Events of a round's jobs, the first of which fails; only some of them have ended."""
    failed = {"error": "Batch.JobFailed", "cause": "Host EC2 terminated"}
    events = [
        entered(second, "RunTrials", "Map"),
        event(second, "MapStateStarted", mapStateStartedEventDetails={"length": jobs}),
    ]
    for number in range(jobs):
        events += [
            event(second, "MapIterationStarted"),
            entered(second, "RunJob"),
            event(second, "TaskScheduled"),
        ]
        if number < ended:
            told = [event(second, "TaskFailed", taskFailedEventDetails=failed)] * (number == 0)
            exited = [event(second, "TaskStateExited"), event(second, "MapIterationSucceeded")]
            events += [*told, *exited]
    return [*events, *([event(second + 1, "MapStateExited")] if last else [])]


def proposed(second: float) -> list[dict[str, Any]]:
    return [
        entered(second, "ProposeTrials"),
        event(second, "TaskScheduled"),
        event(second + 1, "TaskStateExited"),
        entered(second + 1, "DecideOnSearch", "Choice"),
    ]


def test_a_search_is_one_step_whatever_becomes_of_its_jobs() -> None:
    rounds = [*proposed(0), *a_round(1, 3, 3), *proposed(4), *a_round(5, 2, 2), *proposed(8)]
    first, second = visits([*rounds, entered(9.5, "TrainModel")])
    assert (first.title, first.seconds, first.passage) == ("Search", 9.5, Passage.LEFT)
    assert (first.rounds, first.failure, first.progress) == (2, "", "2 rounds")
    assert (second.state, second.passage) == ("TrainModel", Passage.INSIDE)


def test_a_search_that_runs_says_how_far_it_is() -> None:
    events = [*proposed(0), *a_round(1, 3, 3), *proposed(4), *a_round(5, 4, 1, last=False)]
    told = [visits(events[:count])[-1].progress for count in range(1, len(events) + 1)]
    assert told[0] == "proposing round 1"
    assert told[len(proposed(0)) + len(a_round(1, 3, 3)) - 2] == "round 1, 3 of 3 jobs ended"
    assert "proposing round 2" in told
    assert told[-1] == "round 2, 1 of 4 jobs ended"
    (search,) = visits(events)
    assert search.passage is Passage.INSIDE


def test_a_search_that_fails_is_told_with_its_cause() -> None:
    failed = {"error": "TrainingFailed", "cause": "none of 3 trials was completed"}
    again = [
        entered(4, "ProposeTrials"),
        event(4, "TaskScheduled"),
        event(5, "TaskFailed", taskFailedEventDetails=failed),
        event(5, "TaskStateExited"),
        entered(6, "ConcludeRun"),
    ]
    search, _ = visits([*proposed(0), *a_round(1, 1, 1), *again])
    assert (search.passage, search.seconds) == (Passage.BROKEN, 6)
    assert search.failure == "TrainingFailed: none of 3 trials was completed"


def test_a_search_that_is_cut_off_ends_with_its_workflow() -> None:
    events = [*proposed(0), *a_round(1, 2, 0, last=False), event(7, "ExecutionAborted")]
    (search,) = visits(events)
    assert (search.passage, search.seconds) == (Passage.BROKEN, 7)
