"""MLflow's scoring protocol: what `mlflow models serve` answers at `/invocations`.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#inference-server-specification
"""

from __future__ import annotations

from perennial.serving.gateway import refuse_query, reply
from perennial.serving.problems import INVALID_REQUEST, MEDIA_TYPE, Problem
from perennial.serving.protocols.long_answers import written
from perennial.serving.protocols.mlflow_frames import FORMATS, table_of
from perennial.serving.rows import read_json, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perennial.features.columns import Table
    from perennial.serving.answered import Answered
    from perennial.serving.gateway import Call
    from perennial.serving.models import Models
    from perennial.serving.ports import Served

CSV = "text/csv"
PROBABILITIES = "probabilities"
# MLflow's names for what went wrong, by status; mlflow/protos/databricks.proto.
ERROR_CODES = {
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "INVALID_STATE",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}


def rows(call: Call, served: Served) -> Table:
    """The rows of a scoring request, and in the call whether probabilities are asked for.

    Raises:
        Problem: the body is none of MLflow's formats, or there is a query.
        InvalidRows: its rows are not all of one width.
    """
    refuse_query(call, "probabilities are asked for in `params`")
    features = served.engine.artifact.encoder.features
    call.probabilities = False
    if call.headers.get("content-type", "").lower().startswith(CSV):
        from perennial.serving.protocols.mlflow_csv import columns_of  # most requests are JSON

        return columns_of(read_text(call, CSV), features)
    # MLflow's own clients write NaN for a missing value, though JSON has no such word.
    body = read_json(call, nan=True)
    if not isinstance(body, dict):
        raise Problem(INVALID_REQUEST, f"Send an object with one of {', '.join(FORMATS)}.")
    call.probabilities = _asks_probabilities(body.get("params"), served)
    return table_of(body, features)


def document(answered: Answered, call: Call) -> Mapping[str, object] | str:
    """The body of the answer: MLflow's `predictions`, and beside it what gave them."""
    predictions = answered.predictions
    document = {
        "predictions": [answer.probabilities for answer in predictions]
        if call.probabilities
        else predictions.values,
        "model": answered.model,
        "version": answered.version,
        "artifact_digest": answered.digest,
        "request_id": answered.request_id,
    }
    return written(document, answered)


def problem(problem: Problem, call: Call) -> dict[str, object]:
    """A problem document that is also an error as MLflow words it."""
    status = problem.kind.status
    words = {
        "error_code": ERROR_CODES.get(status, "BAD_REQUEST"),
        "message": f"{problem.kind.title}. {problem.detail}",
    }
    return reply(
        status,
        {**problem.document(call.request_id), **words},
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def describe(call: Call, models: Models) -> Mapping[str, object]:
    """Nothing here is read by GET.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(call.resource, models)


def _asks_probabilities(params: object, served: Served) -> bool:
    if params is None:
        return False
    if not isinstance(params, dict) or not params.keys() <= {PROBABILITIES}:
        raise Problem(INVALID_REQUEST, f"`params` is an object; it can hold `{PROBABILITIES}`.")
    asked = params.get(PROBABILITIES, False)
    if not isinstance(asked, bool):
        raise Problem(INVALID_REQUEST, f"The parameter `{PROBABILITIES}` is true or false.")
    if asked and served.engine.artifact.classes is None:
        raise Problem(INVALID_REQUEST, "A regression has no probabilities.")
    return asked
