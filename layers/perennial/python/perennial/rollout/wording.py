"""What a judge found, in sentences."""

from __future__ import annotations


def errors(seen: float, low: float, high: float, tolerated: float) -> str:
    """How many more requests fail."""
    between = f"{_points(low)} to {_points(high)}"
    return f"errors: {_compared(seen)} ({between}; tolerated {_points(tolerated)})"


def latency(seen: float, low: float, high: float, tolerated: float) -> str:
    """How much longer an answer takes."""
    return f"latency: {seen:.3g} times ({low:.3g} to {high:.3g}; tolerated {tolerated:.3g})"


def predictions(group: str, seen: float, high: float, tolerated: float) -> str:
    """How far the predictions lie from each other."""
    side = "more" if seen > 0 else "fewer"
    return (
        f"predictions: {_points(abs(seen))} {side} are {group} "
        f"(at most {_points(min(high, 1.0))} apart anywhere; tolerated {_points(tolerated)})"
    )


def loss(seen: float, low: float, high: float, tolerated: float) -> str:
    """How much more is lost by the outcomes."""
    between = f"{_points(low)} to {_points(high)}"
    return f"loss: {_compared(seen)} ({between}; tolerated {_points(tolerated)})"


def few_outcomes(count: int, least: int) -> str:
    """Why outcomes are not judged yet."""
    return f"{count} outcomes of {least} needed for each version"


def alike_outcomes(rarer: int, least: int) -> str:
    """Why outcomes are not judged though there are many."""
    return f"of next to all the same label came true, {rarer} of {least} needed of another one"


def waiting(name: str, challenger: int, champion: int, needed: int) -> str:
    """Why nothing is known yet."""
    of_both = f"{challenger} of the challenger and {champion} of the champion"
    return f"{name}: seen {of_both}, of {needed} needed each"


def _compared(seen: float) -> str:
    return f"{_points(abs(seen))} {'less' if seen < 0 else 'more'}"


def _points(share: float) -> str:
    return f"{100 * share:.3g} %"


def without_decision(why: str, notes: tuple[str, ...] = ()) -> str:
    """Why a step ends though the evidence says neither yes nor no; `notes` say what is missing."""
    return "; ".join([f"too little traffic to decide in the time of the step: {why}", *notes])
