"""`openapi` writes the API's document from the specs, with nothing deployed."""

from __future__ import annotations

import json

from cli.exits import Exit
from tests.unit.cli.conftest import Line


def test_the_document_of_the_specs_goes_to_stdout(line: Line) -> None:
    result = line("openapi")
    assert (result.exit_code, result.stderr) == (Exit.OK, "")
    document = json.loads(result.stdout)
    assert document["openapi"].startswith("3.1")
    assert "/v1/models/wine/predict" in document["paths"]


def test_the_document_can_be_written_to_a_file(line: Line) -> None:
    out = line.project.root / "made" / "api.json"
    result = line("openapi", "--out", str(out), "--json")
    assert json.loads(result.stdout) == {"file": str(out), "models": ["wine"]}
    assert json.loads(out.read_text()) == json.loads(line("openapi").stdout)
    assert "wine" in line("openapi", "--out", str(out)).stdout


def test_a_mistake_in_a_spec_is_told(line: Line) -> None:
    (line.project.models / "wine.yaml").write_text("name: wine\ntask: regresion\n")
    result = line("openapi")
    assert result.exit_code == Exit.INVALID
    assert "wine.yaml:2" in result.stderr
