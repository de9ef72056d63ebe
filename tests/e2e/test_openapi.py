"""The deployed API beside its own document: everything schemathesis can think of, and the page."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from perennial.registry.records import RunStatus
from perennial.spec import FeatureType, ModelSpec, load_specs

from tests.e2e.platform import Platform
from tests.unit.manage.documented import Documented

MODEL = "bank-marketing"
HERE = Path(__file__).parent
SPEC = load_specs(HERE.parents[1] / "models")[MODEL]
# One model's own paths and those that models share; setting a route needs a signature.
# A version's paths are those of its model with a number in them.
PATHS = rf"/{MODEL}/|^/v1/models(/\{{model\}})?$|^/openapi.json$|^/v2(?!.*/versions)"


def rows_that_fit(spec: ModelSpec, count: int) -> bytes:
    """Training data with something to learn in it: the first feature tells the label, mostly."""
    chance = random.Random(0)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*spec.features, spec.target])
    for _ in range(count):
        row = [_value(spec, name, chance) for name in spec.features]
        writer.writerow([*row, int((float(row[0]) > 60) ^ (chance.random() < 0.1))])
    return text.getvalue().encode()


def _value(spec: ModelSpec, name: str, chance: random.Random) -> str:
    feature = spec.features[name]
    if feature.categories:
        return chance.choice(feature.categories)
    assert feature.minimum is not None
    assert feature.maximum is not None
    if feature.type is FeatureType.INTEGER:
        return str(chance.randint(int(feature.minimum), int(feature.maximum)))
    return f"{chance.uniform(feature.minimum, feature.maximum):.3f}"


@pytest.fixture(scope="module")
def documented(platform: Platform) -> Documented:
    """The document of a deployment in which the model is in service."""
    if platform.registry.route(MODEL) is None:
        run = platform.train(MODEL, rows_that_fit(SPEC, 300))
        assert run.status is RunStatus.SUCCEEDED, run.reason
    answer = platform.call("/openapi.json")
    assert answer.status == 200
    return Documented(answer.body)


def test_schemathesis_finds_nothing(
    platform: Platform, documented: Documented, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).parent / "schemathesis")]
    command += ["--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{platform.api}/openapi.json", "--url", platform.api]
    command += ["--header", f"x-api-key: {platform.key}", "--rate-limit", "45/s"]
    command += ["--include-path-regex", PATHS, "--phases", "examples,coverage,fuzzing"]
    command += ["--max-examples", "10", "--generation-deterministic", "--no-shrink"]
    # One worker: Python 3.11 counts the depth of a syntax tree for all threads together.
    command += ["--no-color", "--workers", "1"]
    environment = os.environ | {"PYTHONWARNINGS": "default", "PYTHONPATH": str(HERE.parents[1])}
    environment |= {"SCHEMATHESIS_HOOKS": "tests.e2e.schemathesis_hooks"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    told = [line[:300] for line in done.stdout.splitlines() if not line.startswith("    curl")]
    assert done.returncode == 0, "\n".join(told)
    assert "Rate limited" not in done.stdout


def test_the_example_of_the_document_is_accepted(
    platform: Platform, documented: Documented
) -> None:
    path = f"/v1/models/{MODEL}/predict"
    media = documented.operation("POST", path)["requestBody"]["content"]["application/json"]
    answer = platform.call(path, media["example"])
    assert answer.status == 200
    assert documented.problems("POST", path, 200, "application/json", answer.body) == []


def test_the_document_says_where_the_api_is(platform: Platform, documented: Documented) -> None:
    (server,) = documented.document["servers"]
    assert platform.emulator.endpoint + server["url"] == platform.api


def test_without_a_key_there_is_no_document(platform: Platform) -> None:
    for key in (None, "a-key-that-is-not-one-of-these"):
        refused = platform.call("/openapi.json", key=key)
        nowhere = platform.call("/v1/models/no-such-model", key=key)
        assert refused.status == nowhere.status == 403
        assert refused.body | {"instance": ""} == nowhere.body | {"instance": ""}


def test_the_page_needs_no_key_and_tells_nothing(
    platform: Platform, documented: Documented
) -> None:
    page = platform.call("/docs", key=None)
    assert (page.status, page.content_type) == (200, "text/html; charset=utf-8")
    for path in documented.document["paths"]:
        assert path == "/openapi.json" or path.encode() not in page.body
