"""Metric math, as far as alarms use it.

Numbers, metric ids, `+ - * / ^`, comparisons, `&& || AND OR`, arrays, and the functions
IF, FILL, SUM, AVG, MIN, MAX, ABS, CEIL, FLOOR, METRICS, PERIOD, DIFF, RATE and DATAPOINT_COUNT.
Every series has the same periods; None marks one without a datapoint.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

Series = tuple[float | None, ...]
Value = float | str | Series | list[Series]

_TOKEN: Final = re.compile(
    r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|\"[^\"]*\"|'[^']*'"
    r"|<=|>=|==|!=|&&|\|\||[-+*/^<>(),\[\]])"
)
# From the loosest to the tightest.
_LEVELS: Final[tuple[dict[str, Callable[[float, float], float]], ...]] = (
    {"||": lambda a, b: a or b, "OR": lambda a, b: a or b},
    {"&&": lambda a, b: a and b, "AND": lambda a, b: a and b},
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


_AGGREGATES: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "SUM": sum,
    "AVG": _mean,
    "MIN": min,
    "MAX": max,
}
_ROUNDINGS: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
}


class ExpressionError(ValueError):
    """An expression the emulator cannot evaluate."""


def evaluate(expression: str, metrics: Mapping[str, Series], *, period: float) -> Series:
    """The series an expression gives.

    Args:
        expression: metric math.
        metrics: the series of each id it may name, all of one length.
        period: seconds of a period.

    Raises:
        ExpressionError: it has a function or form that is not in the list above.
    """
    length = len(next(iter(metrics.values())))
    result = _Parser(expression, metrics, length, period).parse()
    return _series(result, length)


def names(expression: str) -> list[str]:
    """The words of an expression: metric ids and functions."""
    return [token for token in _tokens(expression) if token[0].isalpha()]


class _Parser:
    """Reads and evaluates in one pass."""

    def __init__(
        self, text: str, metrics: Mapping[str, Series], length: int, period: float
    ) -> None:
        self._tokens = _tokens(text)
        self._text = text
        self._metrics = metrics
        self._length = length
        self._period = float(period)

    def parse(self) -> Value:
        value = self._level(0)
        if self._tokens:
            raise ExpressionError(f"cannot read {self._text!r} at {self._tokens[0]!r}")
        return value

    def _level(self, level: int) -> Value:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self._tokens and self._tokens[0].upper() in _LEVELS[level]:
            apply = _LEVELS[level][self._tokens.pop(0).upper()]
            left = self._combine(apply, left, self._level(level + 1))
        return left

    def _unary(self) -> Value:
        if self._tokens and self._tokens[0] == "-":
            self._tokens.pop(0)
            return self._combine(operator.sub, 0.0, self._unary())
        return self._primary()

    def _primary(self) -> Value:
        if not self._tokens:
            raise ExpressionError(f"{self._text!r} ends too early")
        token = self._tokens.pop(0)
        if token == "(":  # noqa: S105 - a parenthesis
            value = self._level(0)
            self._expect(")")
            return value
        if token == "[":  # noqa: S105
            return [_series(item, self._length) for item in self._items("]")]
        if token[0] in "\"'":
            return token[1:-1]
        if token[0].isdigit():
            return float(token)
        if self._tokens and self._tokens[0] == "(":
            self._tokens.pop(0)
            return self._call(token.upper(), self._items(")"))
        if token in self._metrics:
            return self._metrics[token]
        if token.upper() in ("REPEAT", "LINEAR"):
            return token.upper()
        raise ExpressionError(f"{self._text!r} names {token}, which is no metric of the alarm")

    def _items(self, end: str) -> list[Value]:
        items: list[Value] = []
        while self._tokens and self._tokens[0] != end:
            items.append(self._level(0))
            if self._tokens and self._tokens[0] == ",":
                self._tokens.pop(0)
        self._expect(end)
        return items

    def _expect(self, token: str) -> None:
        if not self._tokens or self._tokens.pop(0) != token:
            raise ExpressionError(f"{self._text!r} lacks {token}")

    def _call(self, name: str, arguments: list[Value]) -> Value:  # noqa: C901 - one per function
        match name, arguments:
            case "METRICS", []:
                return list(self._metrics.values())
            case "METRICS", [str() as part]:
                return [series for key, series in self._metrics.items() if part in key]
            case "PERIOD", [_]:
                return self._period
            case "IF", [condition, then]:
                return _choose(condition, then, (None,) * self._length, self._length)
            case "IF", [condition, then, otherwise]:
                return _choose(condition, then, otherwise, self._length)
            case "FILL", [series, filler]:
                return _fill(_series(series, self._length), filler, self._length)
            case (("SUM" | "AVG" | "MIN" | "MAX"), [of]):
                return _aggregate(name, of)
            case (("ABS" | "CEIL" | "FLOOR"), [of]):
                return self._combine(lambda each, _: _ROUNDINGS[name](each), of, 0.0)
            case (("DIFF" | "RATE"), [of]):
                return _difference(of, self._length, self._period if name == "RATE" else 1.0)
            case "DATAPOINT_COUNT", [of]:
                return float(sum(each is not None for each in _series(of, self._length)))
        raise ExpressionError(f"the emulator has no {name} with {len(arguments)} arguments")

    def _combine(self, apply: Callable[[float, float], float], left: Value, right: Value) -> Value:
        if isinstance(left, float) and isinstance(right, float):
            return _apply(apply, left, right) or 0.0
        for one, other, swapped in ((left, right, False), (right, left, True)):
            if isinstance(one, list):
                results = [
                    self._combine(apply, other, each)
                    if swapped
                    else self._combine(apply, each, other)
                    for each in one
                ]
                return [_series(each, self._length) for each in results]
        pairs = zip(_series(left, self._length), _series(right, self._length), strict=True)
        return tuple(_apply(apply, a, b) for a, b in pairs)


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        matched = _TOKEN.match(text, position)
        if matched is None:
            raise ExpressionError(f"cannot read {text!r} at {text[position:]!r}")
        tokens.append(matched[1])
        position = matched.end()
    return tokens


def _series(value: Value, length: int) -> Series:
    if isinstance(value, tuple):
        return value
    if isinstance(value, float):
        return (value,) * length
    raise ExpressionError("a single series is needed where the expression gives several")


def _apply(
    apply: Callable[[float, float], float], left: float | None, right: float | None
) -> float | None:
    """The result where both sides have a datapoint; none for a division by zero."""
    if left is None or right is None:
        return None
    try:
        return float(apply(left, right))
    except (ZeroDivisionError, OverflowError):
        return None


def _choose(condition: Value, then: Value, otherwise: Value, length: int) -> Series:
    rows = zip(
        _series(condition, length), _series(then, length), _series(otherwise, length), strict=True
    )
    return tuple(None if if_ is None else a if if_ else b for if_, a, b in rows)


def _fill(series: Series, filler: Value, length: int) -> Series:
    if filler == "REPEAT":
        filled: list[float | None] = []
        for each in series:
            filled.append(each if each is not None else filled[-1] if filled else None)
        return tuple(filled)
    if filler == "LINEAR":
        return _interpolate(series)
    with_ = _series(filler, length)
    return tuple(b if a is None else a for a, b in zip(series, with_, strict=True))


def _interpolate(series: Series) -> Series:
    known = [index for index, each in enumerate(series) if each is not None]
    filled = list(series)
    for left, right in pairwise(known):
        low, high = series[left] or 0.0, series[right] or 0.0
        for index in range(left + 1, right):
            filled[index] = low + (high - low) * (index - left) / (right - left)
    return tuple(filled)


def _aggregate(name: str, of: Value) -> Value:
    """Over an array: period by period. Over one series: a single number."""
    combine = _AGGREGATES[name]
    if isinstance(of, list):
        periods = zip(*of, strict=True)
        present = ([each for each in period if each is not None] for period in periods)
        return tuple(float(combine(values)) if values else None for values in present)
    if isinstance(of, tuple):
        values = [each for each in of if each is not None]
        return float(combine(values)) if values else (None,) * len(of)
    raise ExpressionError(f"{name} takes metrics")


def _difference(of: Value, length: int, divisor: float) -> Series:
    series = _series(of, length)
    changes: list[float | None] = [None]
    for before, after in pairwise(series):
        gone = before is None or after is None
        changes.append(None if gone else ((after or 0.0) - (before or 0.0)) / divisor)
    return tuple(changes)
