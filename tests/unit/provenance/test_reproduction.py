"""A version is made again to the byte, or it is said what is another and how far it matters."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from perennial.provenance.receipts import Kind, evidence_uri
from perennial.provenance.reproduction import differences
from perennial.registry import layout
from perennial.registry.receipt import Receipt, digest_of
from perennial.registry.records import Version

from cli import evidence, reproduction, retraining
from cli.exits import CommandError, Exit
from cli.reproduction import Reproduction, reproduce
from cli.retraining import Folder
from cli.target import Target
from tests.unit.provenance.samples import LOCK, PYTHON, registered
from tests.unit.training.samples import a_spec, table

TARGET = Target("Perennial", "us-east-1")
SPEC = a_spec("binary", parameters={"num_boost_round": 10})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Version]:
    """One training for all of this page; nobody changes it."""
    folder = tmp_path_factory.mktemp("trained")
    return folder, registered(folder, SPEC, table(300, "binary"))


@pytest.fixture
def made(trained: tuple[Path, Version], tmp_path: Path) -> tuple[Folder, Version]:
    """A copy to do things to."""
    folder, version = trained
    shutil.copytree(folder / "store", tmp_path / "store")
    return Folder(tmp_path / "store"), version


@pytest.fixture
def here_and_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in this process, where everything is imported already."""

    def train(found: evidence.Evidence, lock: Path) -> None:
        threads = str(found.receipt["threads"])
        for name, value in reproduction.environment_of(found.receipt):
            monkeypatch.setenv(name, value)
        order = [str(found.code), str(found.root), found.run_uri, threads, str(lock)]
        assert retraining.main(order) == 0

    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr(reproduction, "train_here", train)


def gathered(
    made: tuple[Folder, Version], folder: Path, *, here: Path = PYTHON, anyway: bool = False
) -> evidence.Evidence:
    store: Any = made[0]
    return evidence.gather(made[1], store, TARGET, folder, here=here, anyway=anyway)


def again(
    made: tuple[Folder, Version], folder: Path, lock: Path = LOCK, **given: Any
) -> Reproduction:
    store: Any = made[0]
    train = partial(reproduction.train_here, lock=lock)
    return reproduce(gathered(made, folder, **given), store, train)


def rewritten(made: tuple[Folder, Version], **changed: Any) -> tuple[Folder, Version]:
    """The version with another receipt, as if it had been registered with it."""
    store, version = made
    receipt: Receipt = json.loads(store.read(version.receipt_uri)) | changed
    receipt["digest"] = digest_of(receipt)
    for place in (version.receipt_uri, evidence_uri(version)):
        store.write(place, json.dumps(receipt).encode(), "")
    return store, replace(
        version,
        receipt_digest=receipt["digest"],
        dataset_digest=receipt["dataset_digest"],
        spec_digest=receipt["spec_digest"],
    )


def test_a_version_is_made_again_to_the_byte_from_its_receipt_alone(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    made[0].path(made[1].receipt_uri.rpartition("/")[0] + "/job.json").unlink()
    found = again(made, tmp_path / "again")
    assert found.identical
    assert found.sound
    assert (found.differences, found.findings, found.predictions) == ([], [], None)
    told = found.as_json()
    assert told["artifact_digest"] == {
        "registered": made[1].artifact_digest,
        "retrained": made[1].artifact_digest,
    }


def test_where_the_checkout_has_other_code_the_kept_code_trains(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "perennial").mkdir(parents=True)
    (elsewhere / "perennial" / "__init__.py").write_text("raise SystemExit('not this one')")
    found = again(made, tmp_path / "again", here=elsewhere)
    assert found.identical
    assert not found.differences


@pytest.mark.usefixtures("here_and_now")
def test_another_seed_in_the_receipt_gives_another_artifact_and_says_how_far_it_is(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    found = again(rewritten(made, seed=7), tmp_path / "again")
    assert not found.identical
    assert not found.sound
    assert found.predictions is not None
    assert found.predictions.largest > found.predictions.mean > 0
    assert found.predictions.changed_labels is not None


@pytest.mark.usefixtures("here_and_now")
@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"python": "3.9.1"}, ["Python"]),
        ({"lock_digest": "0" * 64}, ["lock file"]),
        ({"image": {"name": "1.dkr.ecr.x/train:1", "digest": "sha256:5"}}, ["image"]),
        (
            {"cpu": {"architecture": "aarch64", "model": "other", "flags": ["sve"]}},
            ["architecture", "CPU", "instructions"],
        ),
    ],
)
def test_exactly_the_input_that_is_another_is_named(
    made: tuple[Folder, Version],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
    what: list[str],
) -> None:
    monkeypatch.setattr(evidence, "_refuse_without_image", lambda *_: None)
    version = rewritten(made, **changed)
    found = again(version, tmp_path / "again", anyway=True)
    assert [one.what for one in found.differences] == what
    assert found.identical  # none of it decided a bit of this model


def test_every_library_and_variable_is_named_by_its_name() -> None:
    then: Receipt = {"libraries": {"numpy": "1", "scipy": "1"}, "environment": {"A": "x"}}
    now: Receipt = {"libraries": {"numpy": "2", "scipy": "1"}, "environment": {}}
    assert list(map(str, differences(then, now))) == [
        "library numpy: 1 then, 2 now",
        "environment A: x then, none now",
    ]


def test_what_cannot_decide_a_bit_is_not_named() -> None:
    then: Receipt = {"workers": 2, "code": {"running": "a", "commit": "1"}}
    now: Receipt = {"workers": 64, "code": {"running": "a", "commit": "2"}}
    assert not differences(then, now)


