"""`docs/protocols.md` says what the code does: its tables are the code's, its examples run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from perennial.serving.predict import PATHS
from perennial.serving.protocols import (
    mlflow_csv,
    mlflow_frames,
    open_inference,
    open_inference_outputs,
)
from perennial.serving.protocols.open_inference_tensors import ACCEPTED
from perennial.serving.rows import MAX_BODY, MAX_ROWS

from tests.unit.protocols.conftest import REQUEST_ID, Spoken

DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocols.md").read_text("utf-8")
CODE = re.compile(r"`([^`]+)`")
COMMANDS: list[str] = re.findall(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL)
ANSWERS = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)]


def table(first: str) -> list[list[str]]:
    """The cells of the table whose head begins with a text, without its head."""
    lines = DOCUMENT[DOCUMENT.index(f"| {first} |") :].splitlines()
    rows = lines[2 : next(n for n, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_datatypes_are_the_codes() -> None:
    documented = {}
    for kind, stated, also in table("Type of the feature"):
        documented[kind.strip("`")] = CODE.findall(stated)[:1] + CODE.findall(also)
    assert {kind: set(names) for kind, names in documented.items()} == {
        kind: set(names) for kind, names in ACCEPTED.items()
    }
    assert {kind: names[0] for kind, names in documented.items()} == {
        kind: names[0] for kind, names in ACCEPTED.items()
    }


def test_the_outputs_are_the_codes() -> None:
    documented = [name.strip("`") for name, *_ in table("Name")]
    assert documented == open_inference_outputs.requested_outputs(documented, ["a", "b"])
    assert set(documented) >= open_inference_outputs.REASONS


def test_the_formats_are_the_codes() -> None:
    assert tuple(name.strip("`") for name, _ in table("Body")) == mlflow_frames.FORMATS


def test_the_paths_are_the_codes() -> None:
    documented = {tuple(CODE.findall(request)[0].split(" ")) for request, _ in table("Request")}
    spoken = {
        (method, path)
        for path, (method, module) in PATHS.items()
        if module == "open_inference" and "{version}" not in path
    }
    assert documented == spoken
    assert "POST /v1/models/{model}/invocations" in DOCUMENT


def test_the_limits_and_markers_are_the_codes() -> None:
    assert f"at most {MAX_ROWS:,} rows and {MAX_BODY:,} bytes" in DOCUMENT
    (sentence,) = re.findall(r"In CSV a value is missing.*?feature\.", DOCUMENT, re.DOTALL)
    assert {*CODE.findall(sentence), ""} == mlflow_csv.MISSING
    for name in open_inference.CONTENT_TYPES:
        assert f"`{name}`" in DOCUMENT


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_answered_as_it_says(spoken: Spoken, command: str) -> None:
    url = re.search(r'"\$BASE(/\S+)"', command)
    media_type = re.search(r"content-type: ([a-z/]+)", command)
    sent = re.search(r"(?:-d |--data-binary \$)'(.*?)'", command, re.DOTALL)
    assert url
    assert media_type
    assert sent
    body = sent[1] if media_type[1] == "application/json" else sent[1].replace("\\n", "\n")
    recorded = "rest-infer" if url[1].endswith("/infer") else "rest-invocations"
    headers = {"content-type": media_type[1]}
    status, _, document = spoken.ask(recorded, body=body, headers=headers)
    assert status == 200, document
    (shown,) = [one for one in ANSWERS if ("outputs" in one) == (recorded == "rest-infer")]
    assert skeleton(document) == skeleton(shown)


def skeleton(document: Any) -> Any:
    """An answer without what differs from model to model."""
    if "predictions" in document:
        return {**document, "artifact_digest": "", "predictions": len(document["predictions"])}
    assert document["parameters"]["request_id"] == REQUEST_ID
    outputs = [{**one, "data": len(one["data"])} for one in document["outputs"]]
    return {**document, "parameters": sorted(document["parameters"]), "outputs": outputs}


def test_the_python_example_is_python() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    compile(code, "docs/protocols.md", "exec")
