"""The receipt names everything that decides the result, before anything is fitted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from perennial.errors import TrainingFailed
from perennial.training.receipt import LIBRARIES, receipt_of, source_digest

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
    monkeypatch.setenv("PERENNIAL_IMAGE", "sha256:1")
    found += [receipt_of(job, threads=1, lock=LOCK)["digest"]]
    monkeypatch.delenv("PERENNIAL_IMAGE")
    assert len({digest, *found}) == 7
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
