"""Replaces whom outcomes are about before they go anywhere, as the predictions they belong to do.

Both sides make the same pseudonym of the same id, so that outcomes are still joined to what was
predicted about a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from perennial.privacy.deployed import pseudonyms
from perennial.spec.privacy import ENTITY, Privacy, Treatment

if TYPE_CHECKING:
    import pyarrow as pa

    from perennial.outcomes.taking import Outcome


def concealed(section: Privacy, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Outcomes as they may be kept.

    Raises:
        MissingSetting, Unavailable: pseudonyms are wanted, and the key cannot be had.
    """
    if section.entities is None:
        return list(outcomes)
    return [replace(one, entity_id=_entity(section, one.entity_id)) for one in outcomes]


def _entity(section: Privacy, entity: str | None) -> str | None:
    if entity is None or section.entities is Treatment.DROP:
        return None
    return pseudonyms().of(entity, section.entity_column)


def concealed_table(section: Privacy, table: pa.Table) -> pa.Table:
    """The same for a table with the column `entity_id`; raises as `concealed`."""
    if section.entities is None:
        return table
    import pyarrow as pa  # the door of the API has none

    column = table.column(ENTITY).combine_chunks().dictionary_encode()
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    texts = [_entity(section, one) for one in column.dictionary.to_pylist()]
    values = pa.array(texts, pa.string()).take(column.indices)
    return table.set_column(table.column_names.index(ENTITY), ENTITY, values)
