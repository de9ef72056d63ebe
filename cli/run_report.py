"""Tells how a run ended: its result, its metrics and gates, and where its reports are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import typer
from perennial.registry import layout
from perennial.registry.records import ApprovalStatus, Run, RunStatus

from cli import project, records, run_details, terminal
from cli.documents import document
from cli.exits import Exit
from cli.outputs import Deployment

_PAGES = (layout.VALIDATION_HTML, layout.EVALUATION_HTML)
_DOCUMENTS = (
    layout.VALIDATION_JSON,
    layout.EVALUATION_JSON,
    layout.TRAINING_JSON,
    layout.SEARCH,
)


def present(deployment: Deployment, run: Run, *, json_output: bool, in_full: bool = False) -> None:
    """Print what there is to say of a run, its reports fetched; in full, with its bill."""
    folder = fetch(deployment, run)
    evaluation = document(folder, layout.EVALUATION_JSON)
    validation = document(folder, layout.VALIDATION_JSON)
    if json_output:
        terminal.emit(
            records.as_json(run)
            | {"reports": [str(page) for page in pages(folder)]}
            | {"evaluation": evaluation, "validation": validation}
            | run_details.as_json(run, folder)
        )
        return
    from cli import run_pages

    if in_full:
        terminal.show(_brought(deployment, run))
    terminal.show(
        *run_pages.of(run, validation, evaluation), *run_details.of(run, folder, in_full=in_full)
    )
    for page in pages(folder):
        terminal.show(f"Report    {project.current().shown(page)}")
    if run.version is not None:
        terminal.show(f"Card      perennial card {run.model} {run.version}")
    if waits(deployment, run):
        terminal.show(
            f"Version {run.version} waits for an approval, by somebody else than whoever trained "
            f"it: `perennial approve {run.model} {run.version} --reason ...`"
        )
    if on_its_way(deployment, run):
        terminal.show(
            f"Version {run.version} comes into service step by step; "
            f"`perennial rollout {run.model}` shows how far it is."
        )


def _brought(deployment: Deployment, run: Run) -> str:
    """Who started the run, and with what."""
    from perennial.approval.identity import named

    decided = records.registry(deployment).approvals(run.model)
    source = layout.uri(run.source.bucket, run.source.key)
    return f"Run {run.run_id[:12]} by {named(run.created_by, decided)}, {run.trigger} of {source}"


def waits(deployment: Deployment, run: Run) -> bool:
    """Whether the run's version waits until people have decided."""
    if run.version is None:
        return False
    approval = records.registry(deployment).approval(run.model, run.version)
    return approval is not None and approval.status is ApprovalStatus.PENDING


def on_its_way(deployment: Deployment, run: Run) -> bool:
    """Whether a rollout of the run's version is under way."""
    if run.version is None:
        return False
    route = records.registry(deployment).route(run.model)
    tried = (route.challenger, route.shadow) if route else ()
    return any(one is not None and one.number == run.version for one in tried)


def leave(run: Run) -> None:
    """End the process with the code that tells how the run ended."""
    code = records.EXIT_OF.get(run.status, Exit.OK)
    if code is not Exit.OK:
        raise typer.Exit(code)


def fetch(deployment: Deployment, run: Run) -> Path:
    """Copy the reports of a run to `build/reports/<model>/<run>/`; returns that folder."""
    from perennial.adapters.s3 import S3ObjectStore

    store = S3ObjectStore(deployment.target.client("s3"))
    folder = project.current().reports / run.model / run.run_id[:12]
    folder.mkdir(parents=True, exist_ok=True)
    prefix = layout.run_prefix(run.model, run.run_id)
    for name in (*_PAGES, *_DOCUMENTS):
        try:
            store.download(
                layout.uri(deployment.storage["DataBucketName"], prefix + name), folder / name
            )
        except FileNotFoundError:
            # A run that ended early left no such page; one of a former fetch would mislead.
            (folder / name).unlink(missing_ok=True)
    return folder


def pages(folder: Path) -> list[Path]:
    """The reports in a folder that a person can open."""
    return [folder / name for name in _PAGES if (folder / name).is_file()]


def succeeded(run: Run) -> bool:
    """Whether a version came of it."""
    return run.status is RunStatus.SUCCEEDED


def seconds_of_fitting(folder: Path) -> float | None:
    """How long the estimator itself was being fitted, by the training's own clock."""
    seconds: Mapping[str, float] = document(folder, layout.TRAINING_JSON).get("seconds", {})
    return seconds.get("fit")
