"""The state that writes the model card of a registered version."""

from __future__ import annotations

from stacks.workflow.states import RUN, State, expression, invocation

_UNCHANGED = expression("$states.input")


def write_card(*, timeout: int, then: str) -> State:
    """A task that writes the card; a version without one serves all the same.

    It comes after what others wait for. Written again, it says what was decided meanwhile.

    Args:
        timeout: seconds after which the card is given up.
        then: the next state.
    """
    payload = expression(f"$merge([{RUN}, {{'run_uri': $validation.run_uri}}])")
    return {
        **invocation("WriteCard", timeout=timeout, payload=payload),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": _UNCHANGED, "Next": then}],
        "Output": _UNCHANGED,
        "Next": then,
    }
