"""The platform's own protocol: `{"rows": [...]}` in, one object per row out."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted

from perennial.serving.gateway import reply_problem
from perennial.serving.problems import INVALID_REQUEST, Problem
from perennial.serving.protocols.native_text import predictions_text
from perennial.serving.rows import read_rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perennial.serving.answered import Answered
    from perennial.serving.columns import Table
    from perennial.serving.gateway import Call
    from perennial.serving.models import Models
    from perennial.serving.ports import Reason, Served
    from perennial.serving.predictions import Prediction

_EXPLAIN_RESOURCE = "/v1/models/{model}/explain"
ALL_FEATURES = 0


def rows(call: Call, served: Served) -> Table:
    """The rows of a request; what the query asks for is noted in the call.

    Raises:
        Problem: the query or the body is not as it must be.
    """
    del served  # rows are checked by the engine
    _read_query(call)
    return read_rows(call)


def document(answered: Answered, call: Call) -> Mapping[str, object] | str:
    """The body of the answer: JSON as text, or with reasons as the object it is made of."""
    if answered.reasons is None:
        predictions = predictions_text(
            answered.predictions, answered.request_id, probabilities=call.probabilities
        )
        return (
            f'{{"model":"{answered.model}","version":{answered.version},'
            f'"artifact_digest":"{answered.digest}","request_id":{quoted(answered.request_id)},'
            f'"predictions":{predictions}}}'
        )
    explained = zip(answered.ids, answered.predictions, answered.reasons, strict=True)
    return {
        "model": answered.model,
        "version": answered.version,
        "artifact_digest": answered.digest,
        "request_id": answered.request_id,
        "predictions": [_told(*one, call) for one in explained],
    }


def document_of_both(parts: Sequence[Answered], call: Call) -> Mapping[str, object]:
    """The body of an answer to whose rows two versions have contributed, the champion first."""
    found: dict[int, dict[str, object]] = {}
    for part in parts:
        numbers = part.numbers or range(part.rows)
        reasons: Sequence[Reason | None] = part.reasons or [None] * len(numbers)
        told = zip(numbers, part.ids, part.predictions, reasons, strict=True)
        for number, name, answer, reason in told:
            found[number] = {**_told(name, answer, reason, call), "version": part.version}
    champion = parts[0]
    return {
        "model": champion.model,
        "version": champion.version,
        "artifact_digest": champion.digest,
        "request_id": champion.request_id,
        "predictions": [found[number] for number in range(champion.rows)],
    }


def problem(problem: Problem, call: Call) -> dict[str, object]:
    """An error as a problem document."""
    return reply_problem(problem, call.request_id)


def describe(call: Call, models: Models) -> Mapping[str, object]:
    """Nothing here is read by GET.

    Raises:
        Problem: always.
    """
    raise NotImplementedError(call.resource, models)


def _read_query(call: Call) -> None:
    if call.resource == _EXPLAIN_RESOURCE:
        call.explain = ALL_FEATURES
    if call.repeated:
        raise Problem(INVALID_REQUEST, f"The parameter `{call.repeated[:64]}` is given twice.")
    for name, value in call.query.items():
        if name == "explain":
            call.explain = _count(value)
        elif name == "probabilities":
            call.probabilities = _flag(value)
        else:
            raise Problem(INVALID_REQUEST, "There are the parameters `explain`, `probabilities`.")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) > 0):
        raise Problem(INVALID_REQUEST, "The parameter `explain` is a number of features from 1 on.")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise Problem(INVALID_REQUEST, "The parameter `probabilities` is `true` or `false`.")
    return text == "true"


def _told(name: str, answer: Prediction, reason: Reason | None, call: Call) -> dict[str, object]:
    prediction: dict[str, object] = {"id": name, "prediction": answer.value}
    if call.probabilities and answer.probabilities is not None:
        prediction["probabilities"] = answer.probabilities
    if reason is not None:
        prediction["explanation"] = reason.document(call.explain or ALL_FEATURES)
    return prediction
