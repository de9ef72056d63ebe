"""Puts pseudonyms into what callers sent, for the model and for what is kept of a request.

Imported only where a model's spec or artifact asks for it: nobody else's cold start pays.
"""

from __future__ import annotations

from perennial.features.codec import Misfit, label_of
from perennial.features.columns import Columns
from perennial.privacy.deployed import pseudonyms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from perennial.serving.artifact import Artifact
    from perennial.serving.columns import Table
    from perennial.serving.entities import Entities
    from perennial.serving.ports import Engine, Reason
    from perennial.serving.predictions import Predictions

ENTITY = "entity_id"  # as `perennial.spec.privacy` has it
DROP = "drop"


class Concealing:
    """An engine whose model learned from pseudonyms, asked with values as callers know them."""

    def __init__(self, engine: Engine, columns: Sequence[str]) -> None:
        """Args: engine: of the version; columns: features that are pseudonyms to it."""
        self._engine = engine
        self._columns = columns

    @property
    def artifact(self) -> Artifact:
        """What the engine was made of."""
        return self._engine.artifact

    def predict(self, table: Table) -> Predictions:
        """One answer per row.

        Raises:
            InvalidRows: rows do not fit the model's schema.
            Unavailable: the key of pseudonyms cannot be had.
        """
        return self._engine.predict(concealed(table, self._columns))

    def explain(self, table: Table) -> Sequence[Reason]:
        """One reason per row; raises as `predict`."""
        return self._engine.explain(concealed(table, self._columns))


def concealed(table: Table, columns: Sequence[str]) -> Table:
    """The same rows with pseudonyms in these columns; what does not fit stays, to be refused."""
    if isinstance(table, Columns):
        return Columns({**table.values, **_hidden(table.values, columns)}, table.count)
    return [_row(row, columns) for row in table]


def _row(row: Mapping[str, object], columns: Sequence[str]) -> Mapping[str, object]:
    if not hasattr(row, "keys"):  # no object at all; the encoder says so
        return row
    of = pseudonyms().of
    return {**row, **{name: _concealed(row[name], name, of) for name in columns if name in row}}


def _hidden(
    values: Mapping[str, Sequence[object]], columns: Sequence[str]
) -> dict[str, list[object]]:
    of = pseudonyms().of
    return {
        name: [_concealed(value, name, of) for value in values[name]]
        for name in columns
        if name in values
    }


def _concealed(value: object, column: str, of: Callable[[str, str], str]) -> object:
    """The pseudonym of the label that a value is: of 4711 as of "4711", as in training data."""
    try:
        return None if value is None else of(label_of(value), column)
    except Misfit:
        return value


class Kept:
    """What may be kept of a request about persons."""

    __slots__ = ("_columns", "_drops", "_entity")

    def __init__(self, section: Mapping[str, Any]) -> None:
        """Args: section: `privacy` of a compiled spec."""
        pii = section.get("pii") or {}
        label = section.get("person") or ENTITY
        treatment = pii.get(ENTITY) or pii.get(label)
        self._columns = [name for name, of in pii.items() if of != DROP]
        self._entity = label if treatment and treatment != DROP else None
        self._drops = treatment == DROP

    def values(self, values: Mapping[str, Sequence[object]]) -> dict[str, Sequence[object]]:
        """The values of features, by column, as they may be kept.

        Raises:
            Unavailable: the key of pseudonyms cannot be had.
        """
        hidden = _hidden(values, self._columns)
        return {**values, **{name: list(map(_text, of)) for name, of in hidden.items()}}

    def entities(self, entities: Entities) -> Entities:
        """Whom or what the rows are about, as it may be kept; raises as `values`."""
        if entities is None or self._drops:
            return None
        if self._entity is None:
            return entities
        made = pseudonyms()
        if isinstance(entities, list):
            return [made.of(one, self._entity) for one in entities]
        return made.of(entities, self._entity)


def _text(value: object) -> object:
    """What became a pseudonym; what could not, as an older version may take it, is not kept."""
    return value if isinstance(value, str) else None
