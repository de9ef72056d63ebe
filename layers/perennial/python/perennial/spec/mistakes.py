"""Says what is wrong with a spec: where it stands, in words, and what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from perennial.spec.consistency import Contradictions
from perennial.spec.steps import TAGS
from perennial.spec.tuning import RANGE, VALUES
from perennial.spec.yaml_text import one_line

# What pydantic adds to a location for keys of mappings and members of unions.
_NOT_A_FIELD = ("[key]", "bool", "int", "float", "str")
_NUMBER = "must be a number"
# pydantic's words for programmers, in words for whoever writes a spec.
_WORDS = {
    "missing": "is required and missing",
    "model_type": "must be a mapping of fields",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list, such as [a, b]",
    "string_type": "must be text; put it in quotes to have it read as it stands here",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "must begin with a letter and have only lower-case letters, digits "
    "and dashes, at most 48 in all",
}


def explained(error: ErrorDetails, tree: yaml.Node, model: type[BaseModel]) -> Iterator[str]:
    """One error of pydantic as `line: field: what is wrong`, without the file's name."""
    cause = error.get("ctx", {}).get("error")
    location = _without_types(error["loc"])
    if isinstance(cause, Contradictions):
        for place, message in cause.found:
            yield placed(tree, (*location, *place), message)
        return
    yield placed(tree, location, _message(error, location, model))


def _without_types(location: Sequence[int | str]) -> tuple[int | str, ...]:
    """A location without what pydantic appends to name a key, or the member of a union."""
    kept = [part for part in location if part not in (RANGE, VALUES, *TAGS)]
    while len(kept) > 1 and kept[-1] in _NOT_A_FIELD:
        kept.pop()
    return tuple(kept)


def placed(tree: yaml.Node, location: Sequence[int | str], message: str) -> str:
    """A mistake as `line: field: what is wrong`."""
    field = ".".join(str(part) for part in location) or "spec"
    return one_line(f"{_line_of(tree, location)}: {field}: {message}")


def _message(error: ErrorDetails, location: Sequence[int | str], model: type[BaseModel]) -> str:
    kind = error["type"]
    given = str(error["input"])
    if kind == "extra_forbidden":
        return "no such field" + _nearest(str(location[-1]), _fields_at(location[:-1], model))
    if kind in ("enum", "literal_error"):
        allowed = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
        if len(allowed) > 1:
            return f"must be one of {', '.join(allowed)}" + _nearest(given, allowed)
        return f"can only be {allowed[0] if allowed else 'false'} in this release"
    if len(location) > 2 and _is_parameter(location):
        return "must be a number, text, true or false"
    if error["input"] is None and kind.endswith("_type"):
        return "has no value"
    words = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return _WORDS.get(kind, words)


def _is_parameter(location: Sequence[int | str]) -> bool:
    """Whether a value stands there that is handed to an estimator as it is."""
    if location[:2] == ("tuning", "search"):
        in_list = isinstance(location[-1], int) and "parameters" in location
        return in_list or "fixed" in location[:-1]
    return location[:2] == ("algorithm", "parameters")


def _nearest(word: str, candidates: Sequence[str]) -> str:
    match = difflib.get_close_matches(word.lower(), candidates, n=1, cutoff=0.5)
    return f"; did you mean {match[0]!r}?" if match else ""


def _fields_at(location: Sequence[int | str], model: Any) -> list[str]:
    """Names of the fields that may stand at a place in the spec."""
    for part in location:
        if isinstance(part, str) and _is_model(model) and part in model.model_fields:
            model = _innermost(model.model_fields[part].annotation)
    return list(dict.fromkeys(name for one in _models_in(model) for name in one.model_fields))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The model itself, or every member of a union of them."""
    if _is_model(annotation):
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from _models_in(inner)


def _innermost(annotation: Any) -> Any:
    """The model inside `dict[str, Model]`, `tuple[Model, ...]` or `Model | None`."""
    for inner in (annotation, *get_args(annotation)):
        if _is_model(inner):
            return inner
    return annotation


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _line_of(node: yaml.Node, location: Sequence[int | str]) -> int:
    """The line of the key or item at `location`, or of the nearest thing around it."""
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
