"""A drafted spec, as values: decisions, and the doubts about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perennial.data.source import SourceFacts
from perennial.spec import FeatureType, Task


@dataclass(frozen=True, slots=True)
class Leak:
    """A column that may know the target."""

    column: str
    why: str
    certain: bool  # enough to leave it out until a person takes it back


@dataclass(frozen=True, slots=True)
class DraftFeature:
    """A feature as drafted."""

    name: str
    type: FeatureType
    nullable: bool
    minimum: float | None
    maximum: float | None
    categories: tuple[str, ...] | None
    seen: str  # what the data holds, in words
    hints: tuple[str, ...]  # doubts


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a first spec says."""

    target: str
    task: Task
    positive_class: str | None
    id_column: str | None
    time_column: str | None
    rows_in_order_of_time: bool
    features: tuple[DraftFeature, ...]
    excluded: Mapping[str, str]  # and why
    sensitive: tuple[str, ...]  # suspected by name
    markers: tuple[str, ...]  # suspected missing markers, beyond the usual ones
    rows: int  # looked at
    facts: SourceFacts

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a person should look at, one sentence each."""
        found = [f"{name} {why}; it is excluded." for name, why in self.excluded.items()]
        if self.id_column is not None:
            found.append(f"{self.id_column} seems to identify the rows.")
        if self.time_column is not None:
            found.append(f"{self.time_column} seems to say when each row came to be.")
        found += [f"{one.name} {hint}." for one in self.features for hint in one.hints]
        if self.markers:
            shown = ", ".join(repr(marker) for marker in self.markers)
            found.append(f"{shown} seems to mean a missing value.")
        found += [f"{name} may be sensitive." for name in self.sensitive]
        return tuple(found)
