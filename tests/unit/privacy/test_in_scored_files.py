"""Files to score that tell of persons: results name pseudonyms, and answers are the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from perennial.privacy import deployed
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.serving.artifact import GOLDEN, MANIFEST, load_artifact, write_artifact
from perennial.serving.concealment import Concealing
from perennial.serving.engine import engine_of

from tests.unit.predict.artifacts import CATEGORIES, artifact
from tests.unit.scoring.bank import SPEC, Bank, csv_of, features_of, rows

PSEUDONYMS = Pseudonyms(lambda: b"k" * 32)
PRIVATE = SPEC + "privacy: {pii: {client: pseudonymise}, person: client}\n"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(deployed.KEY, "arn:key")
    monkeypatch.setitem(deployed._made, "arn:key", PSEUDONYMS)


def learned_from_pseudonyms() -> bytes:
    """The usual artifact, as if its training had seen pseudonyms of jobs."""
    data, digest = artifact()
    made = load_artifact(data, digest)
    manifest = json.loads(json.dumps(made.manifest)) | {"pseudonymised": ["job"]}
    for feature in manifest["features"]:
        if feature["name"] == "job":
            feature["categories"] = [PSEUDONYMS.of(one, "job") for one in CATEGORIES]
    kept = {name: body for name, body in made.entries.items() if name not in (MANIFEST, GOLDEN)}
    return write_artifact(manifest, kept)


def test_results_bear_pseudonyms_of_ids(tmp_path: Path) -> None:
    bank = Bank(tmp_path, PRIVATE)
    body = csv_of(rows(20)) + b"c-bad,7,student,1,true,\n"
    bank.run(body)
    scored, rejected = bank.output("predictions.csv"), bank.output("rejected.csv")
    assert [row["client"] for row in scored] == [
        PSEUDONYMS.of(f"c{number}", "client") for number in range(20)
    ]
    assert rejected[0]["client"] == PSEUDONYMS.of("c-bad", "client")
    assert [row["row"] for row in scored] == list(range(1, 21))
    left = [body for body in bank.files._versions.items() if "c-bad" in str(body[1])]
    assert [uri for uri, _ in left] == ["s3://data/score/bank/clients.csv"]


def test_results_from_before_are_not_taken_again(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    body = csv_of(rows(20))
    bank.run(body)
    again = Bank(tmp_path, PRIVATE, files=bank.files)
    again.run(body)
    assert again.scored
    assert all(row["client"].startswith("psn_") for row in again.output("predictions.csv"))


def test_a_model_that_learned_from_pseudonyms_answers_as_if_it_had_not(tmp_path: Path) -> None:
    body = csv_of(rows(50))
    usual, other = Bank(tmp_path), Bank(tmp_path)
    usual.run(body)
    other.serve(learned_from_pseudonyms())
    other.run(body)
    assert other.output("predictions.csv") == usual.output("predictions.csv")


def test_files_and_requests_are_answered_alike(tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    bank.serve(learned_from_pseudonyms())
    table = rows(30)
    bank.run(csv_of(table))
    engine = Concealing(engine_of(bank.bytes, bank.digest), ["job"])
    asked = [features_of(row) for row in table]
    said = [str(one.value) for one in engine.predict(asked)]
    assert [row["prediction"] for row in bank.output("predictions.csv")] == said
