"""The runs of a model as a table: what each was tried with, what came of it, what it took."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perennial.registry import layout
from perennial.registry.records import Run
from perennial.spec.metrics import Metric

from cli import records, terminal
from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from rich.console import RenderableType

_METRICS = 3  # columns
_PARAMETERS = 4  # in the column of those that differ
_AT_ONCE = 8  # documents fetched


@dataclass(frozen=True, slots=True)
class Tried:
    """A run and how it was trained; both are empty of one that did not come so far."""

    run: Run
    algorithm: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Of all its steps."""
        return sum(self.run.seconds.values())

    @property
    def dollars(self) -> float:
        """At the dated prices of AWS."""
        from perennial.cost.run import cost_of_run

        return cost_of_run(self.run).dollars

    def as_json(self) -> dict[str, Any]:
        """The record, with what is not in it."""
        return records.as_json(self.run) | {
            "algorithm": self.algorithm,
            "parameters": dict(self.parameters),
            "total_seconds": round(self.seconds, 3),
            "dollars": round(self.dollars, 6),
        }


def tried(deployment: Deployment, runs: Sequence[Run]) -> list[Tried]:
    """The runs with their parameters, which lie beside each of them in S3."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda run: _tried(deployment, run), runs))


def _tried(deployment: Deployment, run: Run) -> Tried:
    if not run.metrics:
        return Tried(run)  # it was not trained to its end
    told = training_of(deployment, run)
    return Tried(run, told.get("algorithm", ""), told.get("parameters", {}))


def training_of(deployment: Deployment, run: Run) -> dict[str, Any]:
    """What the run's `training.json` says; empty where there is none."""
    from perennial.adapters.s3 import S3ObjectStore

    prefix = layout.run_prefix(run.model, run.run_id)
    place = layout.uri(deployment.storage["DataBucketName"], prefix + layout.TRAINING_JSON)
    try:
        return dict(json.loads(S3ObjectStore(deployment.target.client("s3")).read(place)))
    except FileNotFoundError:
        return {}


def best_first(runs: Sequence[Run], metric: str) -> list[Run]:
    """The runs by a metric of their holdout; those without it at the end, as they came.

    Raises:
        CommandError: no run has it.
    """
    known = list(dict.fromkeys(name for run in runs for name in run.metrics))
    if metric not in known:
        raise CommandError(
            f"No run was judged by {metric!r}.",
            advice=f"There is {', '.join(known)}." if known else "",
            code=Exit.USAGE,
        )
    down = metric in set(Metric) and Metric(metric).higher_is_better
    having = [run for run in runs if metric in run.metrics]
    without = [run for run in runs if metric not in run.metrics]
    return sorted(having, key=lambda run: run.metrics[metric], reverse=down) + without


def table(found: Sequence[Tried], first_metric: str | None = None) -> RenderableType:
    """One line for each run; of the parameters, those that are not the same in all."""
    names = dict.fromkeys(name for one in found for name in one.run.metrics)
    metrics = list(dict.fromkeys([*([first_metric] if first_metric else []), *names]))[:_METRICS]
    differing = _differing(found)
    headings = ["Run", "Status", "Started", "Version>", "File", "Algorithm", "Parameters"]
    headings += [*(f"{name}>" for name in metrics), "Seconds>", "Cost, $>", "Reason"]
    return terminal.table(headings, [_row(one, metrics, differing) for one in found])


def _differing(found: Sequence[Tried]) -> list[str]:
    names = dict.fromkeys(name for one in found for name in one.parameters)
    values = {
        name: {repr(one.parameters.get(name)) for one in found if one.parameters} for name in names
    }
    return [name for name in names if len(values[name]) > 1][:_PARAMETERS]


def _row(one: Tried, metrics: Sequence[str], differing: Sequence[str]) -> list[str]:
    run = one.run
    used = [f"{name} {short(one.parameters[name])}" for name in differing if name in one.parameters]
    reached = [f"{run.metrics[name]:.4g}" if name in run.metrics else "" for name in metrics]
    return [
        run.run_id[:12],
        run.status.value,
        records.moment(run.created_at),
        "" if run.version is None else str(run.version),
        run.source.key.rpartition("/")[2],
        one.algorithm,
        "  ".join(used),
        *reached,
        f"{one.seconds:,.0f}" if run.seconds else "",
        f"{one.dollars:.4f}" if run.seconds or run.usage else "",
        run.reason,
    ]


def short(value: Any) -> str:
    """A parameter in a few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
