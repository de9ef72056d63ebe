"""Numbers about a text: its length, its words, and its words hashed into columns.

Words are what lies between white space and punctuation, lower-cased by Unicode's case folding.
Each is counted in the column `crc32(word) mod 2^31 mod columns`, with the sign of the hash's
highest bit: Weinberger et al. (2009), "Feature hashing for large scale multitask learning".
"""

from __future__ import annotations

from zlib import crc32

_PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~«»¡¿…–—‘“”„‚‹›·、。，！？：；（）「」『』【】'
# An apostrophe belongs to a word, in whichever of its two forms it is written.
_TABLE = {**dict.fromkeys(map(ord, _PUNCTUATION), " "), ord("’"): "'"}
_SIGN = 1 << 31


def words_of(text: str) -> list[str]:
    """The words of a text, in order."""
    return text.casefold().translate(_TABLE).split()


def numbers_of(text: str, *, length: bool, words: bool, hashes: int) -> list[float]:
    """What is asked for, in this order.

    Args:
        text: any.
        length: whether to give its length in code points.
        words: whether to give the number of its words.
        hashes: columns the words are hashed into.
    """
    found = words_of(text) if words or hashes else []
    numbers = [float(len(text))] if length else []
    if words:
        numbers.append(float(len(found)))
    if hashes:
        counts = [0.0] * hashes
        for word in found:
            code = crc32(word.encode("utf-8", "surrogatepass"))
            counts[(code & (_SIGN - 1)) % hashes] += -1.0 if code & _SIGN else 1.0
        numbers += counts
    return numbers
