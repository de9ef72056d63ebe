"""What one feature may be, as the artifact states it: row schema and encoder table in one.

Standard library only, and no dataclasses: the predict function imports this at every cold start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NUMBER = "number"
INTEGER = "integer"
CATEGORY = "category"
BOOLEAN = "boolean"
TIMESTAMP = "timestamp"
TEXT = "text"  # no number by itself: columns are made of it
TYPES = (NUMBER, INTEGER, CATEGORY, BOOLEAN, TIMESTAMP, TEXT)

REJECT = "reject"
MISSING = "missing"

# A float32 holds every whole number up to here, so every category has a code of its own.
MOST_CATEGORIES = 2**24


class FeatureSchema:
    """One feature: its type, its limits and, for a category, the order that gives the codes."""

    __slots__ = ("categories", "maximum", "minimum", "name", "nullable", "type", "unseen")

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002
        *,
        nullable: bool = False,
        minimum: float | None = None,
        maximum: float | None = None,
        categories: Sequence[str] | None = None,
        unseen: str = REJECT,
    ) -> None:
        if type not in TYPES:
            raise ValueError(f"{name}: no such feature type: {type}")
        if (categories is not None) is not (type == CATEGORY):
            raise ValueError(f"{name}: a category, and nothing else, lists its categories")
        if categories is not None and len(categories) > MOST_CATEGORIES:
            raise ValueError(f"{name}: more than {MOST_CATEGORIES} categories")
        self.name = name
        self.type = type
        self.nullable = nullable
        self.minimum = minimum
        self.maximum = maximum
        self.categories = None if categories is None else tuple(categories)
        self.unseen = unseen

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> FeatureSchema:
        """One entry of `features` in `artifact.json`.

        Raises:
            KeyError, TypeError, ValueError: it is no such entry.
        """
        return cls(**document)  # type: ignore[arg-type]

    @property
    def sources(self) -> tuple[str, ...]:
        """The features it is made of: itself."""
        return (self.name,)

    def to_json(self) -> dict[str, object]:
        """The entry of `features` in `artifact.json`."""
        return {
            "name": self.name,
            "type": self.type,
            "nullable": self.nullable,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "categories": None if self.categories is None else list(self.categories),
            "unseen": self.unseen,
        }


class ColumnSchema(FeatureSchema):
    """A column that is made of features, and that only the model sees; it may always be missing."""

    __slots__ = ("sources",)

    def __init__(self, name: str, type: str, sources: Sequence[str]) -> None:  # noqa: A002
        super().__init__(name, type, nullable=True)
        self.sources: tuple[str, ...] = tuple(sources)
