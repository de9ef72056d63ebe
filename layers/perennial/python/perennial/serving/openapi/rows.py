"""One model's rows as JSON Schema (2020-12), and a row that its endpoint accepts.

Of a sensitive feature only the type is told: limits, categories and examples are its values.
"""

from __future__ import annotations

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.learned import Learned
    from perennial.spec import Feature, ModelSpec

MOST_CATEGORIES = 200  # listed for one feature; a document of megabytes is of no use to anyone
_INTEGERS = (-(2**63), 2**63 - 1)
_MOMENT = "2026-01-01T00:00:00Z"
_WORDS = "A few words."
_JSON_TYPES = {
    "number": "number",
    "integer": "integer",
    "category": "string",
    "boolean": "boolean",
    "timestamp": "string",
    "text": "string",
}

Schema = dict[str, object]


class DocumentedModel:
    """One deployed model: its spec, and what training learned, once it has a version in service."""

    __slots__ = ("learned", "spec")

    def __init__(self, spec: ModelSpec, learned: Learned | None) -> None:
        self.spec = spec
        self.learned = learned

    def categories(self, feature: str) -> Sequence[str] | None:
        """The categories that may be told; None where there are none, or none are known yet."""
        if feature in (*self.spec.sensitive, *self.spec.privacy.learned):
            return None  # pseudonyms are no values that callers know
        known = self.learned.categories.get(feature) if self.learned else None
        return self.spec.features[feature].categories or known

    @property
    def classes(self) -> Sequence[str] | None:
        """The labels that may be told; None before the first training, and of a number."""
        if self.learned is None or self.spec.target in self.spec.sensitive:
            return None
        return self.learned.classes


def row_schema(model: DocumentedModel) -> Schema:
    """What a row of a model must be."""
    features = model.spec.features
    schema: Schema = {
        "title": f"A row of {model.spec.name}",
        "type": "object",
        "properties": {name: value_schema(model, name) for name in features},
        "additionalProperties": False,
    }
    required = [name for name, feature in features.items() if not feature.nullable]
    if required:
        schema["required"] = required
    example = example_row(model)
    if example is not None:
        schema["examples"] = [example]
    return schema


def example_row(model: DocumentedModel) -> dict[str, object] | None:
    """A row the model accepts; None where no such row can be told.

    That is so before a training has learned the categories of a feature, and where every allowed
    value of a sensitive feature would give something of its limits or categories away.
    """
    row: dict[str, object] = {}
    for name, feature in model.spec.features.items():
        value = _example(model, name, feature)
        if value is not None:
            row[name] = value
        elif not feature.nullable:
            return None
    return row


def value_schema(model: DocumentedModel, name: str) -> Schema:
    """What the value of a feature must be, with one that is accepted, where it can be told."""
    feature = model.spec.features[name]
    kind = feature.type.value
    json_type = _JSON_TYPES[kind]
    schema: Schema = {"type": [json_type, "null"] if feature.nullable else json_type}
    told = [feature.description] if feature.description else []
    if kind == "timestamp":
        schema["format"] = "date-time"
    if name in model.spec.sensitive:
        told.append("Sensitive: what it may be is not shown.")
    elif name in model.spec.privacy.learned:
        told.append("Send the value as it is: a pseudonym takes its place.")
    elif kind in ("number", "integer"):
        schema |= _limits(feature)
    elif kind == "category":
        told += _categories(schema, model.categories(name), feature)
    if told:
        schema["description"] = " ".join(told)
    example = _example(model, name, feature)
    if example is not None:
        schema.setdefault("examples", [example])
    return schema


def _limits(feature: Feature) -> Schema:
    """The bounds of a number; whole ones without a fraction, as a person would write them."""
    low, high = feature.minimum, feature.maximum
    if feature.type.value == "integer":
        low = _INTEGERS[0] if low is None else max(low, _INTEGERS[0])
        high = _INTEGERS[1] if high is None else min(high, _INTEGERS[1])
    limits = {"minimum": low, "maximum": high}
    return {name: _plain(limit) for name, limit in limits.items() if limit is not None}


def _categories(schema: Schema, known: Sequence[str] | None, feature: Feature) -> list[str]:
    """Put the categories into a schema; what is left to say about them in words."""
    if known is None:
        return ["Its categories are known once the model has been trained."]
    if feature.unseen.value == "missing":
        schema["examples"] = list(known[:MOST_CATEGORIES])
        return ["A category that is not among the examples counts as a missing value."]
    if len(known) > MOST_CATEGORIES:
        schema["examples"] = list(known[:MOST_CATEGORIES])
        return [f"One of {len(known)} categories; GET /v1/models/{{model}} lists them."]
    schema["enum"] = [*known, None] if feature.nullable else list(known)
    return []


def _example(model: DocumentedModel, name: str, feature: Feature) -> object:
    """A value that is accepted and tells nothing it should not; None where there is none."""
    kind = feature.type.value
    if kind == "boolean":
        return False
    if kind == "timestamp":
        return _MOMENT
    if kind == "text":
        return _WORDS
    if kind == "category":
        known = model.categories(name)
        return known[0] if known else None
    if name in model.spec.sensitive:
        # A value made of the limits would tell them; these two stand for nothing.
        return next((value for value in (0, 1) if _fits(feature, value)), None)
    return _between(feature)


def _between(feature: Feature) -> float | None:
    """A plain number within the limits: the middle, shortened where that is allowed."""
    low, high = feature.minimum, feature.maximum
    if low is None and high is None:
        return 1
    if low is None or high is None:
        middle = low if low is not None else high
    else:
        middle = low + (high - low) / 2
    assert middle is not None  # noqa: S101  one of the limits is there
    whole = feature.type.value == "integer"
    tries = (float(f"{middle:.3g}"), float(int(middle)), middle, low, high)
    fitting = (_plain(value) for value in tries if value is not None and _fits(feature, value))
    return next((value for value in fitting if not whole or isinstance(value, int)), None)


def _fits(feature: Feature, value: float) -> bool:
    low, high = feature.minimum, feature.maximum
    return (low is None or low <= value) and (high is None or value <= high)


def _plain(value: float) -> float:
    """A number as JSON shows it best: without `.0`."""
    return int(value) if float(value).is_integer() and abs(value) < 2**64 else value
