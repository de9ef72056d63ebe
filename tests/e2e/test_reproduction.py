"""A version trained on the deployed stacks is made again to the byte, and tampering is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from perennial.provenance.receipts import evidence_uri
from perennial.registry.layout import split_uri
from perennial.registry.records import RunStatus, Version

from cli.exits import Exit
from tests.e2e.command import command
from tests.e2e.platform import Platform

MODEL = "wine"
# On the emulator a job runs the checkout in place, which somebody may edit between two jobs.
EDITED = {"code", "image", "lock file"}


@pytest.fixture(scope="module")
def version(platform: Platform, wine: bytes) -> Version:
    run = platform.train(MODEL, wine + b"\n", "reproduced.csv")
    assert run.status is RunStatus.SUCCEEDED, run.reason
    assert run.version is not None
    found = platform.registry.version(MODEL, run.version)
    assert isinstance(found, Version)
    return found


@contextmanager
def replaced(platform: Platform, uri: str, body: bytes) -> Iterator[None]:
    """An object with other bytes, for as long as this lasts."""
    client, (bucket, key) = platform.client("s3"), split_uri(uri)
    whole = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    client.put_object(Bucket=bucket, Key=key, Body=body)
    try:
        yield
    finally:
        client.put_object(Bucket=bucket, Key=key, Body=whole)


def test_a_registered_version_has_a_receipt_of_everything_that_went_in(
    platform: Platform, version: Version
) -> None:
    bucket, key = split_uri(evidence_uri(version))
    body = platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    receipt = json.loads(body)
    assert receipt["digest"] == version.receipt_digest
    assert receipt["image"]["name"].startswith("perennial-local/train")
    assert receipt["environment"]["OPENBLAS_NUM_THREADS"] == "1"
    assert len(receipt["code"]["commit"].removesuffix("-dirty")) == 40
    told = platform.registry.events(MODEL)
    registered = [one for one in told if one.subject == f"version {version.number}"]
    assert registered[-1].details["receipt_digest"] == version.receipt_digest


def test_a_version_is_made_again_to_the_byte(state: Path, version: Version) -> None:
    code, told = command(state, "reproduce", MODEL, str(version.number))
    assert told["identical"], told
    assert told["artifact_digest"]["retrained"] == version.artifact_digest
    assert (told["differences"], told["findings"]) == ([], [])
    assert code == Exit.OK


def test_a_version_is_made_again_to_the_byte_in_the_queue_it_was_trained_in(
    state: Path, version: Version
) -> None:
    code, told = command(state, "reproduce", MODEL, str(version.number), "--in-batch")
    assert told["identical"], told
    assert {one["what"] for one in told["differences"]} <= EDITED
    assert not told["findings"]
    assert code == Exit.OK


def test_two_versions_are_compared_row_by_row(
    platform: Platform, state: Path, version: Version, wine: bytes, tmp_path: Path
) -> None:
    fewer = b"".join(wine.splitlines(keepends=True)[:-6])
    run = platform.train(MODEL, fewer, "fewer.csv")
    assert run.metrics, run.reason
    page = tmp_path / "compared.html"
    names = [str(version.number), run.run_id[:12]]
    code, told = command(state, "compare", MODEL, *names, "--html", str(page))
    assert code == Exit.OK
    assert told["paired"]["difference"]["value"] is not None
    assert "was the champion" in told["paired"]["note"]
    assert told["data"]["first"]["rows"] - told["data"]["second"]["rows"] == 6
    assert {one["what"] for one in told["environment"]} <= EDITED
    assert told["second"]["dollars"] > 0
    assert "Row by row" in page.read_text("utf-8")


def test_the_runs_of_a_model_are_told_with_what_they_were_tried_with_and_took(
    state: Path, version: Version
) -> None:
    code, told = command(state, "runs", MODEL, "--by", "accuracy")
    assert code == Exit.OK
    mine = next(one for one in told if one["run_id"] == version.run_id)
    assert (mine["algorithm"], mine["parameters"]["max_iter"]) == ("linear", 1000)
    assert mine["total_seconds"] > 0
    assert mine["dollars"] > 0
    reached = [one["metrics"].get("accuracy", 0.0) for one in told]
    assert reached == sorted(reached, reverse=True)


def test_tampering_with_artifact_and_receipt_is_found(
    platform: Platform, state: Path, version: Version
) -> None:
    with (
        replaced(platform, version.artifact_uri, b"tampered with"),
        replaced(platform, version.receipt_uri, b"{}"),
    ):
        code, told = command(state, "reproduce", MODEL, str(version.number))
    assert code == Exit.DIFFERENT
    assert [(one["subject"], one["kind"]) for one in told["findings"]] == [
        ("artifact", "changed"),
        ("receipt", "changed"),
    ]
    assert told["identical"]  # from the copy of the receipt


def test_a_version_whose_dataset_was_tampered_with_is_refused(
    platform: Platform, state: Path, version: Version
) -> None:
    bucket, _ = split_uri(version.receipt_uri)
    dataset = f"s3://{bucket}/datasets/{MODEL}/{version.dataset_digest}/data.parquet"
    with replaced(platform, dataset, b"other rows"):
        code, told = command(state, "reproduce", MODEL, str(version.number))
    assert code == Exit.DIFFERENT
    assert "the dataset was changed" in told["error"]
