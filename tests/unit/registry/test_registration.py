"""A candidate is registered once, whole, and only when it passed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from perennial.errors import ArtifactError, Conflict, Unavailable
from perennial.registry.receipt import digest_of
from perennial.registry.records import Event, RunStatus, Version
from perennial.registry.registration import register

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import AT, a_run
from tests.fakes.registry import InMemoryRegistry

RUN = "s3://data/runs/bank/a/"
ARTIFACT = b"a zip"
DIGEST = hashlib.sha256(ARTIFACT).hexdigest()
TARGET = f"s3://artifacts/artifacts/bank/{DIGEST}.zip"
RECEIPT = {"dataset_digest": "e" * 64, "spec_digest": "f" * 64, "seed": 7}
RECEIPT_DIGEST = digest_of(RECEIPT)
EVIDENCE = "s3://artifacts/evidence/bank/00000001/receipt.json"


def receipt(**given: Any) -> bytes:
    return json.dumps(RECEIPT | {"run_id": "a", "digest": RECEIPT_DIGEST} | given).encode()


def training(**given: Any) -> bytes:
    return json.dumps({"artifact_digest": DIGEST, "receipt": "receipt.json"} | given).encode()


def evaluation(**given: Any) -> bytes:
    document = {
        "model": "bank",
        "run_id": "a",
        "outcome": "PASSED",
        "artifact_digest": DIGEST,
        "artifact_size": len(ARTIFACT),
        "dataset_digest": "e" * 64,
        "spec_digest": "f" * 64,
        "algorithm": "xgboost",
        "metrics": {"roc_auc": 0.9},
        "gates": ["roc_auc 0.9 ≥ 0.8", "roc_auc 0.9 beats the naive baseline's 0.5"],
        "what else an evaluation says": 1,
    }
    return json.dumps(document | given).encode()


@pytest.fixture
def store() -> InMemoryObjects:
    store = InMemoryObjects()
    store.write(RUN + "candidate.zip", ARTIFACT, "application/zip")
    store.write(RUN + "evaluation.json", evaluation(), "application/json")
    store.write(RUN + "training.json", training(), "application/json")
    store.write(RUN + "receipt.json", receipt(), "application/json")
    return store


@pytest.fixture
def registry() -> InMemoryRegistry:
    registry = InMemoryRegistry()
    registry.create_run(a_run())
    return registry


def registered(store: InMemoryObjects, registry: InMemoryRegistry) -> Version:
    return register(RUN, "artifacts", by="alice", store=store, registry=registry, clock=lambda: AT)


def test_a_candidate_becomes_a_version_with_everything_about_it(
    store: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    version = registered(store, registry)
    assert version == Version(
        model="bank",
        number=1,
        run_id="a",
        artifact_digest=DIGEST,
        artifact_uri=TARGET,
        artifact_size=5,
        dataset_digest="e" * 64,
        spec_digest="f" * 64,
        receipt_uri=RUN + "receipt.json",
        report_uri=RUN + "evaluation.html",
        card_uri=RUN + "card.html",
        algorithm="xgboost",
        metrics={"roc_auc": 0.9},
        gates=("roc_auc 0.9 ≥ 0.8", "roc_auc 0.9 beats the naive baseline's 0.5"),
        created_at=AT,
        created_by="alice",
        receipt_digest=RECEIPT_DIGEST,
    )
    assert store.read(TARGET) == ARTIFACT
    assert store.read(EVIDENCE) == receipt()
    event = registry.events("bank")[0]
    assert (event.what, event.subject, event.by) == ("version_registered", "version 1", "alice")
    said = {"run_id": "a", "artifact_digest": DIGEST, "receipt_digest": RECEIPT_DIGEST}
    assert event.details.items() >= said.items()
    run = registry.run("bank", "a")
    assert run is not None
    assert (run.status, run.version) == (RunStatus.RUNNING, 1)


def test_a_run_registers_one_version_however_often_the_step_is_repeated(
    store: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    assert registered(store, registry) == registered(store, registry)
    assert len(registry.versions("bank")) == len(registry.events("bank")) == 1


def test_the_receipt_of_a_version_is_written_once(
    store: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    store.write(EVIDENCE, b"what was there first", "application/json")
    registered(store, registry)
    assert store.read(EVIDENCE) == b"what was there first"


def test_the_receipt_is_of_the_attempt_that_made_the_candidate(
    store: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    second = RECEIPT | {"cpu": "another"}
    digest = digest_of(second)
    body = json.dumps(second | {"run_id": "a", "digest": digest}).encode()
    store.write(RUN + "receipt-2.json", body, "application/json")
    store.write(RUN + "training.json", training(receipt="receipt-2.json"), "application/json")
    version = registered(store, registry)
    assert (version.receipt_digest, version.receipt_uri) == (digest, RUN + "receipt-2.json")
    assert store.read(EVIDENCE) == body


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("receipt.json", receipt(seed=8), "was changed"),
        ("receipt.json", receipt(run_id="b"), "another run"),
        ("receipt.json", b"{}", "damaged"),
        ("training.json", b"not json", "damaged"),
        ("training.json", training(receipt="receipt-9.json"), "receipt is missing"),
        ("training.json", training(artifact_digest="0" * 64), "not the one that was evaluated"),
    ],
)
def test_a_candidate_without_its_receipt_is_not_registered(
    store: InMemoryObjects, registry: InMemoryRegistry, name: str, body: bytes, message: str
) -> None:
    store.write(RUN + name, body, "application/json")
    with pytest.raises(ArtifactError, match=message):
        registered(store, registry)
    assert not registry.versions("bank")


@pytest.mark.parametrize("outcome", ["GATED", "anything"])
def test_a_candidate_that_did_not_pass_is_not_registered(
    store: InMemoryObjects, registry: InMemoryRegistry, outcome: str
) -> None:
    store.write(RUN + "evaluation.json", evaluation(outcome=outcome), "application/json")
    with pytest.raises(Conflict, match="did not pass its gates"):
        registered(store, registry)
    assert not registry.versions("bank")
    assert not store.exists(TARGET)


def test_bytes_that_are_not_those_that_were_evaluated_are_not_registered(
    store: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    store.write(RUN + "candidate.zip", b"other bytes", "application/zip")
    with pytest.raises(ArtifactError, match="not the one that was evaluated"):
        registered(store, registry)
    assert not registry.versions("bank")
    assert not store.exists(TARGET)


@pytest.mark.parametrize(
    ("document", "error", "message"),
    [(b"{}", ArtifactError, "damaged"), (b"not json", ArtifactError, "damaged")],
)
def test_a_damaged_evaluation_registers_nothing(
    store: InMemoryObjects,
    registry: InMemoryRegistry,
    document: bytes,
    error: type[Exception],
    message: str,
) -> None:
    store.write(RUN + "evaluation.json", document, "application/json")
    with pytest.raises(error, match=message):
        registered(store, registry)


def test_a_run_that_was_not_evaluated_registers_nothing(registry: InMemoryRegistry) -> None:
    with pytest.raises(Conflict, match="has not been evaluated"):
        registered(InMemoryObjects(), registry)


def test_a_missing_artifact_registers_nothing(registry: InMemoryRegistry) -> None:
    store = InMemoryObjects()
    store.write(RUN + "evaluation.json", evaluation(), "application/json")
    with pytest.raises(ArtifactError, match="artifact is missing"):
        registered(store, registry)


def test_when_the_registry_refuses_nothing_is_half_registered(store: InMemoryObjects) -> None:
    class Refusing(InMemoryRegistry):
        def register_version(self, version: Version, event: Event) -> Version:
            raise Unavailable("DynamoDB did not answer")

    refusing = Refusing()
    refusing.create_run(a_run())
    with pytest.raises(Unavailable):
        registered(store, refusing)
    run = refusing.run("bank", "a")
    assert run is not None
    assert (run.status, run.version) == (RunStatus.QUEUED, None)
    assert not refusing.versions("bank")
