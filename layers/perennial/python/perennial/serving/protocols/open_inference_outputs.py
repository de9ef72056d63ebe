"""The tensors an Open Inference response is made of."""

from __future__ import annotations

import json

from perennial.serving.protocols.open_inference_tensors import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from perennial.serving.answered import Answered

PREDICT, PROBABILITIES = "predict", "predict_proba"  # as runtimes of scikit-learn call them
CONTRIBUTIONS, BASE_VALUE = "contributions", "base_value"
REASONS = frozenset((CONTRIBUTIONS, BASE_VALUE))  # only where they are asked for


def requested_outputs(names: Sequence[str], classes: Sequence[str] | None) -> list[str]:
    """The outputs to answer with: those named, or all but the reasons.

    Raises:
        Problem: the model has no output of a name, or it is named twice.
    """
    standard = [PREDICT] if classes is None else [PREDICT, PROBABILITIES]
    there_are = [*standard, CONTRIBUTIONS, BASE_VALUE]
    if not all(name in there_are for name in names):
        raise refused(f"`outputs` can name {', '.join(there_are)} of this model.")
    if len(set(names)) != len(names):
        raise refused("`outputs` names an output twice.")
    return list(names) or standard


def metadata_outputs(classes: Sequence[str] | None) -> list[dict[str, object]]:
    """The outputs as the model's metadata states them."""
    if classes is None:
        return [{"name": PREDICT, "datatype": "FP64", "shape": [-1, 1]}]
    return [
        {"name": PREDICT, "datatype": "BYTES", "shape": [-1, 1]},
        {"name": PROBABILITIES, "datatype": "FP64", "shape": [-1, len(classes)]},
    ]


def output_tensors(answered: Answered, outputs: Sequence[str]) -> list[dict[str, object]]:
    """The tensors of an answer, in the order they were asked for."""
    return [_MAKERS[name](name, answered) for name in outputs]


def _predict(name: str, answered: Answered) -> dict[str, object]:
    values = answered.predictions.values
    datatype = "FP64" if answered.predictions.classes is None else "BYTES"
    return {"name": name, "datatype": datatype, "shape": [len(values), 1], "data": values}


def _probabilities(name: str, answered: Answered) -> dict[str, object]:
    classes = answered.predictions.classes or ()
    return {
        "name": name,
        "datatype": "FP64",
        "shape": [len(answered.predictions), len(classes)],
        "parameters": {"classes": json.dumps(classes)},  # a parameter is a scalar
        "data": list(answered.predictions.scores),
    }


def _contributions(name: str, answered: Answered) -> dict[str, object]:
    outputs = _reasons(answered)
    data = [one["contribution"] for output in outputs for one in output["contributions"]]
    rows = len(answered.predictions)
    classes, features = len(outputs) // rows, len(outputs[0]["contributions"])
    shape = [rows, features] if classes == 1 else [rows, classes, features]
    return {"name": name, "datatype": "FP64", "shape": shape, "data": data}


def _base_value(name: str, answered: Answered) -> dict[str, object]:
    data = [output["base_value"] for output in _reasons(answered)]
    rows = len(answered.predictions)
    return {"name": name, "datatype": "FP64", "shape": [rows, len(data) // rows], "data": data}


def _reasons(answered: Answered) -> list[Any]:
    """The reasons of each row, and within it of each class where a model has a margin for each."""
    found: list[Any] = []
    for reason in answered.reasons or ():
        document = reason.document(0)
        by_class = isinstance(document.get("base_value"), dict | None)  # a label can be any text
        found.extend(document.values() if by_class else [document])
    return found


_MAKERS: dict[str, Callable[[str, Answered], dict[str, object]]] = {
    PREDICT: _predict,
    PROBABILITIES: _probabilities,
    CONTRIBUTIONS: _contributions,
    BASE_VALUE: _base_value,
}
