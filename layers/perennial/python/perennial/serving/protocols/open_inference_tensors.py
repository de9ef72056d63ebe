"""The tensors of an Open Inference request, read into columns of features.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
What the protocol leaves to the server is read strictly: shape, count and datatype must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perennial.features.schema import BOOLEAN, CATEGORY, INTEGER, NUMBER, TEXT, TIMESTAMP
from perennial.serving.problems import INVALID_REQUEST, TOO_MANY_ROWS, Problem
from perennial.serving.rows import MAX_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.features.schema import FeatureSchema

INTEGERS = {
    **{f"INT{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
}
FLOATS = ("FP16", "FP32", "FP64")
_NUMERIC = ("BOOL", *INTEGERS, *FLOATS)
DATATYPES = (*_NUMERIC, "BYTES")
# What a tensor of one feature may be; the first is what the model's metadata names.
ACCEPTED = {
    NUMBER: ("FP64", "FP32", "FP16", *INTEGERS),
    INTEGER: ("INT64", *(name for name in INTEGERS if name != "INT64"), *FLOATS),
    BOOLEAN: _NUMERIC,
    CATEGORY: ("BYTES", "BOOL", *INTEGERS),
    TIMESTAMP: ("BYTES",),
    TEXT: ("BYTES",),
}
# Python types a datatype has in JSON; null, which is missing, is one of every datatype's.
_ELEMENTS: dict[str, set[type]] = {
    "BOOL": {bool},
    "BYTES": {str},
    **{name: {int} for name in INTEGERS},
    **{name: {int, float} for name in FLOATS},
}
_LARGEST_SIZE = 2**63 - 1  # of a dimension; Python prints no number of thousands of digits
_LONGEST_NAME = 128  # characters of a caller's name that are repeated to it


class Tensor:
    """One input tensor: what it says of itself, and its elements in row-major order."""

    __slots__ = ("data", "datatype", "name", "shape")

    def __init__(self, tensor: Mapping[str, object], place: str) -> None:
        """Read a tensor.

        Args:
            tensor: a member of `inputs`.
            place: names it where its own name cannot.

        Raises:
            Problem: name, shape, datatype and data are not all there, or do not agree.
        """
        name = tensor.get("name")
        if not isinstance(name, str):
            raise refused(f"{place} has no `name`.")
        self.name = name
        self.datatype = _datatype(tensor.get("datatype"), self.title)
        self.shape = _shape(tensor.get("shape"), self.title)
        self.data = _flat(tensor.get("data"), self.shape, self.title)
        _check_elements(self.data, self.datatype, self.title)

    @property
    def title(self) -> str:
        """How messages name it."""
        return f"Tensor `{self.name[:_LONGEST_NAME]}`"

    @property
    def rows(self) -> int:
        """The first dimension."""
        return self.shape[0]


def refused(detail: str) -> Problem:
    """What a request is told that is no inference request of this model."""
    return Problem(INVALID_REQUEST, detail)


def columns_of(
    tensors: Sequence[Tensor], features: Sequence[FeatureSchema]
) -> dict[str, Sequence[object]]:
    """The values of each feature: from a tensor of each, or from one matrix of all.

    Raises:
        Problem: a tensor is none of the model's, has another shape or datatype, or is missing.
    """
    known = {feature.name: feature for feature in features}
    if len(tensors) == 1 and tensors[0].name not in known and len(tensors[0].shape) == 2:
        return _matrix(tensors[0], features)
    columns: dict[str, Sequence[object]] = {}
    for tensor in tensors:
        if tensor.name not in known:
            raise refused(f"{tensor.title} is no input of this model.")
        if tensor.name in columns:
            raise refused(f"{tensor.title} is there twice.")
        columns[tensor.name] = _column(tensor, known[tensor.name], tensors[0].rows)
    for feature in features:
        if feature.name not in columns and not feature.nullable:
            raise refused(f"Tensor `{feature.name}` is missing.")
    return columns


def _column(tensor: Tensor, feature: FeatureSchema, rows: int) -> Sequence[object]:
    if tensor.shape[1:] not in ([], [1]):
        raise refused(f"{tensor.title} must have the shape [rows] or [rows, 1].")
    if tensor.rows != rows:
        raise refused(f"{tensor.title} has not as many rows as the first one.")
    if tensor.datatype not in ACCEPTED[feature.type]:
        names = ", ".join(ACCEPTED[feature.type])
        raise refused(f"{tensor.title} is of type {feature.type}: its datatype is one of {names}.")
    return _typed(tensor.data, feature)


def _matrix(tensor: Tensor, features: Sequence[FeatureSchema]) -> dict[str, Sequence[object]]:
    """The columns of one tensor [rows, features], as runtimes of XGBoost take it."""
    width = len(features)
    if any(feature.type in (CATEGORY, TIMESTAMP, TEXT) for feature in features):
        detail = "one tensor for all is for models with numbers only; send one for each feature."
        raise refused(f"{tensor.title} is no input of this model: {detail}")
    if tensor.datatype not in _NUMERIC:
        raise refused(f"{tensor.title} must have a numeric datatype.")
    if tensor.shape[1] != width:
        raise refused(f"{tensor.title} must have the shape [rows, {width}].")
    return {
        feature.name: _typed(tensor.data[position::width], feature)
        for position, feature in enumerate(features)
    }


def _typed(values: Sequence[object], feature: FeatureSchema) -> Sequence[object]:
    """Numbers as what they are for the feature: 0 and 1 truth values, 3.0 an integer."""
    if feature.type == BOOLEAN:
        return [bool(value) if value in (0, 1) else value for value in values]
    if feature.type == INTEGER and float in {*map(type, values)}:
        # The encoder would do the same, value by value: five times as slow.
        return [int(v) if type(v) is float and v.is_integer() else v for v in values]
    return values


def _datatype(datatype: object, title: str) -> str:
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise refused(f"{title} must have a `datatype`: one of {', '.join(DATATYPES)}.")
    return datatype


def _shape(shape: object, title: str) -> list[int]:
    if (
        not isinstance(shape, list)
        or len(shape) not in (1, 2)
        or any(type(size) is not int or not 0 <= size <= _LARGEST_SIZE for size in shape)
    ):
        raise refused(f"{title} must have a `shape` of one or two whole numbers.")
    if shape[0] == 0:
        raise refused(f"{title} must have at least one row.")
    if shape[0] > MAX_ROWS:
        detail = f"At most {MAX_ROWS} rows are answered in one request; {title} has more."
        raise Problem(TOO_MANY_ROWS, detail)
    return shape


def _flat(data: object, shape: list[int], title: str) -> list[object]:
    """The elements in row-major order, from either of the two forms the protocol allows."""
    if not isinstance(data, list):
        raise refused(f"{title} must have its elements in `data`, an array.")
    if len(shape) == 2 and len(data) == shape[0] and all(type(row) is list for row in data):
        if any(len(row) != shape[1] for row in data):
            raise refused(f"{title}: each row in `data` must have {shape[1]} elements.")
        return [element for row in data for element in row]
    size = shape[0] * (shape[1] if len(shape) == 2 else 1)
    if len(data) != size:
        raise refused(f"{title}: `data` has {len(data)} elements where its shape has {size}.")
    return data


def _check_elements(data: list[object], datatype: str, title: str) -> None:
    kinds = {*map(type, data)}  # one pass in C: most tensors are of one kind
    kinds.discard(type(None))
    if not kinds <= _ELEMENTS[datatype]:
        raise refused(f"{title}: `data` has elements that are not {datatype}.")
    if kinds and datatype in INTEGERS:
        low, high = INTEGERS[datatype]
        if not all(value is None or low <= value <= high for value in data):  # type: ignore[operator]
            raise refused(f"{title}: `data` has elements beyond the range of {datatype}.")
