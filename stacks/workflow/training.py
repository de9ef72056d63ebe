"""The training workflow: from an uploaded object to a version in service, or to why not."""

from __future__ import annotations

import json
from dataclasses import dataclass

from perennial.spec.tuning import MOST_MINUTES

from stacks.workflow import approval, search
from stacks.workflow.card import write_card
from stacks.workflow.states import (
    CONCLUDE,
    RUN,
    State,
    call,
    decide,
    expression,
    invocation,
    run_job,
)

_WITH_RUN_URI = expression(f"$merge([{RUN}, {{'run_uri': $validation.run_uri}}])")

_SEARCHED = "$states.input.outcome = 'ACCEPTED' and $states.input.search"

# Of a candidate that is not registered nobody else keeps them.
_METRICS: State = {"metrics": expression("$states.input.metrics")}


@dataclass(frozen=True)
class Timeouts:
    """Seconds after which a step is given up.

    Attributes:
        read: for the functions that read whole files.
        write: for the functions that write a few records.
        train: for the training job, its time in the queue and its retries included.
        queue: that a job may wait for capacity.
    """

    read: int
    write: int
    train: int
    queue: int

    @property
    def total(self) -> int:
        """For an execution: all steps one after the other, their retries, a search, and people."""
        steps = 3 * self.read + 8 * self.write + self.train
        return steps + 3600 + 60 * MOST_MINUTES + approval.LONGEST


def definition(timeouts: Timeouts) -> str:
    """The workflow as Amazon States Language, with placeholders for functions and job."""
    return json.dumps(
        {
            "Comment": "Perennial: train, evaluate, register and serve one object version",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": timeouts.total,
            "StartAt": "BeginRun",
            "States": _states(timeouts),
        }
    )


def _states(timeouts: Timeouts) -> dict[str, State]:
    return {
        # Every path may read the variables, one that fails in the first task too.
        "BeginRun": {
            "Type": "Pass",
            "Assign": {"seconds": {}, "usage": {}, "serves": False, "waits": 0},
            "Next": "ValidateData",
        },
        "ValidateData": call(
            "ValidateData",
            timeout=timeouts.read,
            payload=expression(RUN),
            assign={"validation": expression("$states.result.Payload")},
            then="DecideOnData",
        ),
        "DecideOnData": decide(
            (_SEARCHED, search.FIRST, search.BEGIN),
            ("$states.input.outcome = 'ACCEPTED'", "TrainModel", None),
            ("$states.input.outcome = 'REJECTED'", CONCLUDE, _ended("REJECTED")),
            default="RunFailed",
        ),
        **search.states(write=timeouts.write, queue=timeouts.queue, then="TrainModel"),
        "TrainModel": run_job(
            "TrainModel",
            timeout=timeouts.train,
            parameters={"run_uri": expression("$validation.run_uri")},
            # Where the container says why it gave up: a job's own status has an exit code only.
            failed={"run_uri": expression("$validation.run_uri")},
            then="EvaluateModel",
        ),
        "EvaluateModel": call(
            "EvaluateModel",
            timeout=timeouts.read,
            payload=_WITH_RUN_URI,
            then="DecideOnCandidate",
        ),
        "DecideOnCandidate": decide(
            ("$states.input.outcome = 'PASSED'", "RegisterVersion", None),
            ("$states.input.outcome = 'GATED'", CONCLUDE, _ended("GATED") | _METRICS),
            default="RunFailed",
        ),
        **_put_in_service(timeouts),
        **_endings(timeouts),
    }


def _put_in_service(timeouts: Timeouts) -> dict[str, State]:
    return {
        "RegisterVersion": call(
            "RegisterVersion",
            timeout=timeouts.write,
            payload=_WITH_RUN_URI,
            then="SetRoute",
        ),
        "SetRoute": call(
            "SetRoute",
            timeout=timeouts.write,
            payload=expression(f"$merge([{RUN}, $states.input])"),
            assign=approval.ROUTED,
            output={"status": "SUCCEEDED", "reason": approval.WHY},
            then=CONCLUDE,
        ),
    }


def _endings(timeouts: Timeouts) -> dict[str, State]:
    """However a run ends, it is concluded; data or a candidate that is refused is no failure."""
    conclude = call(
        CONCLUDE,
        timeout=timeouts.write,
        payload=expression(
            f"$merge([{{'run_id': {RUN}.run_id, 'model': {RUN}.model, "
            "'seconds': $seconds, 'usage': $usage}, $states.input])"
        ),
        output=expression("$states.input"),
        then="DecideOnEnd",
    )
    # A rule on the execution's end concludes the run when this state itself cannot.
    conclude["Catch"] = [
        {
            "ErrorEquals": ["States.ALL"],
            "Output": {
                "status": "FAILED",
                "reason": expression(f"'{CONCLUDE}: ' & $states.errorOutput.Error"),
            },
            "Next": "RunFailed",
        }
    ]
    return {
        CONCLUDE: conclude,
        "DecideOnEnd": decide(
            ("$states.input.status != 'FAILED' and $serves", "ProveRoute", None),
            ("$states.input.status = 'SUCCEEDED'", "WriteCard", None),
            ("$states.input.status != 'FAILED'", "RunEnded", None),
            default="RunFailed",
        ),
        # After the conclusion: an endpoint may believe its route for five seconds, and neither the
        # next run nor whoever waits for this one needs to. What is not proven is taken back by what
        # acts on alarms, which hears of the end of every execution.
        "ProveRoute": {
            **invocation(
                "ProveRoute", timeout=timeouts.write, payload={"model": expression(f"{RUN}.model")}
            ),
            "Next": "WriteCard",
        },
        "WriteCard": write_card(timeout=timeouts.read, then=approval.FIRST),
        **approval.states(write=timeouts.write),
        "RunEnded": {"Type": "Succeed"},
        "RunFailed": {
            "Type": "Fail",
            "Error": "RunFailed",
            "Cause": expression(
                "$exists($states.input.reason) ? $states.input.reason : 'unknown outcome'"
            ),
        },
    }


def _ended(status: str) -> State:
    return {"status": status, "reason": expression("$states.input.reason")}
