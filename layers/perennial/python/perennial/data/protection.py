"""Puts pseudonyms where a column holds persons, before anything else looks at its values."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from perennial.data.columns import ColumnType
from perennial.data.conversion import convert
from perennial.data.csv_reader import Chunk
from perennial.errors import MissingSetting
from perennial.privacy.pseudonyms import Pseudonyms


def protected(chunk: Chunk, columns: Collection[str], pseudonyms: Pseudonyms | None) -> Chunk:
    """The rows of a file with pseudonyms in the columns named, as far as it has them.

    Raises:
        MissingSetting: there are such columns and nothing to make pseudonyms with.
    """
    if not columns:
        return chunk
    table = protected_table(chunk.table, columns, pseudonyms)
    return Chunk(table, chunk.first_row, chunk.lines)


def protected_table(
    table: pa.Table, columns: Collection[str], pseudonyms: Pseudonyms | None
) -> pa.Table:
    """A table with pseudonyms in the columns named, as far as it has them.

    Raises:
        MissingSetting: there are such columns and nothing to make pseudonyms with.
    """
    for name in columns:
        if name not in table.column_names:
            continue
        if pseudonyms is None:
            raise MissingSetting(f"{name!r} is to be pseudonymised, and there is no key for it")
        chunks = [replaced(one, name, pseudonyms) for one in table.column(name).chunks]
        kind = pa.dictionary(pa.int32(), pa.string())
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.chunked_array(chunks, kind))
    return table


def replaced(column: pa.Array, name: str, pseudonyms: Pseudonyms) -> pa.DictionaryArray:
    """The values of a column as pseudonyms, in codes; what cannot be text is missing then.

    A value is taken as the label it would be: a whole number as its digits, as in a CSV file.
    """
    values = convert(column, ColumnType.CATEGORY).values
    if not pa.types.is_dictionary(values.type):
        values = values.cast(pa.string()).dictionary_encode()
    texts = [
        None if one is None else pseudonyms.of(one, name) for one in values.dictionary.to_pylist()
    ]
    again = pa.array(texts, pa.string()).dictionary_encode()
    # Two values may have one pseudonym, where one of them is a pseudonym already.
    codes = again.indices.take(values.indices)
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), again.dictionary)
