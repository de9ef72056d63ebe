"""The JSON formats MLflow scores, as tables: frames of pandas and inputs of tensors."""

from __future__ import annotations

from perennial.errors import InvalidRows, RowProblem
from perennial.features.columns import Columns
from perennial.features.schema import CATEGORY, TIMESTAMP
from perennial.serving.problems import INVALID_REQUEST, TOO_MANY_ROWS, Problem
from perennial.serving.rows import MAX_ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from perennial.features.columns import Table
    from perennial.features.schema import FeatureSchema

    Features = Sequence[FeatureSchema]

SPLIT, RECORDS, INPUTS, INSTANCES = "dataframe_split", "dataframe_records", "inputs", "instances"
FORMATS = (SPLIT, RECORDS, INPUTS, INSTANCES)
PARAMS = "params"


def table_of(body: Mapping[str, object], features: Features) -> Table:
    """The rows of a body, with what pandas makes of missing values undone.

    Raises:
        Problem: it does not hold exactly one of MLflow's formats.
        InvalidRows: rows differ in width.
    """
    formats = [name for name in body if name != PARAMS]
    if len(formats) != 1 or formats[0] not in FORMATS:
        raise _refused(f"The body has exactly one of {', '.join(FORMATS)}, and maybe {PARAMS}.")
    (name,) = formats
    data = body[name]
    if name == SPLIT:
        return _split(data, features)
    if name == RECORDS:
        return _list(data, features, name, only=dict)
    return _by_name(data, features, name) if isinstance(data, dict) else _list(data, features, name)


def _split(frame: object, features: Features) -> Columns:
    if not isinstance(frame, dict) or not {"data"} <= frame.keys() <= {"index", "columns", "data"}:
        raise _refused(f"`{SPLIT}` is an object of `columns`, `data` and maybe `index`.")
    names = frame.get("columns")
    if names is None:
        names = [feature.name for feature in features]
    elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _refused(f"`columns` of `{SPLIT}` is an array of names.")
    elif len(set(names)) != len(names):
        raise _refused(f"`columns` of `{SPLIT}` has a name twice.")
    rows = frame["data"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise _refused(f"`data` of `{SPLIT}` is an array of rows, each an array.")
    check_count(len(rows))
    return _matrix(rows, names, features)


def _list(data: object, features: Features, name: str, only: type | None = None) -> Table:
    """Rows as objects, as arrays in the model's order, or as the values of a single feature."""
    if not isinstance(data, list):
        raise _refused(f"`{name}` is an array of rows.")
    check_count(len(data))
    kinds = {*map(type, data)}
    if kinds == {dict}:
        return _tidy_rows(data, features)
    if only is None and kinds == {list}:
        return _matrix(data, [feature.name for feature in features], features)
    if only is None and len(features) == 1 and not kinds & {dict, list}:
        return _columns({features[0].name: data}, len(data), features)
    raise _refused(f"The rows in `{name}` are objects, or all arrays in the order of the features.")


def _by_name(data: Mapping[str, Any], features: Features, name: str) -> Columns:
    """Columns by name; where each is a plain value, they are one row."""
    lists = [isinstance(values, list) for values in data.values()]
    if data and not any(lists):
        return _columns({key: [value] for key, value in data.items()}, 1, features)
    columns = {key: _flat(values) for key, values in data.items() if isinstance(values, list)}
    counts = {len(values) for values in columns.values()}
    if not all(lists) or len(counts) > 1:
        raise _refused(f"The columns in `{name}` are arrays of the same length.")
    count = max(counts, default=0)
    check_count(count)
    return _columns(columns, count, features)


def _flat(values: list[Any]) -> list[Any]:
    """A column, also where it came as a tensor [rows, 1]."""
    if all(isinstance(value, list) and len(value) == 1 for value in values):
        return [value[0] for value in values]
    return values


def _matrix(rows: list[list[object]], names: Sequence[str], features: Features) -> Columns:
    width = len(names)
    wrong = [number for number, row in enumerate(rows) if len(row) != width]
    if wrong:
        raise InvalidRows([RowProblem(n, "", f"must have {width} values") for n in wrong])
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if names else {}
    return _columns(columns, len(rows), features)


def _columns(values: dict[str, list[Any]], count: int, features: Features) -> Columns:
    for feature in _untidy(features):
        column = values.get(feature.name)
        if column is not None:
            values[feature.name] = [_tidy(value, feature) for value in column]
    return Columns(values, count)


def _tidy_rows(rows: list[dict[str, Any]], features: Features) -> list[dict[str, Any]]:
    for feature in _untidy(features):
        for row in rows:
            if feature.name in row:
                row[feature.name] = _tidy(row[feature.name], feature)
    return rows


def _untidy(features: Features) -> list[FeatureSchema]:
    return [feature for feature in features if feature.type in (CATEGORY, TIMESTAMP)]


def _tidy(value: Any, feature: FeatureSchema) -> Any:
    """A value as it was before pandas had it.

    A missing time is written as NaT, and a column of whole numbers with gaps becomes one of
    floats: the category 1 becomes 1.0.
    """
    if feature.type == TIMESTAMP:
        return None if value == "NaT" else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_count(count: int) -> None:
    """Hold a number of rows to the limits.

    Raises:
        Problem: it is 0, or more than are answered in one request.
    """
    if not count:
        raise _refused("There is no row in the body.")
    if count > MAX_ROWS:
        detail = f"At most {MAX_ROWS} rows are answered in one request; this one has {count}."
        raise Problem(TOO_MANY_ROWS, detail)


def _refused(detail: str) -> Problem:
    return Problem(INVALID_REQUEST, detail)
