"""Fetches what came of a scored file, and tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from perennial.registry.layout import split_uri

from cli import terminal
from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.steps import Steps

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def fetch(
    deployment: Deployment,
    manifest: dict[str, Any],
    beside: Path,
    out: Path | None,
    steps: Steps,
) -> dict[str, str]:
    """Download the outputs; a result in parts becomes numbered files. Local paths by output."""
    fetched: dict[str, str] = {}
    if not manifest["outputs"]:
        return fetched
    s3: S3Client = deployment.target.client("s3")
    with steps.step("Fetch results"):
        for name, parts in manifest["outputs"].items():
            target = local_name(name, beside, out)
            target.parent.mkdir(parents=True, exist_ok=True)
            for number, part in enumerate(parts):
                path = (
                    target
                    if len(parts) == 1
                    else target.with_suffix(f".{number:05d}{target.suffix}")
                )
                bucket, key = split_uri(part["uri"])
                s3.download_file(bucket, key, str(path))
            fetched[name] = str(target)
    return fetched


def present(manifest: dict[str, Any], files: dict[str, str], *, json_output: bool) -> None:
    """Show how it ended; a scoring that failed ends the program with its code."""
    if json_output:
        terminal.emit(manifest | {"files": files})
    else:
        _show(manifest, files)
    if manifest["status"] == "FAILED":
        if json_output:
            raise typer.Exit(Exit.RUN_FAILED)
        again = f"`perennial score {manifest['model']} --resume {manifest['run_id']}` goes on."
        broken = str(manifest["reason"]).startswith("the workflow ended")
        raise CommandError(
            f"The file was not scored: {manifest['reason']}.",
            advice=again if broken else "",
            code=Exit.RUN_FAILED,
        )


def _show(manifest: dict[str, Any], files: dict[str, str]) -> None:
    counts = manifest["counts"]
    if manifest["status"] != "FAILED":
        scored = f"{counts['scored']:,} of {counts['rows']:,} rows scored by version"
        terminal.show(f"{manifest['status']}: {scored} {manifest['version']}.")
        if manifest["reason"]:
            terminal.show(f"{manifest['reason']}.")
        if manifest["reused"]:
            terminal.show("This content was scored before; the earlier result was taken.")
    if files:
        terminal.show(terminal.table(["Output", "File"], files.items()))


def local_name(name: str, beside: Path, out: Path | None) -> Path:
    """Where an output goes: `clients.csv` has `clients.predictions.csv` beside it."""
    kind, _, ending = name.partition(".")
    if out is not None:
        return out if kind == "predictions" else out.with_name(f"{out.stem}.{kind}.{ending}")
    stem = beside.name.removesuffix(".gz").rpartition(".")[0] or beside.name
    return beside.with_name(f"{stem}.{kind}.{ending}")
