"""The rollout workflow: look, judge and move on, until a version serves or is given up."""

from __future__ import annotations

import json

from stacks.workflow.approval import WAITING, pause, waiting
from stacks.workflow.states import RUN, State, decide, expression, invocation

_YEAR = 31_536_000  # seconds, the longest an execution may last
_STEPPED = "$stepped"


def definition(*, look: int, write: int) -> str:
    """The workflow as Amazon States Language, with placeholders for functions.

    Args:
        look: seconds after which a step is given up.
        write: seconds after which a proof, or telling people, is given up.
    """
    return json.dumps(
        {
            "Comment": "Perennial: bring a version into service step by step",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": _YEAR,
            "StartAt": "StepRollout",
            "States": {**_looking(look), **_asking(write), **_ending(write)},
        }
    )


def _looking(look: int) -> dict[str, State]:
    step = invocation("StepRollout", timeout=look, payload=expression(RUN))
    return {
        "StepRollout": {
            **step,
            # Somebody else changed the rollout at this very moment: look again.
            "Retry": [
                *_several(step["Retry"]),
                {
                    "ErrorEquals": ["Conflict"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 4,
                    "BackoffRate": 2,
                },
            ],
            "Assign": {
                "stepped": expression("$states.result.Payload"),
                "version": expression("$states.result.Payload.version"),
                "waits": expression("$states.result.Payload.ask_seconds"),
            },
            "Output": expression("$states.result.Payload"),
            "Next": "DecideOnRollout",
        },
        "DecideOnRollout": decide(
            ("$states.input.status = 'RUNNING'", "WaitForTraffic", None),
            ("$states.input.ask_seconds > 0", WAITING[0], None),
            ("$states.input.prove", "ProveRoute", None),
            default="TellPeople",
        ),
        "WaitForTraffic": {
            "Type": "Wait",
            "Seconds": expression("$states.input.wait_seconds"),
            "Next": "StepRollout",
        },
    }


def _asking(write: int) -> dict[str, State]:
    """Where the spec has come to ask for an approval; the next look finds what people said."""
    return {
        **waiting(write=write, then="DecideOnApproval"),
        # Asking failed, or whoever ended the wait had decided nothing.
        "DecideOnApproval": decide(
            ("$states.input.status = 'PENDING'", "WaitToAskAgain", None), default="StepRollout"
        ),
        "WaitToAskAgain": pause("StepRollout"),
    }


def _ending(write: int) -> dict[str, State]:
    """Who is told hears of the end of a rollout whether or not it could be proven."""
    return {
        "ProveRoute": {
            **invocation(
                "ProveRoute", timeout=write, payload={"model": expression(f"{RUN}.model")}
            ),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "TellPeople"}],
            "Next": "TellPeople",
        },
        # Alarms are looked at again, too: something may have waited for the rollout to end.
        "TellPeople": {
            **invocation(
                "TellPeople",
                timeout=write,
                payload={
                    "model": expression(f"{RUN}.model"),
                    "notice": expression(f"{_STEPPED}.notice"),
                },
            ),
            "Output": expression(_STEPPED),
            "Next": "RolloutLeft",
        },
        "RolloutLeft": {"Type": "Succeed"},
    }


def _several(retries: object) -> list[object]:
    return list(retries) if isinstance(retries, list) else []
