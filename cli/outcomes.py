"""Uploads a file of outcomes, and waits until it is told what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from perennial.outcomes.summary import RECORDED, REJECTED, SUMMARY
from perennial.registry.layout import OUTCOMES, recorded_prefix, split_uri

from cli import terminal
from cli.exits import CommandError, Exit
from cli.outputs import Deployment
from cli.steps import Steps
from cli.training import upload_file

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SECONDS = 600.0  # Lambda tries an event again for minutes; a file takes seconds


def record(
    deployment: Deployment, model: str, path: Path, steps: Steps, timeout: float | None
) -> dict[str, Any]:
    """Upload a file; what was recorded of it, once that is known.

    Raises:
        CommandError: there is no such file, or nothing is told of it in time.
    """
    started = upload_file(deployment, model, path, steps, folder=OUTCOMES)
    bucket, key = split_uri(started.uri)
    with steps.step("Record outcomes", path.name) as step:
        for told in _told(deployment, bucket, f"{recorded_prefix(key)}{SUMMARY}", timeout):
            # A file of this name may have been recorded before.
            if told.get("run_id") == started.run_id:
                step.detail = f"{told['accepted']:,} of {told['rows']:,}"
                return told
    raise CommandError(
        "Nothing was told of the file in time.",
        advice="`perennial logs record` says what became of it.",
        code=Exit.TIMEOUT,
    )


def present(told: dict[str, Any], *, json_output: bool) -> None:
    """Show what came of a file; one nothing was recorded of ends the program with its code."""
    if json_output:
        terminal.emit(told)
    else:
        _show(told)
    if told["status"] == REJECTED:
        if json_output:
            raise typer.Exit(Exit.INVALID)
        raise CommandError(
            f"Nothing was recorded: {told['reason']}.",
            advice="Its columns are prediction_id and outcome, or others: docs/outcomes.md.",
            code=Exit.INVALID,
        )


def _show(told: dict[str, Any]) -> None:
    if told["status"] != REJECTED:
        terminal.show(f"{told['status']}: {told['accepted']:,} of {told['rows']:,} outcomes.")
    if told["status"] not in (RECORDED, REJECTED):
        terminal.show(f"The rest could not be read: {told['reason']}.")
    if told["new_labels"]:
        terminal.show(f"{told['new_labels']:,} of them bear a label that training never saw.")
    for note in told["notes"]:
        terminal.show(f"Note: {note}.")
    if told["reasons"]:
        rows = [[f"{count:,}", reason] for reason, count in told["reasons"].items()]
        terminal.show(terminal.table(["Refused", "Because"], rows))
    if told["rejects"]:
        terminal.show(f"Row by row: {told['rejects']}")


def _told(
    deployment: Deployment, bucket: str, key: str, timeout: float | None
) -> Iterator[dict[str, Any]]:
    """What is told beside the file, again and again until the time is up."""
    s3: S3Client = deployment.target.client("s3")
    until = time.monotonic() + (timeout or _SECONDS)
    while time.monotonic() < until:
        with suppress(s3.exceptions.NoSuchKey):
            yield json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        time.sleep(deployment.target.patience)
