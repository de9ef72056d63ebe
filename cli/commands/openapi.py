"""`perennial openapi`: the API's document, from the specs alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cli import project, terminal
from cli.options import Json


def run(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to this file instead of stdout.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Print the OpenAPI 3.1 document of the specs in models/, as JSON.

    What only a training knows, such as categories that a spec leaves open and the labels of the
    target, is in a deployment's own document: `GET /openapi.json`.
    """
    from perennial.spec import load_specs

    from cli.openapi import document_of

    here = project.current()
    specs = load_specs(here.models)
    document = document_of(specs.values())
    if out is None:
        terminal.emit(document)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if json_output:
        terminal.emit({"file": str(out), "models": sorted(specs)})
    else:
        terminal.show(f"Wrote {here.shown(out)}: {', '.join(sorted(specs))}.")
