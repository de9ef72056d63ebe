"""What a run tried before it trained, how its folds judged it, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.registry import layout
from perennial.registry.records import Run

from cli.documents import document

if TYPE_CHECKING:
    from rich.console import RenderableType

_ENDED = {
    "trials": "all trials were run",
    "minutes": "its time was up",
    "dollars": "its money was spent",
    "exhausted": "there was nothing more to try",
}
_STATES = {"COMPLETE": "completed", "PRUNED": "given up", "FAILED": "failed", "LOST": "lost"}


def as_json(run: Run, folder: Path) -> dict[str, Any]:
    """`search`, `cross_validation` and `cost`, the first two None where the spec asks for none.

    Args:
        run: the run.
        folder: with the documents it left.
    """
    from perennial.cost.run import cost_of_run

    return {
        "search": _search(folder),
        "cross_validation": document(folder, layout.TRAINING_JSON).get("cross_validation"),
        "cost": cost_of_run(run).as_json(),
    }


def of(run: Run, folder: Path, *, in_full: bool) -> list[RenderableType]:
    """The same for people, with the bill or its sum; empty of a run that has used nothing yet."""
    told = as_json(run, folder)
    parts: list[RenderableType] = []
    if told["search"]:
        parts += _lines_of_search(told["search"])
    if told["cross_validation"]:
        parts.append(_line_of_folds(told["cross_validation"]))
    if run.seconds or run.usage:
        parts += _bill(run, in_full=in_full)
    return parts


def _search(folder: Path) -> dict[str, Any] | None:
    """The search without its trials, which `search.json` and the report hold."""
    found = document(folder, layout.SEARCH)
    if not found:
        return None
    trials = found["trials"]
    tuned = document(folder, layout.EVALUATION_JSON).get("tuning") or {}
    kept = ("method", "metric", "default", "margin", "ended_by", "spent")
    return {name: found[name] for name in kept} | {
        "trials": len(trials),
        "states": dict(Counter(trial["state"] for trial in trials)),
        "best": next(
            {name: trial[name] for name in ("number", "algorithm", "parameters", "value")}
            for trial in trials
            if trial["number"] == found["best"]
        ),
        "worth": tuned.get("sentence", ""),
    }


def _lines_of_search(search: Mapping[str, Any]) -> Iterator[str]:
    states = ", ".join(
        f"{count} {_STATES.get(state, state)}" for state, count in search["states"].items()
    )
    best, spent = search["best"], search["spent"]
    yield (
        f"Search    {search['method']}, {search['trials']} trials ({states}) "
        f"by {search['metric']}; it ended when {_ENDED.get(search['ended_by'])}"
    )
    yield (
        f"          best: trial {best['number']}, {best['algorithm']}{_given(best['parameters'])}, "
        f"{search['metric']} {best['value']:.4g}{_default(search)}"
    )
    if search["worth"]:
        yield f"          on the holdout: {search['worth']}"
    yield f"          took {spent['minutes']:.1f} minutes, {spent['dollars']:.4f} $ for its jobs"


def _given(parameters: Mapping[str, Any]) -> str:
    from cli import run_table

    told = ", ".join(f"{name} {run_table.short(value)}" for name, value in parameters.items())
    return f" ({told})" if told else ""


def _default(search: Mapping[str, Any]) -> str:
    """What the search says of the default, on the rows it chose by."""
    value = search["default"]["value"]
    return "" if value is None else f"; the default {value:.4g}"


def _line_of_folds(folds: Mapping[str, Any]) -> str:
    values = "  ".join(f"{value:.4g}" for value in folds["folds"])
    return (
        f"Folds     {folds['method']}, {folds['metric']}: {values}; "
        f"mean {folds['mean']:.4g}, deviation {folds['deviation']:.2g}"
    )


def _bill(run: Run, *, in_full: bool) -> Iterator[RenderableType]:
    from perennial.cost.bill import dollars
    from perennial.cost.run import cost_of_run

    bill = cost_of_run(run)
    if not in_full:
        yield f"Cost      {dollars(bill.dollars)} at the list prices of {bill.prices_of}"
        return
    from cli import costs

    yield costs.table(f"Cost, list prices of {bill.prices_of}", bill)
    yield ""
