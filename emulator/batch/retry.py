"""Whether a failed attempt is tried again: the retry strategy's rules."""

from collections.abc import Mapping
from typing import Any

_FIELDS = (("onStatusReason", "statusReason"), ("onReason", "reason"), ("onExitCode", "exitCode"))


def again(strategy: Mapping[str, Any], attempts: int, outcome: Mapping[str, object]) -> bool:
    """Whether to retry.

    Args:
        strategy: `attempts` and optionally `evaluateOnExit`, as in a job definition.
        attempts: how many attempts have been made.
        outcome: `exitCode`, `reason` and `statusReason` of the last one.

    The first rule whose every condition matches decides; when none matches, the job is retried
    (AWS Batch API reference, RetryStrategy).
    """
    if attempts >= int(strategy.get("attempts", 1)):
        return False
    for rule in strategy.get("evaluateOnExit", []):
        if all(
            _matches(str(rule[condition]), outcome.get(field))
            for condition, field in _FIELDS
            if condition in rule
        ):
            return str(rule["action"]).upper() == "RETRY"
    return True


def _matches(pattern: str, value: object) -> bool:
    """Exact, without case, or as a prefix when the pattern ends in an asterisk."""
    text = "" if value is None else str(value).lower()
    pattern = pattern.lower()
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern
