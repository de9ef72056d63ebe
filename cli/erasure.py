"""Asks for persons to be forgotten, waits for what comes of it, and tells it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli import catalogue
from cli.exits import CommandError, Exit
from cli.operator import Operator
from cli.outputs import Deployment

PAUSE = 1.0  # seconds between two looks
_NOBODY = ("names no person", "names no id_column")  # what the API says of models without any


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be forgotten.

    Attributes:
        id: of the person or row.
        reason: why.
        row: whether it is of a row.
        dry_run: whether nothing is changed.
    """

    id: str
    reason: str
    row: bool = False
    dry_run: bool = False


def given(text: str) -> str:
    """An id of the command line, or from standard input: there no list of processes shows it."""
    return sys.stdin.readline().rstrip("\r\n") if text == "-" else text


def ask(deployment: Deployment, wish: Wish, models: Sequence[str] | None) -> list[dict[str, Any]]:
    """Ask for each model; those that name nobody are left out, unless they were named.

    Raises:
        CommandError: an answer is a problem, or there is none.
    """
    operator, asked = Operator.of(deployment), []
    body = {
        "id": wish.id,
        "kind": "row" if wish.row else "person",
        "reason": wish.reason,
        "dry_run": wish.dry_run,
    }
    for name in models or sorted(catalogue.deployed(deployment)):
        try:
            asked.append(operator.change("POST", name, "forget", body))
        except CommandError as error:
            if models or not any(told in error.message for told in _NOBODY):
                raise
    return asked


def awaited(deployment: Deployment, asked: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """What came of a request.

    Raises:
        CommandError: it failed, or did not end in time.
    """
    client, deadline = deployment.target.client("stepfunctions"), time.monotonic() + seconds
    while True:
        found = client.describe_execution(executionArn=asked["execution"])
        if found["status"] == "SUCCEEDED":
            return dict(json.loads(found["output"]))
        if found["status"] != "RUNNING":
            raise CommandError(
                f"The workflow for {asked['model']} ended {found['status']}: "
                f"{found.get('error', 'no error')}.",
                advice="What is gone stays gone; ask again. `perennial logs forget` tells more.",
                code=Exit.RUN_FAILED,
            )
        if time.monotonic() > deadline:
            raise CommandError(f"It goes on: {asked['execution']}", code=Exit.TIMEOUT)
        time.sleep(PAUSE)


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """What came of a request, for people."""
    rows, files = result["rows"], result["files"]
    would = "would be removed" if result["dry_run"] else "removed"
    if not rows and not files:
        yield f"{result['model']}: nothing is stored of this person."
    else:
        yield f"{result['model']}: {would}"
        yield from (
            f"  {count:,} row{'' if count == 1 else 's'} of {place}"
            for place, count in rows.items()
        )
        yield from (f"  {count:,} of the {place}, whole" for place, count in files.items())
    if result["trained_versions"]:
        numbers = ", ".join(map(str, result["trained_versions"]))
        yield f"  Trained on this person: version {numbers}. Train again to leave them behind."
    yield from (f"  Cannot be read, and may hold more: {one}" for one in result["unreadable"])
    if not result["complete"]:
        yield "  More was written meanwhile: ask again."
