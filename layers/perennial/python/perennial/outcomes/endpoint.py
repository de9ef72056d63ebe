"""`POST /v1/models/{model}/outcomes`: from API Gateway's event to its response."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from perennial.errors import RowProblem, Unavailable, UnknownModel
from perennial.outcomes.concealment import concealed
from perennial.outcomes.message import messages_of
from perennial.outcomes.rules import rules_of, why_none
from perennial.outcomes.taking import Taken, take
from perennial.serving.gateway import Call, refuse_query, reply, reply_problem
from perennial.serving.openapi.outcomes import MAX_OUTCOMES, OUTCOMES
from perennial.serving.problems import (
    INVALID_OUTCOMES,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    TOO_MANY_ROWS,
    UNKNOWN_PATH,
    Problem,
    problem_of,
)
from perennial.serving.rows import read_json
from perennial.settings import SpecStore

_FORM = 'Send an object: {"outcomes": [{"prediction_id": ..., "outcome": ...}, ...]}.'


class Queue(Protocol):
    """Where outcomes wait to be written. `perennial.adapters.sqs` is it on AWS."""

    def send(self, messages: Sequence[str]) -> list[bool]:
        """Send messages; whether each of them is stored.

        Raises:
            Unavailable: it did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """What is needed to take outcomes.

    Attributes:
        specs: the deployed models.
        classes: the labels a model's version in service knows; None without one.
        queue: gets what is taken.
        clock: the present moment, UTC.
        counted: is told model, how many were taken, refused, and bear a new label.
        log_failure: gets what is not the caller's doing.
    """

    specs: SpecStore
    classes: Callable[[str], Sequence[str] | None]
    queue: Queue
    clock: Callable[[], datetime]
    counted: Callable[[str, Taken], None]
    log_failure: Callable[[Exception], None]


def respond(event: Mapping[str, object], door: Door) -> dict[str, object]:
    """The proxy response to a proxy event; errors are responses, never exceptions."""
    call = Call(event)
    try:
        return _answer(call, door)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            door.log_failure(error)
        return reply_problem(problem, call.request_id)


def _answer(call: Call, door: Door) -> dict[str, object]:
    if call.resource != OUTCOMES:
        raise Problem(UNKNOWN_PATH, f"There is POST {OUTCOMES}.")
    if call.method != "POST":
        raise Problem(METHOD_NOT_ALLOWED, "Outcomes are sent by POST.", headers={"Allow": "POST"})
    refuse_query(call, "outcomes stand in the body")
    if call.path_model not in door.specs.models():
        raise UnknownModel(f"no model named {call.path_model!r} is deployed")
    spec = door.specs.spec_of(call.path_model)
    if why := why_none(spec):
        raise Problem(INVALID_REQUEST, why)
    documents = _documents(read_json(call), call.path_model)
    now = door.clock()
    taken = take(documents, rules_of(spec, door.classes(spec.name), now))
    if not taken.outcomes:
        raise Problem(INVALID_OUTCOMES, "Nothing was taken.", errors=_errors(taken))
    kept = concealed(spec.privacy, taken.outcomes)
    messages = messages_of(spec.name, call.request_id, now, kept)
    if not all(door.queue.send(messages)):
        raise Unavailable("not all outcomes could be put into the queue")
    door.counted(spec.name, taken)
    refused = [{"index": place, "reason": reason} for place, reason in taken.refused]
    return reply(202, {"accepted": len(taken.outcomes), "rejected": refused})


def _documents(document: object, model: str) -> list[object]:
    if not isinstance(document, dict) or set(document) != {"outcomes"}:
        raise Problem(INVALID_REQUEST, _FORM)
    outcomes = document["outcomes"]
    if not isinstance(outcomes, list) or not outcomes:
        raise Problem(INVALID_REQUEST, _FORM)
    if len(outcomes) > MAX_OUTCOMES:
        told = f"At most {MAX_OUTCOMES} outcomes are taken in one request; more go into a file "
        raise Problem(TOO_MANY_ROWS, f"{told}below outcomes/{model}/ of the data bucket.")
    return outcomes


def _errors(taken: Taken) -> list[RowProblem]:
    return [RowProblem(place, "", reason) for place, reason in taken.refused]
