"""Numbers the texts of a column in the order they are first seen, over all chunks of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MAXIMUM_TEXTS = 50_000
MISSING = -1
OVERFLOW = -2  # one of the texts beyond the limit

Codes = npt.NDArray[np.int32]


@dataclass(slots=True)
class Vocabulary:
    """Texts and their codes. Beyond `MAXIMUM_TEXTS` further texts share one code."""

    spelling: Callable[[str], str] = str  # brings a text to its canonical form
    texts: list[str] = field(default_factory=list)
    overflowed: bool = False
    _codes: dict[str, int] = field(default_factory=dict)
    _dictionary: pa.Array | None = None

    def dictionary(self) -> pa.Array:
        """The texts in the order of their codes."""
        if self._dictionary is None or len(self._dictionary) != len(self.texts):
            self._dictionary = pa.array(self.texts, pa.string())
        return self._dictionary

    def codes(self, chunks: Sequence[pa.DictionaryArray]) -> Codes:
        """Codes of the rows of dictionary-encoded chunks; `MISSING` for null."""
        if not chunks:
            return np.empty(0, np.int32)
        return np.concatenate([self._codes_of(chunk) for chunk in chunks])

    def _codes_of(self, chunk: pa.DictionaryArray) -> Codes:
        # The last place answers for null: its index is made -1.
        places = np.array(
            [*(self._code(text) for text in chunk.dictionary.to_pylist()), MISSING], np.int32
        )
        indices = chunk.indices
        if indices.null_count:
            indices = indices.fill_null(-1)
        codes: Codes = places[indices.to_numpy(zero_copy_only=False)]
        return codes

    def _code(self, text: str | None) -> int:
        if text is None:
            return MISSING
        known = self._codes.get(text)
        if known is not None:
            return known
        spelt = self.spelling(text)
        code = self._codes.get(spelt)
        if code is None:
            if len(self.texts) >= MAXIMUM_TEXTS:
                self.overflowed = True
                return OVERFLOW
            code = len(self.texts)
            self.texts.append(spelt)
            self._codes[spelt] = code
        self._codes[text] = code
        return code
