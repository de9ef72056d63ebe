"""The demonstration: every step a person would take, in order, and what each took."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perennial.registry import layout
from perennial.registry.records import Run

from cli import demo_pages, local, run_report, training
from cli.abandoned import end_abandoned
from cli.documents import document
from cli.endpoint import Endpoint
from cli.exits import CommandError
from cli.outputs import Deployment
from cli.project import Project
from cli.records import EXIT_OF
from cli.samples import Sample, Sampling
from cli.steps import Steps
from cli.target import on_emulator

RESULT = "demo.json"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a demonstration came to.

    Attributes:
        run: the run that trained.
        endpoint: where the model answers.
        request: a file with the body of a request.
        reports: the folder with the run's reports.
        answer: the first prediction.
        seconds: how long each phase from the upload on took.
    """

    run: Run
    endpoint: Endpoint
    request: Path
    reports: Path
    answer: dict[str, Any]
    seconds: dict[str, Any]


def play(project: Project, model: str, *, keep: bool, quiet: bool) -> dict[str, Any]:
    """Show it; returns what `build/demo.json` then holds.

    Raises:
        CommandError: a step failed, or the run did not end in a version.
    """
    steps, began = Steps(), time.monotonic()
    with local.alone(project), ExitStack() as stack:
        sample = Sampling(model, project.build / "samples")
        sample.start()
        with steps:
            emulator, started = stack.enter_context(local.emulator_of(project, steps, stay=keep))
            phases = {"setup": seconds_of_setup(project), "emulator": time.monotonic() - began}
            deployment = Deployment(on_emulator(emulator))
            phases |= asdict(local.bring_up(project, deployment.target, steps))
            if started:
                end_abandoned(deployment, project.model_names)
            shown = _train_and_ask(project, deployment, model, sample.result(), steps)
            phases |= {**shown.seconds, "total": time.monotonic() - began}
        measured = _written(project, shown, phases)
        if not quiet:
            demo_pages.present(project, shown, stops=started and not keep)
    return measured


def _train_and_ask(
    project: Project, deployment: Deployment, model: str, data: Sample, steps: Steps
) -> Shown:
    started = training.upload_file(deployment, model, data.path, steps)
    uploaded = time.monotonic()
    ended = training.follow(deployment, model, started.run_id, steps)
    phases: dict[str, Any] = {"upload": started.seconds, "pipeline": ended.seconds}
    phases["pipeline_total"] = time.monotonic() - uploaded
    reports = run_report.fetch(deployment, ended.run)
    if not run_report.succeeded(ended.run):
        raise CommandError(
            f"The run ended {ended.run.status.value}: {ended.run.reason}",
            advice=f"Its reports are in {project.shown(reports)}.",
            code=EXIT_OF[ended.run.status],
        )
    phases["fitting"] = run_report.seconds_of_fitting(reports)
    request = project.build / "samples" / f"{model}-request.json"
    request.write_text(json.dumps({"rows": [data.example]}, indent=2) + "\n", encoding="utf-8")
    endpoint = Endpoint.of(deployment)
    with steps.step("Ask for a prediction") as step:
        answer = endpoint.predict(model, [data.example])
        step.detail = str(answer["predictions"][0]["prediction"])
    phases["first_prediction"] = step.elapsed
    return Shown(ended.run, endpoint, request, reports, answer, phases)


def _written(project: Project, shown: Shown, phases: dict[str, Any]) -> dict[str, Any]:
    evaluation = document(shown.reports, layout.EVALUATION_JSON)
    metric = evaluation["primary_metric"]
    measured = {
        "endpoint": shown.endpoint.url + shown.endpoint.predict_path(shown.run.model),
        "model": shown.run.model,
        "version": shown.run.version,
        "holdout": {"metric": metric, "value": evaluation["metrics"][metric]},
        "seconds": _rounded(phases),
        "curl": demo_pages.curl_line(shown),
        "reports": [str(page) for page in run_report.pages(shown.reports)],
    }
    path = project.build / RESULT
    path.touch(mode=0o600)  # the curl line holds a key
    path.chmod(0o600)
    path.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    return measured


def _rounded(seconds: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _rounded(value)
        if isinstance(value, dict)
        else None
        if value is None
        else round(value, 3)
        for name, value in seconds.items()
    }


def seconds_of_setup(project: Project) -> float | None:
    """How long `make setup` last took, as it noted; None when it did not."""
    try:
        return float((project.root / ".venv" / ".perennial-setup").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
