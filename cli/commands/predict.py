"""`perennial predict`: ask the endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import project, terminal
from cli.options import Json, Model, on_target
from cli.target import Target


@on_target
def run(
    target: Target,
    model: Model,
    file: Annotated[
        Path | None,
        typer.Argument(help="Rows: .json, .jsonl, or .csv with a header; - for JSON on stdin."),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option("--row", help="One row as a JSON object; may be given several times."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Predict for some rows, over HTTP and with the API key, as an application would."""
    from cli import rows
    from cli.endpoint import Endpoint
    from cli.outputs import Deployment

    given = rows.given(row or (), file, project.current().models, model)
    answer = Endpoint.of(Deployment(target)).predict(model, given)
    if json_output:
        terminal.emit(answer)
        return
    predictions = answer["predictions"]
    labels = list(predictions[0].get("probabilities", {}))
    lines = [_line(number, one, labels) for number, one in enumerate(predictions)]
    headings = ["Row>", "Prediction", *(f"P({label})>" for label in labels)]
    terminal.show(f"{model}, version {answer['version']}", terminal.table(headings, lines))


def _line(number: int, one: dict[str, Any], labels: list[str]) -> list[str]:
    value = one["prediction"]
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return [str(number), shown, *(f"{one['probabilities'][label]:.4f}" for label in labels)]
