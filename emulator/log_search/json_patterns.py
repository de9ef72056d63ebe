"""Filter patterns for JSON log lines: `{ $.level = "ERROR" && $.latency > 100 }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import operator
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

Matcher = Callable[[str], bool]
Test = Callable[[Any], bool]

_TOKEN: Final = re.compile(
    r'\s*(&&|\|\||[(){}]|!=|<=|>=|[=<>]|"(?:[^"\\]|\\.)*"|%[^%]*%|\$[^\s=!<>()&|]*|[^\s=!<>()&|]+)'
)
_STEP: Final = re.compile(r"\.?([\w@/-]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_ORDER: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_WORDS: Final[dict[str, Test]] = {
    "NULL": lambda found: found is None,
    "TRUE": lambda found: found is True,
    "FALSE": lambda found: found is False,
}
_ABSENT: Final = object()


class PatternError(ValueError):
    """A filter pattern the emulator cannot read."""


def compile_json(pattern: str) -> Matcher:
    """A matcher for a pattern in braces.

    Raises:
        PatternError: it is not one CloudWatch Logs would take, or the emulator does not know it.
    """
    reader = _Reader(pattern.strip()[1:-1])
    test = reader.either()
    if reader.tokens:
        raise PatternError(f"cannot read {pattern!r} at {reader.tokens[0]!r}")

    def matches(line: str) -> bool:
        try:
            document = json.loads(line)
        except ValueError:
            return False
        return isinstance(document, dict | list) and test(document)

    return matches


class _Reader:
    """Reads tokens into a test of a document."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)

    def either(self) -> Test:
        tests = [self._both()]
        while self._next_is("||"):
            tests.append(self._both())
        return lambda document: any(test(document) for test in tests)

    def _both(self) -> Test:
        tests = [self._single()]
        while self._next_is("&&"):
            tests.append(self._single())
        return lambda document: all(test(document) for test in tests)

    def _single(self) -> Test:
        if self._next_is("("):
            inner = self.either()
            if not self._next_is(")"):
                raise PatternError("a parenthesis is not closed")
            return inner
        selector = self._take()
        if not selector.startswith("$"):
            raise PatternError(f"{selector!r} is no selector")
        test = self._comparison()
        return lambda document: test(_select(document, selector))

    def _comparison(self) -> Test:
        word = self._take()
        match word.upper():
            case "IS":
                known = _WORDS[self._take().upper()]
                return lambda found: found is not _ABSENT and known(found)
            case "NOT":
                self._take()
                return lambda found: found is _ABSENT
            case "=":
                equal = _equal(self._take())
                return lambda found: found is not _ABSENT and equal(found)
            case "!=":
                equal = _equal(self._take())
                return lambda found: found is not _ABSENT and not equal(found)
            case "<" | ">" | "<=" | ">=":
                compare, limit = _ORDER[word], float(self._take())
                return lambda found: _is_number(found) and compare(found, limit)
        raise PatternError(f"{word!r} is no comparison")

    def _take(self) -> str:
        if not self.tokens:
            raise PatternError("the pattern ends too early")
        return str(self.tokens.pop(0))

    def _next_is(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False


def _select(document: Any, selector: str) -> Any:
    found = document
    for name, index, quoted, double in _STEP.findall(selector[1:]):
        if index:
            fits = isinstance(found, list) and int(index) < len(found)
            found = found[int(index)] if fits else _ABSENT
        else:
            key = name or quoted or double
            found = found.get(key, _ABSENT) if isinstance(found, dict) else _ABSENT
    return found


def _equal(wanted: str) -> Test:
    if wanted.startswith("%"):
        expression = re.compile(wanted[1:-1])
        return lambda found: isinstance(found, str) and bool(expression.search(found))
    quoted = wanted.startswith('"')
    text = json.loads(wanted) if quoted else wanted
    if not quoted:
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            return lambda found: _is_number(found) and float(found) == number
    # Only an asterisk is special in a pattern.
    glob = re.sub(r"([?\[])", r"[\1]", text)
    return lambda found: isinstance(found, str) and fnmatchcase(found, glob)


def _is_number(found: object) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool)
