"""The columns of a dataset as the spec wants them: role, type, limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import pyarrow as pa

from perennial.spec import Feature, FeatureType, ModelSpec, Task


class Role(StrEnum):
    """What a column is for."""

    ID = "id"
    PERSON = "person"
    TIME = "time"
    FEATURE = "feature"
    TARGET = "target"
    GROUP = "group"  # who a row is about, to compare groups by; the model never sees it


class ColumnType(StrEnum):
    """How a column is read. All but the last are those of features."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    TEXT = "text"  # identifiers too
    TIME = "time"  # a time column: timestamps, or numbers where the data has numbers


UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
CODES = pa.dictionary(pa.int32(), pa.string())
ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.NUMBER: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.CATEGORY: CODES,  # stored as text; codes while it is worked on
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: UTC_MICROSECONDS,
    ColumnType.TEXT: pa.string(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the dataset."""

    name: str
    role: Role
    type: ColumnType
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None  # the only ones allowed
    unseen_is_missing: bool = False
    sensitive: bool = False
    withheld: bool = False  # no problem shows a value: in a shifted row it may name a person


def columns_of(spec: ModelSpec) -> tuple[Column, ...]:
    """Columns of a model's datasets, in their order: id, person, time, features, target, groups."""
    found = []
    if spec.id_column is not None:
        found.append(Column(spec.id_column, Role.ID, ColumnType.TEXT))
    person = spec.privacy.person
    if person is not None and person != spec.id_column:
        found.append(Column(person, Role.PERSON, ColumnType.TEXT, nullable=True))
    elsewhere = {*spec.features, spec.id_column, spec.target}
    if spec.time_column is not None and spec.time_column not in elsewhere:
        found.append(Column(spec.time_column, Role.TIME, ColumnType.TIME))
    found += [_feature(name, feature) for name, feature in spec.features.items()]
    kind = ColumnType.NUMBER if spec.task is Task.REGRESSION else ColumnType.CATEGORY
    found.append(Column(spec.target, Role.TARGET, kind))
    found += [_group(name, spec) for name in spec.fairness.columns if name not in spec.features]
    return tuple(_marked(column, spec) for column in found)


def _group(name: str, spec: ModelSpec) -> Column:
    """Numbers where they are cut into bins, else labels; no message shows any, asked or not."""
    kind = ColumnType.NUMBER if name in spec.fairness.bins else ColumnType.CATEGORY
    return Column(name, Role.GROUP, kind, nullable=True)


def _feature(name: str, feature: Feature) -> Column:
    return Column(
        name,
        Role.FEATURE,
        ColumnType(FeatureType(feature.type).value),
        nullable=feature.nullable,
        minimum=feature.minimum,
        maximum=feature.maximum,
        categories=feature.categories,
        unseen_is_missing=feature.unseen.value == "missing",
    )


def _marked(column: Column, spec: ModelSpec) -> Column:
    texts = column.role is Role.FEATURE and column.type is ColumnType.TEXT  # may name anybody
    sensitive = column.name in spec.sensitive or column.role is Role.GROUP or texts
    return replace(column, sensitive=sensitive, withheld=sensitive or bool(spec.privacy.pii))
