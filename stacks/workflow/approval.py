"""The part of a workflow in which a version waits for people: of training, and of a rollout.

A run is concluded by then, so that the next one trains meanwhile. `$waits` says for how many
seconds a decision is waited for, `$version` about what. What was decided is looked up in the
registry, not taken from whoever ends the wait: the token by which a workflow goes on lets nothing
into service.
"""

from __future__ import annotations

from stacks.workflow.states import RUN, State, decide, expression, invocation

FIRST, _ASK = "DecideOnWait", "AskForApproval"
WAITING = (_ASK, "SettleApproval")  # the states that call one function: in any workflow,
ASKING = (*WAITING, "TellNotServed")  # and in that of training
_PAUSE = 300  # seconds; what cannot be asked now is not asked thousands of times
LONGEST = 90 * 86_400  # seconds; a spec can say no more

_ROUTE = "$states.result.Payload"
# What `SetRoute` leaves: whether a proof is due (a rollout proves its version once it is promoted),
# and for how many seconds people are waited for, if at all.
ROUTED = {
    "serves": expression(f"$not($exists({_ROUTE}.rollout_id) or $exists({_ROUTE}.waits))"),
    "waits": expression(f"$exists({_ROUTE}.waits) ? {_ROUTE}.waits : 0"),
    "version": expression("$states.input.version"),
}
WHY = expression(f"$exists({_ROUTE}.waits) ? 'the version waits for an approval' : ''")

_WAITS = f"{_ROUTE}.status = 'PENDING' ? {_ROUTE}.seconds : 0"
_SUBJECT: State = {"model": expression(f"{RUN}.model"), "version": expression("$version")}


def states(*, write: int) -> dict[str, State]:
    """The states from the question to the version in service, or to its end.

    Args:
        write: seconds after which a function that writes a few records is given up.
    """
    return {
        FIRST: decide(("$waits > 0", _ASK, None), default="RunEnded"),
        **waiting(write=write, then="DecideOnApproval"),
        "DecideOnApproval": decide(
            ("$states.input.status = 'APPROVED'", "SetApprovedRoute", None),
            # Asking failed, or whoever ended the wait had decided nothing.
            ("$states.input.status = 'PENDING'", "WaitToAskAgain", None),
            # The card says what was decided.
            default="WriteCard",
        ),
        "WaitToAskAgain": pause(_ASK),
        **_served(write),
    }


def waiting(*, write: int, then: str) -> dict[str, State]:
    """The question to people, the wait for what they say, and how it stands after that.

    Args:
        write: seconds after which a function that writes a few records is given up.
        then: the state after it, whose input is what `SettleApproval` found.
    """
    return {
        _ASK: {
            **_asked(),
            # However the wait ends: by a decision, a newer version, or because its time is over.
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "SettleApproval"}],
            "Output": {},
            "Next": "SettleApproval",
        },
        "SettleApproval": {
            **invocation("SettleApproval", timeout=write, payload={**_SUBJECT, "step": "settle"}),
            "Assign": {"waits": expression(_WAITS)},
            "Output": expression("$states.result.Payload"),
            "Next": then,
        },
    }


def pause(then: str) -> State:
    """The wait before what could not be asked is asked again."""
    return {"Type": "Wait", "Seconds": _PAUSE, "Next": then}


def _asked() -> State:
    asked = invocation(
        _ASK,
        timeout=0,
        payload={
            **_SUBJECT,
            "step": "ask",
            "token": expression("$states.context.Task.Token"),
        },
    )
    return {
        **asked,
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "TimeoutSeconds": expression("$waits"),
    }


def _served(write: int) -> dict[str, State]:
    return {
        "SetApprovedRoute": {
            **invocation(
                "SetApprovedRoute",
                timeout=write,
                payload=expression(
                    f"$merge([{RUN}, {{'version': $version, 'by': $states.input.by, "
                    "'reason': $states.input.reason}])"
                ),
            ),
            "Assign": {
                "serves": ROUTED["serves"],
            },
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Output": {"reason": expression("$states.errorOutput.Error")},
                    "Next": "TellNotServed",
                }
            ],
            "Output": {},
            "Next": "DecideOnProof",
        },
        "DecideOnProof": decide(("$serves", "ProveRoute", None), default="WriteCard"),
        "TellNotServed": {
            **invocation(
                "TellNotServed",
                timeout=write,
                payload={
                    **_SUBJECT,
                    "step": "tell",
                    "reason": expression("$states.input.reason"),
                },
            ),
            "Output": {"reason": "an approved version could not be put in service"},
            "Next": "RunFailed",
        },
    }
