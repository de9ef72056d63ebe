"""What the demonstration leaves on the screen: the scores, the endpoint, a line to paste."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from perennial.registry import layout

from cli import run_pages, run_report, terminal
from cli.documents import document
from cli.project import Project

if TYPE_CHECKING:
    from cli.demo import Shown


def present(project: Project, shown: Shown, *, stops: bool) -> None:
    """Print the result, run the curl line as a person would, and say what happens next."""
    from rich.text import Text

    evaluation = document(shown.reports, layout.EVALUATION_JSON)
    terminal.show(*run_pages.of(shown.run, {}, evaluation))
    url = shown.endpoint.url + shown.endpoint.predict_path(shown.run.model)
    for page in run_report.pages(shown.reports):
        terminal.show(f"Report    {project.shown(page)}")
    terminal.show(f"Measured  {project.shown(project.build / 'demo.json')}")
    terminal.show(f"Endpoint  {url}", "")
    terminal.show(Text(f"$ {curl_line(shown)}", style="bold"))
    terminal.show(_answer(shown), "")
    if stops:
        terminal.show(
            "The emulator stops now; nothing is left running. `make up` brings it back with the",
            "model in service, at the same address and with the same key if its port is free.",
        )
    else:
        terminal.show("The emulator goes on running; `make down` stops it.")


def curl_line(shown: Shown) -> str:
    """The request as a line for a shell; it works from any folder."""
    url = shown.endpoint.url + shown.endpoint.predict_path(shown.run.model)
    words = ["curl", "--silent", url]
    words += ["--header", f"x-api-key: {shown.endpoint.key}"]
    words += ["--header", "content-type: application/json", "--data", f"@{shown.request}"]
    return shlex.join(words)


def _answer(shown: Shown) -> str:
    """What the line answers: run as it stands there, or what was asked before without `curl`."""
    if shutil.which("curl") is None:
        return json.dumps(shown.answer, indent=2)
    done = subprocess.run(  # noqa: S603
        shlex.split(curl_line(shown)), capture_output=True, text=True, timeout=60, check=False
    )
    try:
        return json.dumps(json.loads(done.stdout), indent=2)
    except ValueError:
        return done.stdout or done.stderr or f"curl ended with {done.returncode}"
