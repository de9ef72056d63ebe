"""JSON read strictly: what the grammar leaves open (RFC 8259, section 4) is refused here.

Careful reading asks Python about every object. So the text is first read by C alone, and what
comes out is believed where nothing can have been lost: an object that held a name twice has fewer
members than its text has colons. Everything else is read once more, carefully, which also words
what is wrong; the quick reading only ever accepts.
"""

from __future__ import annotations

import json
import math
from json.decoder import JSONDecodeError, JSONDecoder

from perennial.serving.fast_json import fast_json
from perennial.serving.problems import MALFORMED_BODY, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER_DIGITS = 4_300  # Python reads no longer ones


def parse(text: str, *, nan: bool = False) -> object:
    """The document of a text; with `nan`, the word NaN in it is null.

    Raises:
        Problem: it is not JSON, an object has a name twice, or a number is none JSON has.
    """
    if "\\" not in text:  # what is written as an escape could be a colon
        try:
            document = _quick(text)
        except (ValueError, RecursionError, Problem):
            return _careful(text, nan)
        colons = text.count(":") - _members(document)
        if not colons or colons == _in_values(document):
            return document
    return _careful(text, nan)


def _quick(text: str) -> object:
    fast = fast_json(len(text))
    return _PLAIN.decode(text) if fast is None else fast.loads(text)


def _members(document: object) -> int:
    """Members of a document's objects, as far as they are found without looking at every value.

    Too few are no harm: the text is read carefully then.
    """
    if type(document) is not dict:
        return 0
    count = len(document)
    for value in document.values():
        if type(value) is dict:
            count += len(value)
        elif type(value) is list and set(map(type, value)) == {dict}:
            count += sum(map(len, value))
    return count


def _in_values(document: object) -> int:
    """Colons in the texts of a list of objects, such as those of timestamps."""
    lists = document.values() if type(document) is dict else ()
    rows = [row for one in lists if type(one) is list for row in one if type(row) is dict]
    return sum(value.count(":") for row in rows for value in row.values() if type(value) is str)


def _careful(text: str, nan: bool) -> object:
    try:
        return (_LENIENT if nan else _STRICT).decode(text)
    except JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(MALFORMED_BODY, f"Not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise Problem(MALFORMED_BODY, "Arrays or objects are nested too deeply.") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are unique: of two values for one feature, which would count?"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(MALFORMED_BODY, "An object has the same name twice.")
    return found


def _constant(name: str) -> object:
    raise Problem(MALFORMED_BODY, f"{name} is no JSON; a missing value is null.")


def _nan(name: str) -> object:
    return None if name == "NaN" else _constant(name)


def _integer(digits: str) -> int | float:
    if len(digits) <= _INTEGER_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def _decoder(constant: Callable[[str], object]) -> JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_object, parse_constant=constant, parse_int=_integer)


_PLAIN = JSONDecoder(parse_constant=_constant)
_STRICT = _decoder(_constant)
_LENIENT = _decoder(_nan)
