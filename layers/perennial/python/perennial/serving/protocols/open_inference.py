"""The Open Inference Protocol, version 2, over HTTP with JSON: what runtimes of KServe speak.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
`docs/protocols.md` lists what of it is spoken, and the tensors of a model.
"""

from __future__ import annotations

import perennial
from perennial.features.columns import Columns
from perennial.serving.gateway import refuse_query, reply
from perennial.serving.problems import INTERNAL_ERROR, MAX_ERRORS, Problem
from perennial.serving.protocols.long_answers import written
from perennial.serving.protocols.open_inference_outputs import (
    REASONS,
    metadata_outputs,
    output_tensors,
    requested_outputs,
)
from perennial.serving.protocols.open_inference_tensors import ACCEPTED, Tensor, columns_of, refused
from perennial.serving.rows import read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perennial.serving.answered import Answered
    from perennial.serving.gateway import Call
    from perennial.serving.models import Models
    from perennial.serving.ports import Served

_LIVE, _READY = "/v2/health/live", "/v2/health/ready"
# MLServer names by these how a tensor is to be read; these read it as it stands. Others, such as
# `base64`, would change what the elements mean.
CONTENT_TYPES = ("np", "pd", "dict", "str", "datetime")
_UNSUPPORTED = {
    "binary_data_size": "binary tensor data",
    "shared_memory_region": "shared memory",
    "classification": "classification",
    "sequence_id": "sequences",
}


class Inference(Columns):
    """The columns of an inference request, and how its answer is wanted."""

    __slots__ = ("id", "outputs")

    def __init__(
        self, values: Mapping[str, Sequence[object]], count: int, id_: str, outputs: Sequence[str]
    ) -> None:
        super().__init__(values, count)
        self.id = id_
        self.outputs = outputs


def rows(call: Call, served: Served) -> Inference:
    """The columns of an inference request.

    Raises:
        Problem: it is no inference request, or not for this model.
    """
    refuse_query(call, "reasons and probabilities are asked for in `outputs`")
    if call.headers.get("inference-header-content-length"):
        raise refused("The extension for binary tensor data is not supported; send `data` in JSON.")
    request = read_json(call)
    if not isinstance(request, dict):
        raise refused("An inference request is an object with `inputs`.")
    id_ = request.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise refused("`id` must be a string.")
    _check_parameters(request, "The request")
    tensors = _inputs(request.get("inputs"))
    outputs = _outputs(request.get("outputs"), served)
    if not REASONS.isdisjoint(outputs):
        call.explain = 0  # features left out: none
    columns = columns_of(tensors, served.engine.artifact.encoder.features)
    return Inference(columns, tensors[0].rows, call.request_id if id_ is None else id_, outputs)


def document(answered: Answered, call: Call) -> Mapping[str, object] | str:
    """The inference response."""
    del call
    asked = answered.table
    assert isinstance(asked, Inference)  # noqa: S101  rows() has made it
    response = {
        "model_name": answered.model,
        "model_version": str(answered.version),
        "id": asked.id,
        "parameters": {
            "request_id": answered.request_id,
            "artifact_digest": answered.digest,
        },
        "outputs": output_tensors(answered, asked.outputs),
    }
    return written(response, answered)


def problem(problem: Problem, call: Call) -> dict[str, object]:
    """An error as the protocol has it: one text, and a status that is not 200.

    The protocol knows no 422: whatever is wrong with a request is a 400.
    """
    status = problem.kind.status
    detail = problem.detail
    if problem.kind is INTERNAL_ERROR:
        detail = f"It has been logged under the id {call.request_id}."
    places = [f"row {one.row}, `{one.field}`: {one.reason}" for one in problem.errors[:MAX_ERRORS]]
    text = " ".join([f"{problem.kind.title}.", detail, "; ".join(places)]).rstrip()
    return reply(400 if status == 422 else status, {"error": text}, headers=problem.headers)


def describe(call: Call, models: Models) -> Mapping[str, object]:
    """Health and metadata, of the server or of a model.

    Raises:
        PerennialError: the model is not there or not ready.
    """
    if call.resource == _LIVE:
        return {"live": True}
    if call.resource == _READY:
        # The specification's text says `live`, KServe's and its clients' models say `ready`.
        return {"live": True, "ready": True}
    if not call.path_model:
        return {"name": "perennial", "version": perennial.__version__, "extensions": []}
    served = models.find(call.path_model, call.path_version)
    if call.resource.endswith("/ready"):
        return {"name": call.path_model, "ready": True}
    return _metadata(call.path_model, served)


def _metadata(model: str, served: Served) -> dict[str, object]:
    artifact = served.engine.artifact
    return {
        "name": model,
        "versions": [str(served.version)],
        "platform": f"perennial_{artifact.manifest['engine']['kind']}",
        "inputs": [
            {"name": feature.name, "datatype": ACCEPTED[feature.type][0], "shape": [-1, 1]}
            for feature in artifact.encoder.features
        ],
        "outputs": metadata_outputs(artifact.classes),
    }


def _inputs(inputs: object) -> list[Tensor]:
    if not isinstance(inputs, list) or not inputs:
        raise refused("`inputs` must be an array of at least one tensor.")
    tensors = []
    for number, tensor in enumerate(inputs):
        place = f"Tensor {number} of `inputs`"
        if not isinstance(tensor, dict):
            raise refused(f"{place} is no object.")
        _check_parameters(tensor, place)
        tensors.append(Tensor(tensor, place))
    return tensors


def _outputs(outputs: object, served: Served) -> list[str]:
    if outputs is not None and not isinstance(outputs, list):
        raise refused("`outputs` must be an array.")
    names = []
    for number, output in enumerate(outputs or []):
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            raise refused(f"Output {number} of `outputs` has no `name`.")
        _check_parameters(output, f"Output {number} of `outputs`")
        names.append(name)
    return requested_outputs(names, served.engine.artifact.classes)


def _check_parameters(holder: Mapping[str, object], place: str) -> None:
    """Refuse parameters that would change what data means; the protocol lets others be ignored."""
    parameters = holder.get("parameters")
    if parameters is None:
        return
    if not isinstance(parameters, dict):
        raise refused(f"{place}: `parameters` must be an object.")
    for name, what in _UNSUPPORTED.items():
        if name in parameters:
            raise refused(f"{place}: the extension for {what} (`{name}`) is not supported.")
    if parameters.get("content_type", "np") not in CONTENT_TYPES:
        supported = ", ".join(CONTENT_TYPES)
        raise refused(f"{place}: the parameter `content_type` can be one of {supported}.")
