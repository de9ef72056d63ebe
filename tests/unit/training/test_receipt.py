"""The receipt names everything that decides the result, before anything is fitted."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import ArtifactError, TrainingFailed, Unavailable
from perennial.registry.receipt import digest_of, read_receipt
from perennial.training.image import image_of
from perennial.training.machine import FLAGS, processor
from perennial.training.receipt import LIBRARIES, keep_receipt, receipt_of
from perennial.training.sources import archive, keep_sources, running_code, source_digest

from tests.fakes.objects import InMemoryObjects
from tests.unit.training.samples import RUN, FolderStore, a_spec, put_job, table, trained

LOCK = Path(__file__).parents[3] / "functions" / "train" / "requirements.lock"


def test_a_receipt_is_there_though_the_fit_fails(tmp_path: Path) -> None:
    spec = a_spec("binary", parameters={"nonsense": 1})
    with pytest.raises(TrainingFailed):
        trained(tmp_path, spec, table(100, "binary"))
    receipt = json.loads(
        (tmp_path / "store" / RUN.removeprefix("s3://") / "receipt.json").read_text()
    )
    assert receipt["spec_digest"] == spec.digest
    assert receipt["spec"]["algorithm"]["parameters"] == {"nonsense": 1}


def test_each_input_changes_the_digest_and_the_run_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(FolderStore(tmp_path), a_spec("binary"), table(100, "binary"))
    whole = receipt_of(job, threads=1, lock=LOCK)
    digest = whole["digest"]
    assert whole["lock_digest"] is not None
    assert set(whole["libraries"]) == set(LIBRARIES)
    others = [
        job.model_copy(update={"seed": 1}),
        job.model_copy(update={"spec_digest": "other"}),
        job.model_copy(update={"dataset": job.dataset.model_copy(update={"digest": "other"})}),
    ]
    found = [receipt_of(other, threads=1, lock=LOCK)["digest"] for other in others]
    found += [receipt_of(job, threads=2, lock=LOCK)["digest"]]
    found += [receipt_of(job, threads=1, lock=None)["digest"]]
    found += [receipt_of(job, threads=1, lock=LOCK, search_digest="5" * 64)["digest"]]
    monkeypatch.setenv("PERENNIAL_IMAGE", "sha256:1")
    found += [receipt_of(job, threads=1, lock=LOCK)["digest"]]
    monkeypatch.delenv("PERENNIAL_IMAGE")
    assert len({digest, *found}) == 8
    again = job.model_copy(update={"run_id": "another"})
    assert receipt_of(again, threads=1, lock=LOCK)["digest"] == digest


def test_the_code_digest_follows_content_and_names(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = source_digest(tmp_path)
    (tmp_path / "notes.txt").write_text("no code")
    assert source_digest(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    second = source_digest(tmp_path)
    (tmp_path / "b.py").write_text("2")
    assert len({first, second, source_digest(tmp_path)}) == 3


def test_a_receipt_tells_when_a_word_of_it_was_changed(tmp_path: Path) -> None:
    job = put_job(FolderStore(tmp_path), a_spec("binary"), table(100, "binary"))
    receipt = receipt_of(job, threads=1, lock=LOCK)
    assert read_receipt(json.dumps(receipt).encode()) == receipt
    for name in receipt.keys() - {"run_id", "digest"}:
        with pytest.raises(ArtifactError, match="was changed"):
            read_receipt(json.dumps(receipt | {name: "other"}).encode())
    with pytest.raises(ArtifactError, match="was changed"):
        read_receipt(json.dumps(receipt | {"more": 1}).encode())
    with pytest.raises(ArtifactError, match="damaged"):
        read_receipt(b"[]")


def kept(receipt: dict[str, Any], store: InMemoryObjects, **changed: Any) -> str:
    other = receipt | changed
    return keep_receipt(other | {"digest": digest_of(other)}, RUN, store)


def test_another_attempt_brings_the_same_receipt_or_is_refused(tmp_path: Path) -> None:
    job = put_job(FolderStore(tmp_path), a_spec("binary"), table(100, "binary"))
    receipt, store = receipt_of(job, threads=1, lock=LOCK), InMemoryObjects()
    assert kept(receipt, store) == kept(receipt, store) == "receipt.json"
    with pytest.raises(TrainingFailed, match=r"another lock_digest, seed and cannot"):
        kept(receipt, store, lock_digest="0" * 64, seed=5)
    assert read_receipt(store.read(RUN + "receipt.json")) == receipt


def test_an_attempt_on_another_machine_leaves_its_own_receipt(tmp_path: Path) -> None:
    job = put_job(FolderStore(tmp_path), a_spec("binary"), table(100, "binary"))
    receipt, store = receipt_of(job, threads=1, lock=LOCK), InMemoryObjects()
    kept(receipt, store)
    name = kept(receipt, store, cpu={"model": "another"}, threads=8)
    assert name != "receipt.json"
    assert read_receipt(store.read(RUN + name))["threads"] == 8
    assert read_receipt(store.read(RUN + "receipt.json"))["threads"] == 1


def test_code_and_lock_are_kept_under_the_digests_of_the_receipt(tmp_path: Path) -> None:
    store = InMemoryObjects()
    keep_sources("data", LOCK, store)
    receipt = receipt_of(
        put_job(FolderStore(tmp_path), a_spec("binary"), table(100, "binary")),
        threads=1,
        lock=LOCK,
    )
    lock = store.read(f"s3://data/sources/locks/{receipt['lock_digest']}.txt")
    assert lock == LOCK.read_bytes()
    code = store.read(f"s3://data/sources/code/{receipt['code']['running']}.zip")
    zipfile.ZipFile(io.BytesIO(code)).extractall(tmp_path / "code")
    assert source_digest(tmp_path / "code" / "perennial") == running_code()


def test_equal_code_makes_an_equal_archive(tmp_path: Path) -> None:
    found = []
    for name in ("first", "second"):
        folder = tmp_path / name / "package"
        folder.mkdir(parents=True)
        (folder / "a.py").write_text("1")
        (folder / "notes.txt").write_text(name)
        found.append(archive(folder))
    assert found[0] == found[1]


def test_the_processor_is_told_with_the_instructions_that_matter(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("model name\t: A CPU\nflags\t\t: fpu avx2 fma\n\nmodel name\t: Another\n")
    found = processor(told)
    assert (found["model"], found["flags"]) == ("A CPU", ["avx2", "fma"])
    told.write_text("CPU part\t: 0xd0c\nFeatures\t: asimd sve\n")
    found = processor(told)
    assert (found["model"], found["flags"]) == ("0xd0c", ["asimd", "sve"])
    assert set(processor(tmp_path / "none")["flags"]) <= FLAGS


def test_the_image_is_the_one_that_ecs_says_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    told = b'{"Image": "1.dkr.ecr.aws/train:t", "ImageID": "sha256:5"}'
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: io.BytesIO(told))
    address = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"}
    assert image_of(address) == {"name": "1.dkr.ecr.aws/train:t", "digest": "sha256:5"}
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: io.BytesIO(b"{}"))
    with pytest.raises(Unavailable, match="which image"):
        image_of(address)


def test_a_local_image_is_what_stands_for_it() -> None:
    named = {"PERENNIAL_IMAGE": "perennial-local/train:latest"}
    one, same, other = (image_of(named, *content) for content in ("ab", "ab", "ac"))
    assert one == same != other
    assert image_of({}, "a") is None
