"""The section of a spec that says which columns tell of persons, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from perennial.spec.text import ColumnName

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

Found = tuple[tuple[str | int, ...], str]  # where in the spec, and what is wrong there
# What callers of the endpoint name persons by. It may stand in `pii` without being a column.
ENTITY = "entity_id"


class Treatment(StrEnum):
    """What becomes of the values of a column before anything is stored."""

    DROP = "drop"
    PSEUDONYMISE = "pseudonymise"


class Privacy(BaseModel):
    """Columns that identify persons, and how they are dropped or replaced."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    pii: dict[ColumnName, Treatment] = Field(
        default_factory=dict,
        description="Columns that identify persons: `drop` or `pseudonymise`, by column; "
        "`entity_id` means what callers of the endpoint name persons by.",
    )
    person: ColumnName | None = Field(
        default=None,
        description="The column that says whose row it is, by the names callers give as "
        "`entity_id`: what `perennial forget` looks for.",
    )
    learned: tuple[ColumnName, ...] = Field(
        default=(),
        description="Columns of `pii` that are features on purpose: the model learns from "
        "pseudonyms.",
    )

    @property
    def pseudonymised(self) -> tuple[str, ...]:
        """The columns whose values are replaced."""
        return tuple(name for name, of in self.pii.items() if of is Treatment.PSEUDONYMISE)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The columns that are never read."""
        return tuple(name for name, of in self.pii.items() if of is Treatment.DROP)

    @property
    def entity_column(self) -> str:
        """The column by whose name the ids of entities are pseudonymised.

        With `person` it is that one, so that a person has one pseudonym in training files, in
        requests and in outcomes.
        """
        return self.person or ENTITY

    @property
    def entities(self) -> Treatment | None:
        """What becomes of the ids of entities; None where they are kept as they are."""
        return self.pii.get(ENTITY) or self.pii.get(self.entity_column)

    @property
    def names_persons(self) -> bool:
        """Whether rows of a person can be found: by a column, or by what callers name."""
        return self.person is not None or self.entities is Treatment.PSEUDONYMISE

    @property
    def needs_key(self) -> bool:
        """Whether pseudonyms are made for this model: in its data, or to look for a person."""
        return bool(self.pseudonymised) or self.names_persons


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What cannot stand beside each other, each with its place."""
    for column, treatment in spec.privacy.pii.items():
        where = ("privacy", "pii", column)
        if treatment is Treatment.DROP:
            yield from _dropped(spec, column, where)
        else:
            yield from _replaced(spec, column, where)
    yield from _learned(spec)
    yield from _person(spec)


def _dropped(spec: ModelSpec, column: str, where: tuple[str, ...]) -> Iterator[Found]:
    if column in spec.columns:
        told = "is needed by this spec, so it cannot be dropped; pseudonymise it"
        yield where, f"{column!r} {told}"
    if column == ENTITY and spec.privacy.person is not None:
        yield where, f"{column!r} names the person, so it cannot be dropped; pseudonymise it"


def _replaced(spec: ModelSpec, column: str, where: tuple[str, ...]) -> Iterator[Found]:
    if column in (spec.target, spec.time_column):
        yield where, f"{column!r} is the target or the time column, which have no pseudonyms"
    elif column in spec.features:
        yield from _as_feature(spec, column, where)
    elif column not in spec.columns and column != ENTITY:
        told = "is in no dataset: only id, person and features are kept; drop it"
        yield where, f"{column!r} {told}"


def _as_feature(spec: ModelSpec, column: str, where: tuple[str, ...]) -> Iterator[Found]:
    feature = spec.features[column]
    if column not in spec.privacy.learned:
        told = "is a feature: a model that is to learn from it needs it in privacy.learned"
        yield where, f"{column!r} {told}"
    if feature.type.value != "category":
        yield where, f"{column!r} is a {feature.type.value}; only categories have pseudonyms"
    elif feature.categories is not None:
        told = "has pseudonyms for values, so its categories cannot be listed"
        yield where, f"{column!r} {told}"


def _learned(spec: ModelSpec) -> Iterator[Found]:
    for place, column in enumerate(spec.privacy.learned):
        where = ("privacy", "learned", place)
        if column not in spec.features:
            yield where, f"{column!r} is no feature"
        elif column not in spec.privacy.pseudonymised:
            yield where, f"{column!r} is not pseudonymised in privacy.pii"
    if len(set(spec.privacy.learned)) < len(spec.privacy.learned):
        yield ("privacy", "learned"), "names a column twice"


def _person(spec: ModelSpec) -> Iterator[Found]:
    person = spec.privacy.person
    if person is None:
        return
    if person in spec.features:
        yield ("privacy", "person"), f"{person!r} is a feature; a model must not learn who it is"
    elif person in (spec.target, spec.time_column):
        yield ("privacy", "person"), f"{person!r} is the target or the time column"
    elif person in spec.excluded:
        yield ("privacy", "person"), f"{person!r} is excluded, so that no row would bear it"
