"""Rounds of audits: all models one after the other, over as many calls as that takes.

A call has a limited time. What it does not get to is left to the next one, which begins with it:
a model is given up only when a whole call is not enough for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from perennial.errors import PerennialError
from perennial.provenance.audit import Audit, OutOfTime

Examine = Callable[[str], Audit]  # raises OutOfTime, and errors of services


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round has come.

    Attributes:
        left: models that are still to be audited, in turn.
        findings: how many there were in the models before.
        unfinished: models whose audit did not come to its end, for lack of time or of an answer.
    """

    left: tuple[str, ...]
    findings: int = 0
    unfinished: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON; `round_of` reads it."""
        return asdict(self)


def round_of(event: Mapping[str, Any], models: Sequence[str]) -> Round:
    """The round that a call is to go on with; a new one over all models when it names none."""
    if "left" not in event:
        return Round(tuple(models))
    return Round(tuple(event["left"]), int(event["findings"]), tuple(event["unfinished"]))


def go_on(
    round_: Round,
    examine: Examine,
    *,
    found: Callable[[Audit], None],
    failed: Callable[[str, Exception], None],
) -> Round:
    """Audit the models that are left, until all are done or time is up.

    Args:
        round_: as it stands.
        examine: audits one model.
        found: is told of every audit that came to its end.
        failed: is told of every one that did not, and why.
    """
    for place, model in enumerate(round_.left):
        try:
            done = examine(model)
        except OutOfTime as error:
            if place:  # the next call gives it more time than there was
                return replace(round_, left=round_.left[place:])
            failed(model, error)
            return _without(round_, model, round_.left[1:])
        except PerennialError as error:
            failed(model, error)
            round_ = _without(round_, model, round_.left)
        else:
            found(done)
            round_ = replace(round_, findings=round_.findings + done.found)
    return replace(round_, left=())


def _without(round_: Round, model: str, left: tuple[str, ...]) -> Round:
    return replace(round_, left=left, unfinished=(*round_.unfinished, model))
