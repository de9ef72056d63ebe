"""From the rows of a request to the response: what every way of answering has in common."""

from __future__ import annotations

from perennial.serving.answered import Answered
from perennial.serving.gateway import reply, reply_text
from perennial.serving.problems import ANSWER_TOO_LARGE, TOO_MANY_ROWS, Problem
from perennial.serving.rows import MAX_EXPLAINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perennial.serving.columns import Table
    from perennial.serving.gateway import Call
    from perennial.serving.ports import Protocol, Served

MAX_ANSWER = 6_000_000  # bytes; Lambda carries 6 MiB, with headers and all


def rows_of(protocol: Protocol, call: Call, served: Served) -> Table:
    """What a request asks, once it is known to be asked as it must be.

    Raises:
        Problem, InvalidRows: it is not.
    """
    table = protocol.rows(call, served)
    if call.explain is not None and len(table) > MAX_EXPLAINED:
        detail = f"Reasons are given for at most {MAX_EXPLAINED} rows in one request."
        raise Problem(TOO_MANY_ROWS, detail)
    return table


def answer_of(
    call: Call, served: Served, table: Table, protocol: str, rollout_id: str = ""
) -> Answered:
    """What a version says about rows.

    Args:
        call: the request.
        served: the version.
        table: the rows.
        protocol: the name of the module that speaks for the path.
        rollout_id: the rollout that the answer counts for; empty where it counts for none.

    Raises:
        Problem, InvalidRows: it cannot say anything about them.
    """
    engine = served.engine
    predictions = engine.predict(table)
    reasons = None if call.explain is None else engine.explain(table)
    return Answered(
        call.path_model,
        served,
        call.request_id,
        table,
        predictions,
        reasons,
        protocol,
        entities=call.entities,
        rollout_id=rollout_id,
    )


def carried(document: Mapping[str, object] | str) -> dict[str, object]:
    """The response with a document, which is JSON already where it is a text.

    Raises:
        Problem: it is larger than a response can be.
        ValueError: it holds a number that JSON does not have.
    """
    response = reply_text(document) if isinstance(document, str) else reply(200, document)
    body = str(response["body"])
    if len(body) * 2 > MAX_ANSWER and _size_of(body) > MAX_ANSWER:
        raise Problem(ANSWER_TOO_LARGE, f"It has over {MAX_ANSWER} bytes; send fewer rows.")
    return response


def _size_of(body: str) -> int:
    """Bytes of a body on its way out of Lambda, where it is a JSON text inside another."""
    return len(body) + body.count('"') + body.count("\\")
