"""Whatever was done to the evidence of a version is found."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import ArtifactError
from perennial.provenance.code import code_digest, unpack
from perennial.provenance.receipts import Kind, evidence_uri, receipt_of, verify_version
from perennial.registry.receipt import digest_of
from perennial.registry.records import Version
from perennial.training.sources import PACKAGE, archive, running_code

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_version

ARTIFACT, DATA, LOCK = b"an artifact", b"rows", b"numpy==2"
CODE = archive(PACKAGE)
DIGESTS = {part: hashlib.sha256(part).hexdigest() for part in (ARTIFACT, DATA, LOCK)}
RECEIPT: dict[str, Any] = {
    "format": 2,
    "dataset_digest": DIGESTS[DATA],
    "spec_digest": "f" * 64,
    "code": {"running": running_code()},
    "lock_digest": DIGESTS[LOCK],
}
VERSION = a_version(
    number=1,
    artifact_digest=DIGESTS[ARTIFACT],
    dataset_digest=DIGESTS[DATA],
    receipt_digest=digest_of(RECEIPT),
)
PLACES = {
    "artifact": VERSION.artifact_uri,
    "dataset": f"s3://data/datasets/bank/{DIGESTS[DATA]}/data.parquet",
    "receipt": VERSION.receipt_uri,
    "copy of the receipt": evidence_uri(VERSION),
    "code": f"s3://data/sources/code/{running_code()}.zip",
    "lock file": f"s3://data/sources/locks/{DIGESTS[LOCK]}.txt",
}


def receipt(**given: Any) -> bytes:
    content = RECEIPT | {"run_id": "a"} | given
    return json.dumps(content | {"digest": digest_of(content)}).encode()


def stored(changed: Mapping[str, bytes] | None = None, without: str = "") -> InMemoryObjects:
    bodies = {
        "artifact": ARTIFACT,
        "dataset": DATA,
        "receipt": receipt(),
        "copy of the receipt": receipt(),
        "code": CODE,
        "lock file": LOCK,
    }
    store = InMemoryObjects()
    for subject, body in (bodies | dict(changed or {})).items():
        if subject != without:
            store.write(PLACES[subject], body, "")
    return store


def found(store: InMemoryObjects, version: Version = VERSION) -> list[tuple[str, Kind]]:
    return [(one.subject, one.kind) for one in verify_version(version, store)]


def test_a_version_whose_evidence_is_whole_has_no_finding() -> None:
    assert found(stored()) == []


@pytest.mark.parametrize("subject", PLACES)
def test_evidence_that_was_changed_is_found(subject: str) -> None:
    (finding,) = verify_version(VERSION, stored({subject: b"tampered with"}))
    assert (finding.subject, finding.kind) == (subject, Kind.CHANGED)
    assert PLACES[subject] in finding.message


@pytest.mark.parametrize("subject", PLACES)
def test_evidence_that_is_gone_is_found(subject: str) -> None:
    expected = [(subject, Kind.MISSING)]
    assert found(stored(without=subject)) == expected


@pytest.mark.parametrize("name", ["seed", "dataset_digest", "spec_digest", "run_id"])
def test_a_receipt_that_was_written_anew_with_a_digest_of_its_own_is_found(name: str) -> None:
    forged = receipt(**{name: "another"})
    assert found(stored({"receipt": forged})) == [("receipt", Kind.CHANGED)]


def test_a_file_that_was_added_to_the_code_is_found() -> None:
    body = io.BytesIO(CODE)
    with zipfile.ZipFile(body, "a") as whole:
        whole.writestr("perennial/more.py", "print('here')")
    assert found(stored({"code": body.getvalue()})) == [("code", Kind.CHANGED)]


def test_a_version_older_than_digests_of_receipts_is_called_unproven() -> None:
    old = a_version(number=1, artifact_digest=DIGESTS[ARTIFACT], dataset_digest=DIGESTS[DATA])
    assert found(stored(), old) == [("receipt", Kind.UNPROVEN)]


def test_the_receipt_is_read_from_either_place_while_one_of_them_is_right() -> None:
    for lost in ("receipt", "copy of the receipt"):
        assert receipt_of(VERSION, stored(without=lost))["format"] == 2
        assert receipt_of(VERSION, stored({lost: b"{}"}))["format"] == 2


def test_no_receipt_is_better_than_a_wrong_one() -> None:
    both = {"receipt": b"{}", "copy of the receipt": receipt(seed=3)}
    with pytest.raises(ArtifactError):
        receipt_of(VERSION, stored(both))


def test_the_archive_of_the_code_has_the_digest_of_the_code(tmp_path: Path) -> None:
    assert code_digest(CODE) == running_code()
    unpack(CODE, running_code(), tmp_path)
    assert (tmp_path / "perennial" / "errors.py").read_bytes() == (
        PACKAGE / "errors.py"
    ).read_bytes()


@pytest.mark.parametrize("name", ["../evil.py", "perennial/../../evil.py", "/etc/evil.py"])
def test_an_archive_that_leads_out_of_its_folder_is_not_unpacked(tmp_path: Path, name: str) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as whole:
        whole.writestr(name, "1")
    with pytest.raises(ArtifactError):
        unpack(body.getvalue(), code_digest(body.getvalue()), tmp_path / "here")
    assert not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize("eighth", range(8))  # the directory at its end is less than the last
def test_a_damaged_archive_of_code_is_a_finding_like_any_other(eighth: int) -> None:
    damaged, at = bytearray(CODE), eighth * len(CODE) // 8
    damaged[at : at + 40] = b"\xff" * 40
    assert ("code", Kind.CHANGED) in found(stored({"code": bytes(damaged)}))


@pytest.mark.parametrize("end", ["", "cut", "locked"])
def test_an_archive_of_code_that_does_not_open_has_no_digest(end: str) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("perennial/a.py", "print(1)\n" * 100)
    body = bytearray(target.getvalue())
    assert code_digest(bytes(body))
    start = body.index(b"PK\x01\x02")
    if end == "locked":  # bit 0 of the general purpose flags: encrypted
        body[6] |= 1
        body[start + 8] |= 1
    elif end == "cut":  # a place before the beginning of the file
        body[-6:-2] = b"\xff\xff\xff\x7f"
    else:
        body[44 : start - 1] = b"\x07" * (start - 45)
    assert code_digest(bytes(body)) == ""


@pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff", b"null", b'{"digest": NaN}', b""])
def test_what_is_no_receipt_at_all_is_a_finding(body: bytes) -> None:
    assert ("receipt", Kind.CHANGED) in found(stored({"receipt": body}))


def test_code_of_another_digest_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="code was changed"):
        unpack(CODE, "0" * 64, tmp_path)
    assert not list(tmp_path.iterdir())