def test_a_version_whose_dataset_is_gone_is_refused(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    prefix = layout.dataset_prefix("m", made[1].dataset_digest)
    made[0].path(f"s3://data/{prefix}data.parquet").unlink()
    with pytest.raises(CommandError, match="the dataset is gone") as refused:
        gathered(made, tmp_path / "again", anyway=True)
    assert refused.value.code is Exit.NOT_FOUND


def test_a_version_whose_dataset_was_changed_is_refused(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    prefix = layout.dataset_prefix("m", made[1].dataset_digest)
    made[0].write(f"s3://data/{prefix}data.parquet", b"other rows", "")
    with pytest.raises(CommandError, match="the dataset was changed") as refused:
        gathered(made, tmp_path / "again", anyway=True)
    assert refused.value.code is Exit.DIFFERENT


@pytest.mark.usefixtures("here_and_now")
@pytest.mark.parametrize("body", [None, b"no archive"])
def test_a_version_whose_code_is_gone_is_refused_unless_told_otherwise(
    made: tuple[Folder, Version], tmp_path: Path, body: bytes | None
) -> None:
    version = rewritten(made, code={"version": "1", "deployed": "c", "running": "0" * 64})
    if body:
        version[0].write(f"s3://data/{layout.code_key('0' * 64)}", body, "")
    with pytest.raises(CommandError, match=r"the code (is gone|was changed)"):
        gathered(version, tmp_path / "refused")
    found = again(version, tmp_path / "again", anyway=True)
    assert [one.what for one in found.differences] == ["code"]
    assert found.identical
    assert not found.sound


class Ecr:
    """ECR without the image."""

    def describe_images(self, **_: object) -> None:
        raise ClientError({"Error": {"Code": "ImageNotFoundException"}}, "DescribeImages")


def test_a_version_whose_image_is_gone_is_refused_unless_told_otherwise(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    image = {"name": "1.dkr.ecr.eu-west-1.amazonaws.com/train:t", "digest": "sha256:5"}
    version = rewritten(made, image=image)
    target = Target("Perennial", "us-east-1", _clients={"ecr": Ecr()})
    store: Any = version[0]
    with pytest.raises(CommandError, match="image sha256:5… is gone from train") as refused:
        evidence.gather(version[1], store, target, tmp_path / "refused", here=PYTHON, anyway=False)
    assert refused.value.code is Exit.NOT_FOUND
    assert gathered(version, tmp_path / "again", anyway=True).receipt["image"] == image


def test_a_changed_receipt_makes_nothing_again(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    for place in (made[1].receipt_uri, evidence_uri(made[1])):
        made[0].write(place, made[0].read(place).replace(b'"seed": 0', b'"seed": 1'), "")
    with pytest.raises(CommandError, match="cannot be made again: the receipt was changed"):
        gathered(made, tmp_path / "again")


@pytest.mark.usefixtures("here_and_now")
def test_an_artifact_that_was_changed_is_found_though_the_version_can_be_made_again(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    made[0].write(made[1].artifact_uri, b"tampered with", "")
    found = again(made, tmp_path / "again")
    assert found.identical
    assert not found.sound
    assert [(one.subject, one.kind) for one in found.findings] == [("artifact", Kind.CHANGED)]


SEARCH: dict[str, Any] = {
    "method": "random",
    "metric": "roc_auc",
    "seed": 0,
    "points": None,
    "trials": [
        {
            "number": 1,
            "round": 1,
            "algorithm": "xgboost",
            "parameters": {"num_boost_round": 7, "max_depth": 2},
            "state": "COMPLETE",
            "value": 0.9,
        }
    ],
    "best": 1,
    "default": {"state": "COMPLETE", "value": 0.8},
    "margin": None,
    "ended_by": "trials",
    "spent": {"minutes": 1.0, "dollars": 0.1, "prices_of": "2026-01-01"},
}


@pytest.mark.usefixtures("here_and_now")
def test_a_tuned_version_is_made_again_with_what_its_search_found(tmp_path: Path) -> None:
    space = [{"algorithm": "xgboost", "parameters": {"max_depth": {"low": 2, "high": 3}}}]
    tuning = {"method": "random", "search": space, "trials": 2}
    spec = a_spec("binary", parameters={"num_boost_round": 5}, tuning=tuning)
    search = json.dumps(SEARCH).encode()
    version = registered(tmp_path, spec, table(300, "binary"), search=search, threads=2)
    found = again((Folder(tmp_path / "store"), version), tmp_path / "again")
    assert found.identical
    assert not found.differences


def test_a_search_that_is_gone_or_changed_is_refused(
    made: tuple[Folder, Version], tmp_path: Path
) -> None:
    version = rewritten(made, search_digest="5" * 64)
    with pytest.raises(CommandError, match="search its parameters are from is gone"):
        gathered(version, tmp_path / "gone")
    run = version[1].receipt_uri.rpartition("/")[0]
    version[0].write(f"{run}/{layout.SEARCH}", b"{}", "")
    with pytest.raises(CommandError, match="search its parameters are from was changed"):
        gathered(version, tmp_path / "changed")


def test_a_re_training_that_fails_says_why(made: tuple[Folder, Version], tmp_path: Path) -> None:
    spec = SPEC.model_dump(mode="json")
    spec["algorithm"]["parameters"] = {"eta_": 1}
    with pytest.raises(CommandError, match="re-training failed: xgboost has no") as failed:
        again(rewritten(made, spec=spec), tmp_path / "again")
    assert failed.value.code is Exit.RUN_FAILED
