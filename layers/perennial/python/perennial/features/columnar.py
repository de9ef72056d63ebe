"""The encoder for columns: Arrow batches to the float32 matrix that rows would give, bit for bit.

Where a model sees other columns than a row has, `perennial.features.by_column` makes them.

It trusts types and limits, which validation has checked. A value the row encoder would refuse (a
category it does not know, a null where there must be none) becomes NaN; `answerable` tells which
rows hold one, so that a champion can be judged on data newer than itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perennial.features.by_column import Values, derive_all
from perennial.features.codec import LARGEST_FLOAT32, category_codes, code_of_spelling
from perennial.features.encoder import Encoder
from perennial.features.engineered import EngineeredEncoder
from perennial.features.schema import CATEGORY, REJECT, TEXT, TIMESTAMP, FeatureSchema

Matrix = npt.NDArray[np.float32]


_MOST_NUMBERS = 8 << 20  # of one type that are held at once: 64 MiB as float64


def most_rows(encoder: Encoder) -> int | None:
    """Rows to encode at once, where making columns takes memory of its own; None: any number."""
    if not isinstance(encoder, EngineeredEncoder):
        return None
    made = sum(len(step.outputs) for step in encoder.recipe.steps)
    return max(256, _MOST_NUMBERS // (len(encoder.features) + made + len(encoder)))


def encode(batch: pa.RecordBatch | pa.Table, encoder: Encoder) -> Matrix:
    """Float32 codes of a batch, shape [rows, columns]; missing is NaN.

    Raises:
        KeyError: the batch lacks a feature.
    """
    read = (read_column(batch.column(one.name), one) for one in encoder.features)
    return assembled(read, encoder, batch.num_rows)


def assembled(read: Iterable[Values], encoder: Encoder, rows: int) -> Matrix:
    """Float32 codes, shape [rows, columns].

    Args:
        read: what `read_column` gives, feature by feature; each is let go of when it is encoded,
            unless columns are made of it.
        encoder: of the model.
        rows: of each.
    """
    if isinstance(encoder, EngineeredEncoder):
        names = (one.name for one in encoder.features)
        known = derive_all(dict(zip(names, read, strict=True)), encoder.recipe.steps)
        read = (known[column.name] for column in encoder.columns)
    matrix = np.empty((rows, len(encoder)), dtype=np.float32)
    for position, values in enumerate(read):
        matrix[:, position] = values
    return matrix


def read_column(column: pa.Array | pa.ChunkedArray, feature: FeatureSchema) -> Values:
    """What steps are given of a feature, shape [rows]: its codes, or the texts themselves."""
    if feature.type == TEXT:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return whole.cast(pa.string())
    return encode_column(column, feature)


def encode_column(
    column: pa.Array | pa.ChunkedArray, feature: FeatureSchema
) -> npt.NDArray[np.float64] | Matrix:
    """Codes of one column, shape [rows]; missing is NaN."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if feature.type == CATEGORY:
        return _category(column, feature)
    if feature.type == TIMESTAMP:
        # Through whole microseconds, like the row encoder.
        column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        return _floats(column) / 1e6
    return np.clip(_floats(column), -LARGEST_FLOAT32, LARGEST_FLOAT32)


def answerable(
    batch: pa.RecordBatch | pa.Table, codes: Matrix, encoder: Encoder
) -> npt.NDArray[np.bool_]:
    """Which rows the row encoder would take, shape [rows]: nothing missing that must be there.

    Args:
        batch: the rows.
        codes: what `encode` made of them.
        encoder: the same.
    """
    answered = np.ones(len(codes), dtype=np.bool_)
    for position, feature in enumerate(encoder.features):
        if encoder.attribution is not None:
            missing = _missing(batch.column(feature.name), feature)
        else:
            missing = np.isnan(codes[:, position])
        if not feature.nullable and feature.unseen == REJECT:
            answered &= ~missing
        elif missing.any():
            null = batch.column(feature.name).is_null().to_numpy(zero_copy_only=False)
            refused = null if not feature.nullable else missing & ~null
            if not feature.nullable or feature.unseen == REJECT:
                answered &= ~refused
    return answered


def _missing(column: pa.Array | pa.ChunkedArray, feature: FeatureSchema) -> npt.NDArray[np.bool_]:
    """Where a feature has no code: the model may not see the code itself."""
    if feature.type == TEXT:
        null: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
        return null
    return np.isnan(encode_column(column, feature))


def _floats(column: pa.Array) -> npt.NDArray[np.float64]:
    """Float64 values: every type passes through float64, as a Python number does."""
    numbers = column if pa.types.is_floating(column.type) else column.cast(pa.float64(), safe=False)
    filled: npt.NDArray[np.float64] = (
        numbers.fill_null(np.nan) if numbers.null_count else numbers
    ).to_numpy(zero_copy_only=False)
    return filled.astype(np.float64, copy=False)


def _category(column: pa.Array, feature: FeatureSchema) -> Matrix:
    code_of = code_of_spelling(category_codes(feature))
    labels = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    # Without a code, None becomes NaN.
    codes = [None if label is None else code_of(label) for label in labels.dictionary.to_pylist()]
    table = np.array([*codes, None], dtype=np.float32)
    # A null takes the last entry of the table, which is NaN.
    positions = labels.indices.fill_null(len(table) - 1).to_numpy(zero_copy_only=False)
    taken: Matrix = table[positions]
    return taken
