"""Two runs of a model side by side: what went in, what came out, and what it took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from perennial.cost.run import cost_of_run
from perennial.provenance.changes import Change, changes
from perennial.provenance.paired import Pairing
from perennial.provenance.reproduction import Difference, differences
from perennial.provenance.shifts import Shift, shifts
from perennial.provenance.side import Document, Side
from perennial.registry.receipt import Receipt
from perennial.spec.metrics import Metric

_TOLD_ELSEWHERE = frozenset({"dataset", "spec", "search"})  # of the inputs of two receipts


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of both, each on its own holdout."""

    name: str
    first: float | None
    second: float | None
    first_interval: tuple[float, float] | None
    second_interval: tuple[float, float] | None
    better: Literal["first", "second", ""]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything `perennial compare` tells."""

    model: str
    first: Document
    second: Document
    spec: list[Change]
    parameters: list[Change]
    data: Document
    shifts: list[Shift]
    metrics: list[Measured]
    environment: list[Difference]
    paired: Pairing

    def as_json(self) -> Document:
        """The document of `--json`."""
        told = asdict(self)
        found = self.paired.difference
        told["paired"]["difference"] = None if found is None else found.model_dump()
        return told


def compare(first: Side, second: Side, paired: Pairing) -> Comparison:
    """Both sides by their documents, and their difference on the same rows."""
    return Comparison(
        model=first.run.model,
        first=_about(first),
        second=_about(second),
        spec=[one for one in changes(first.spec, second.spec) if not _of_parameters(one)],
        parameters=_parameters(first, second),
        data=_data(first, second),
        shifts=shifts(first.profile, second.profile) if _other_data(first, second) else [],
        metrics=_metrics(first, second),
        environment=_environment(first.receipt, second.receipt),
        paired=paired,
    )


def _about(side: Side) -> Document:
    run, evaluation = side.run, side.evaluation
    return {
        "name": side.name,
        "run_id": run.run_id,
        "version": run.version,
        "status": run.status.value,
        "reason": run.reason,
        "created_at": run.created_at,
        "created_by": run.created_by,
        "source": run.source.key,
        "algorithm": evaluation.get("algorithm") or side.training.get("algorithm", ""),
        "artifact_digest": side.training.get("artifact_digest", ""),
        "artifact_size": side.training.get("artifact_size"),
        "receipt_digest": side.receipt.get("digest", ""),
        "commit": side.receipt.get("code", {}).get("commit", ""),
        "gates": [
            {"passed": one["passed"], "sentence": one["sentence"]}
            for one in evaluation.get("gate_results", [])
        ],
        "seconds": dict(run.seconds),
        "dollars": round(cost_of_run(run).dollars, 6),
    }


def _of_parameters(change: Change) -> bool:
    return change.path.startswith("algorithm.parameters")


def _parameters(first: Side, second: Side) -> list[Change]:
    """Those that were used, defaults included; all of them, the equal ones too."""
    one, other = (side.training.get("parameters", {}) for side in (first, second))
    return [Change(name, one.get(name), other.get(name)) for name in sorted(one | other)]


def _other_data(first: Side, second: Side) -> bool:
    return first.run.dataset_digest != second.run.dataset_digest


def _data(first: Side, second: Side) -> Document:
    return {
        "same": not _other_data(first, second),
        "first": {"digest": first.run.dataset_digest, "rows": first.profile.get("rows")},
        "second": {"digest": second.run.dataset_digest, "rows": second.profile.get("rows")},
    }


def _metrics(first: Side, second: Side) -> list[Measured]:
    one, other = first.run.metrics, second.run.metrics
    return [
        Measured(
            name,
            one.get(name),
            other.get(name),
            _interval(first.evaluation, name),
            _interval(second.evaluation, name),
            _better(name, one.get(name), other.get(name)),
        )
        for name in dict.fromkeys([*one, *other])
    ]


def _interval(evaluation: Document, name: str) -> tuple[float, float] | None:
    bounds = evaluation.get("intervals", {}).get(name)
    return (bounds["low"], bounds["high"]) if bounds else None


def _better(name: str, first: float | None, second: float | None) -> Literal["first", "second", ""]:
    if first is None or second is None or first == second or name not in set(Metric):
        return ""
    return "second" if (second > first) is Metric(name).higher_is_better else "first"


def _environment(first: Receipt, second: Receipt) -> list[Difference]:
    if not first or not second:
        return []
    return [one for one in differences(first, second) if one.what not in _TOLD_ELSEWHERE]


def verdict(paired: Pairing, first: str, second: str) -> str:
    """What a paired difference says of the two, as a sentence.

    Args:
        paired: the second minus the first.
        first: how the first is called.
        second: how the second is called.
    """
    found = paired.difference
    if found is None:
        return f"They cannot be compared row by row: {paired.note}."
    bounds = found.interval
    told = f"{second} minus {first} in {paired.metric}: {found.value:+.4g}"
    told += f" ({bounds.low:+.4g} to {bounds.high:+.4g})" if bounds else ""
    told += f" on {paired.rows:,} rows; "
    better = winner(paired, first, second)
    if better:
        return f"{told}{better} is better."
    why = "there is no interval"
    if bounds is not None:
        known = not bounds.low <= 0 <= bounds.high
        why = f"{paired.favoured} knows some of these rows" if known else "the interval holds zero"
    return f"{told}which of them is better is open, for {why}."


def winner(paired: Pairing, first: str, second: str) -> str:
    """Which of the two is better by more than chance; empty where that is open.

    It is open, too, where the better one was fitted on some of the rows.
    """
    bounds = paired.difference.interval if paired.difference else None
    if bounds is None or bounds.low <= 0 <= bounds.high:
        return ""
    gain = bounds.low > 0
    better = second if gain is Metric(paired.metric).higher_is_better else first
    return "" if better == paired.favoured else better
