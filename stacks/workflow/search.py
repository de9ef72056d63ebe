"""The part of the training workflow that searches for hyperparameters, round by round.

A round is proposed by a function, run by a Map of jobs, and settled by the function that proposes
the next one. A job that fails costs its own trials and no others.
"""

from __future__ import annotations

from stacks.workflow.states import RUN, State, call, decide, expression, run_job, used

BEGIN: State = {"round": 0}  # the input of the first state
FIRST = "ProposeTrials"
_RUN_URI = "$validation.run_uri"


def states(*, write: int, queue: int, then: str) -> dict[str, State]:
    """The states of a search.

    Args:
        write: seconds after which proposing is given up.
        queue: seconds that a job may wait for capacity.
        then: the state after the search, which has the same input as without one.
    """
    return {
        FIRST: call(
            FIRST,
            timeout=write,
            payload={
                "run_id": expression(f"{RUN}.run_id"),
                "model": expression(f"{RUN}.model"),
                "run_uri": expression(_RUN_URI),
                "round": expression("$states.input.round"),
                "usage": expression("$usage"),
            },
            then="DecideOnSearch",
        )
        | {"Assign": {"seconds": _clock(FIRST)}},
        "DecideOnSearch": decide(
            ("$states.input.outcome = 'TRIALS'", "RunTrials", None), default=then
        ),
        "RunTrials": _round(queue),
    }


def _round(queue: int) -> State:
    """All jobs of a round, some at a time; what they found lies beside the run."""
    job = _job(queue)
    return {
        "Type": "Map",
        "Items": expression("$states.input.jobs"),
        "MaxConcurrency": expression("$states.input.concurrency"),
        "ItemSelector": {
            "job": expression("$states.context.Map.Item.Value"),
            "timeout": expression("$states.input.timeout"),
            "run_uri": expression(_RUN_URI),
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": "RunJob",
            "States": {"RunJob": job, "JobLost": {"Type": "Pass", "End": True}},
        },
        "Catch": run_job("RunTrials", timeout=1, parameters={}, failed={}, then=FIRST)["Catch"],
        "Assign": {"seconds": _clock("RunTrials"), "usage": expression(used("$states.result"))},
        "Output": {"round": expression("$states.input.round")},
        "Next": FIRST,
    }


def _job(queue: int) -> State:
    """One job; whatever becomes of it, the round goes on."""
    job = run_job("RunTrials", timeout=1, parameters={}, failed={}, then="")
    given = "$states.input.job"
    command = [
        "--run-uri",
        expression("$states.input.run_uri"),
        "--round",
        expression(f"{given}.round"),
        "--trials",
        expression(f"{given}.trials"),
    ]
    arguments = {
        "JobName": expression(f"'trials-' & {RUN}.run_id"),
        "JobQueue": "${RunTrialsQueue}",
        "JobDefinition": "${RunTrialsJob}",
        "ContainerOverrides": {"Command": command},
        "Timeout": {"AttemptDurationSeconds": expression("$states.input.timeout")},
    }
    return {
        "Type": "Task",
        "Resource": job["Resource"],
        "Arguments": arguments,
        "TimeoutSeconds": expression(f"{queue} + 3 * $states.input.timeout"),
        "Retry": job["Retry"],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Output": _lost(given), "Next": "JobLost"},
        ],
        "Output": _ended(),
        "End": True,
    }


def _ended() -> State:
    """What is counted of a job, and nothing else: a history has room for so much only."""
    return {
        "Container": {
            "ResourceRequirements": expression("$states.result.Container.ResourceRequirements")
        },
        "Attempts": expression(
            "[$states.result.Attempts.{'StartedAt': StartedAt, 'StoppedAt': StoppedAt}]"
        ),
    }


def _lost(given: str) -> State:
    """The same of a job that failed: counted from when it was asked for, so never too little."""
    return {
        "Container": {
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": expression(f"{given}.vcpus")},
                {"Type": "MEMORY", "Value": expression(f"{given}.memory")},
            ]
        },
        "Attempts": [
            {
                "StartedAt": expression("$toMillis($states.context.State.EnteredTime)"),
                "StoppedAt": expression("$millis()"),
            }
        ],
    }


def _clock(name: str) -> str:
    """The seconds of all states so far, those of a state that came again added up."""
    took = "($millis() - $toMillis($states.context.State.EnteredTime)) / 1000"
    return expression(f"$merge([$seconds, {{'{name}': $sum([$seconds.{name}, {took}])}}])")
