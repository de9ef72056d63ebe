"""From datapoints to an alarm's state: M of N, and what is missing.

The rules and the tables of examples that the tests hold them to:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

# CloudWatch looks at more periods than it evaluates, so that a late datapoint counts.
EXTRA_PERIODS: Final = 2

_OPERATORS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Rule:
    """When an alarm goes off."""

    comparison: str
    threshold: float
    periods: int
    datapoints: int
    missing: Missing

    def __post_init__(self) -> None:
        if self.comparison not in _OPERATORS:
            raise ValueError(f"the emulator has no comparison {self.comparison}")

    def breaches(self, value: float) -> bool:
        """Whether a datapoint is over the line."""
        return _OPERATORS[self.comparison][0](value, self.threshold)

    @property
    def words(self) -> str:
        """The comparison in words."""
        return _OPERATORS[self.comparison][1]


def decide(series: Sequence[float | None], rule: Rule, current: State) -> State:
    """The state after looking at a series, the newest value last.

    Args:
        series: one value for each period of the evaluation range; None where there is none.
        rule: when it goes off.
        current: the state until now.
    """
    breaches = [None if value is None else rule.breaches(value) for value in series]
    real = [each for each in breaches if each is not None][-rule.periods :]
    count = sum(real)
    filled = rule.periods - len(real)
    counted: State = "ALARM" if count >= rule.datapoints else "OK"
    if filled == 0 or rule.missing == "notBreaching":
        return counted
    if rule.missing == "breaching":
        return "ALARM" if count + filled >= rule.datapoints else "OK"
    if not real:
        return current if rule.missing == "ignore" else "INSUFFICIENT_DATA"
    if not all(real) or counted == "ALARM":
        return counted
    if rule.missing == "ignore":
        return current
    # Everything there is breaches: not too early an alarm when it began long enough ago.
    oldest = len(breaches) - breaches.index(True)
    return "ALARM" if oldest >= rule.datapoints else "OK"


def explain(
    series: Sequence[float | None], rule: Rule, old: State, new: State
) -> tuple[str, list[float]]:
    """The reason CloudWatch gives, and the datapoints it names, the newest first."""
    real = [value for value in series if value is not None][-rule.periods :]
    recent = list(reversed(real))
    if new == "INSUFFICIENT_DATA":
        noun = "datapoints were" if rule.periods > 1 else "datapoint was"
        return f"Insufficient Data: {rule.periods} {noun} unknown.", recent
    if not recent:
        treated = rule.missing[0].upper() + rule.missing[1:]
        noun = "datapoints were" if rule.periods > 1 else "datapoint was"
        return (
            f"Threshold Crossed: no datapoints were received for {rule.periods} "
            f"period{'s' if rule.periods > 1 else ''} and {rule.periods} missing {noun} "
            f"treated as [{treated}].",
            recent,
        )
    matching = [value for value in recent if rule.breaches(value) == (new == "ALARM")]
    were = "were" if len(matching) != 1 else "was"
    least = rule.datapoints if new == "ALARM" else rule.periods - rule.datapoints + 1
    return (
        f"Threshold Crossed: {len(matching)} out of the last {len(recent)} datapoints "
        f"{matching} {were}{'' if new == 'ALARM' else ' not'} {rule.words} the threshold "
        f"({rule.threshold}) (minimum {least} datapoint{'s' if least > 1 else ''} for "
        f"{old} -> {new} transition).",
        recent,
    )
