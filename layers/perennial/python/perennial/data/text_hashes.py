"""64-bit hashes of texts, computed eight bytes at a time for all rows at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from perennial.data.duplicates import Hashes, mix, seeds


def text_hashes(texts: pa.Array) -> Hashes:
    """A hash per text of a string array; null hashes like the empty text.

    Takes as many rounds as the longest text has words of eight bytes, each over the rows that
    are that long.
    """
    if not len(texts):
        return seeds(0)
    _, offsets_buffer, data_buffer = texts.buffers()
    first = texts.offset
    offsets = np.frombuffer(offsets_buffer, np.int32)[first : first + len(texts) + 1]
    offsets = offsets.astype(np.int64)
    starts, lengths = offsets[:-1], np.diff(offsets)
    data = np.frombuffer(data_buffer or b"", np.uint8)[: offsets[-1]]
    padded = np.concatenate([data, np.zeros(8, np.uint8)])
    words = np.ndarray(len(padded) - 7, "<u8", padded, strides=(1,))
    hashes = seeds(len(texts))
    mix(hashes, lengths.astype(np.uint64), np.empty_like(hashes))
    rows = np.flatnonzero(lengths > 0)
    taken = 0
    while len(rows):
        values = words[starts[rows] + taken].astype(np.uint64)
        spare = np.clip(8 - (lengths[rows] - taken), 0, 8).astype(np.uint64) * np.uint64(8)
        values = (values << spare) >> spare  # bytes beyond the text's end do not count
        part = hashes[rows]
        mix(part, values, np.empty_like(part))
        hashes[rows] = part
        taken += 8
        rows = rows[lengths[rows] > taken]
    return hashes
