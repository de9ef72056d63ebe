"""How a run ended, as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from perennial.registry.records import Run, RunStatus

from cli import data_check, records, terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

Document = Mapping[str, Any]
_LOG_OF_STATE = {
    "ValidateData": "validate",
    "ProposeTrials": "tune",
    "TrainModel": "train",
    "EvaluateModel": "evaluate",
    "RegisterVersion": "register",
    "SetRoute": "route",
    "ConcludeRun": "conclude",
}


def of(run: Run, validation: Document, evaluation: Document) -> list[RenderableType]:
    """What to print of a run: how it ended, then why, then its figures."""
    parts: list[RenderableType] = [_headline(run)]
    if run.status is RunStatus.REJECTED:
        parts += _problems(validation)
    if run.status is RunStatus.FAILED:
        parts += _where_to_look(run)
    if evaluation:
        parts += [_metrics(evaluation), *_gates(evaluation)]
    return parts


def _headline(run: Run) -> RenderableType:
    from rich.text import Text

    style = records.COLORS.get(run.status, "")
    told = {
        RunStatus.SUCCEEDED: f"version {run.version} was registered",
        RunStatus.QUEUED: "waits for its turn",
        RunStatus.RUNNING: "is under way",
    }.get(run.status, run.reason)
    return Text.assemble(
        "\n", (run.model, "bold"), "  ", (run.status.value, f"bold {style}".strip()), f"  {told}\n"
    )


def _where_to_look(run: Run) -> Iterator[RenderableType]:
    """The log of the part that failed, when the reason names its state."""
    part = _LOG_OF_STATE.get(run.reason.partition(":")[0])
    if part is not None:
        yield f"`perennial logs {part} --run {run.run_id[:12]}` shows what it wrote."


def _metrics(evaluation: Document) -> RenderableType:
    """The holdout metrics of the candidate beside those of the baseline and the champion."""
    others = [one for one in (evaluation["baseline"], evaluation.get("champion")) if one]
    headings = [f"Holdout, {evaluation['rows']} rows", f"{evaluation['algorithm']}>"]
    headings += [f"{other['name']}>" for other in others]
    rows = [
        [name, _number(value), *(_number(other["metrics"].get(name)) for other in others)]
        for name, value in evaluation["metrics"].items()
    ]
    return terminal.table(headings, rows)


def _gates(evaluation: Document) -> Iterator[RenderableType]:
    from rich.text import Text

    yield ""
    for gate in evaluation["gate_results"]:
        mark = ("passed  ", "green") if gate["passed"] else ("missed  ", "bold red")
        yield Text.assemble(mark, gate["sentence"])
    yield ""


def _problems(validation: Document) -> Iterator[RenderableType]:
    """What is wrong with the data, with some of the rows."""
    for problem in validation.get("errors", []):
        yield from data_check.lines_of(problem)
    if validation.get("errors"):
        yield ""


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"
