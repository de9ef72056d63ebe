"""Whether what lies in S3 is still what a version was made of, found by hashing it anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from perennial.errors import ArtifactError
from perennial.forgetting.records import Tombstone, read_tombstone
from perennial.provenance.code import code_digest
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt, read_receipt
from perennial.registry.records import Version

_CHUNK = 1 << 20  # bytes


class Kind(StrEnum):
    """What is wrong with a piece of evidence."""

    CHANGED = "changed"  # other bytes than those that were registered
    MISSING = "missing"
    REMOVED = "removed"  # rows of persons left the dataset, on request: no tampering
    UNPROVEN = "unproven"  # of a version registered before this was kept


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the version says."""

    subject: str  # artifact, receipt, copy of the receipt, dataset, code, lock file
    kind: Kind
    message: str  # a sentence, with the place


def verify_version(version: Version, store: ObjectStore) -> list[Finding]:
    """What no longer fits a version; empty when everything does.

    Artifact, dataset, code and lock file are read whole and hashed; the receipt must have the
    digest the registry holds, and name the dataset and spec the registry names.

    Raises:
        Unavailable: the store does not answer.
    """
    findings = list(_bytes("artifact", version.artifact_uri, version.artifact_digest, store))
    bucket, _ = layout.split_uri(version.receipt_uri)
    dataset = layout.uri(bucket, layout.dataset_prefix(version.model, version.dataset_digest))
    findings += _dataset(dataset, version.dataset_digest, store)
    receipt, wrong = _receipt("receipt", version.receipt_uri, version, store)
    findings += wrong
    if version.receipt_digest:
        _, wrong = _receipt("copy of the receipt", evidence_uri(version), version, store)
        findings += wrong
    if receipt is not None:
        findings += _sources(bucket, receipt, store)
    return findings


def evidence_uri(version: Version) -> str:
    """Where the receipt was copied to when the version was registered."""
    bucket, _ = layout.split_uri(version.artifact_uri)
    prefix = layout.evidence_prefix(version.model, version.number)
    return layout.uri(bucket, prefix + layout.RECEIPT)


def receipt_of(version: Version, store: ObjectStore) -> Receipt:
    """The receipt of a version, proven by the digest the registry holds.

    Raises:
        ArtifactError: it is gone, or is not the one that was registered.
        Unavailable: the store does not answer.
    """
    found: list[Finding] = []
    for place in (evidence_uri(version), version.receipt_uri):
        receipt, found = _receipt("receipt", place, version, store)
        if receipt is not None:
            return receipt
    raise ArtifactError(found[0].message)


def digest_at(uri: str, store: ObjectStore) -> str:
    """SHA-256 of an object's bytes, hexadecimal, read in pieces.

    Raises:
        FileNotFoundError: there is none.
    """
    with store.open(uri) as stream:
        return _digest(stream)


def _digest(stream: BinaryIO) -> str:
    whole = hashlib.sha256()
    while piece := stream.read(_CHUNK):
        whole.update(piece)
    return whole.hexdigest()


def _bytes(subject: str, uri: str, expected: str, store: ObjectStore) -> Iterator[Finding]:
    try:
        found = digest_at(uri, store)
    except FileNotFoundError:
        yield Finding(subject, Kind.MISSING, f"the {subject} is gone: {uri}")
        return
    if found != expected:
        told = f"the {subject} was changed: {uri} has the digest {found[:12]}…, not "
        yield Finding(subject, Kind.CHANGED, f"{told}{expected[:12]}…")


def _dataset(prefix: str, expected: str, store: ObjectStore) -> Iterator[Finding]:
    """As `_bytes`; other bytes that a tombstone accounts for are told as what they are."""
    for found in _bytes("dataset", prefix + layout.DATA, expected, store):
        tombstone = _tombstone(prefix, store) if found.kind is Kind.CHANGED else None
        if tombstone and tombstone.accounts_for(digest_at(prefix + layout.DATA, store)):
            told = f"{tombstone.rows} rows were removed from the dataset on request"
            yield Finding("dataset", Kind.REMOVED, f"{told}: {prefix}")
        else:
            yield found


def _tombstone(prefix: str, store: ObjectStore) -> Tombstone | None:
    try:
        return read_tombstone(store, prefix)
    except ValueError:  # something else lies in its place, and accounts for nothing
        return None


def _receipt(
    subject: str, uri: str, version: Version, store: ObjectStore
) -> tuple[Receipt | None, list[Finding]]:
    """The receipt at a place when it is the version's, else what is wrong with it."""
    try:
        receipt = read_receipt(store.read(uri))
    except FileNotFoundError:
        return None, [Finding(subject, Kind.MISSING, f"the {subject} is gone: {uri}")]
    except ArtifactError as error:
        return None, [Finding(subject, Kind.CHANGED, f"{error}: {uri}")]
    if version.receipt_digest and receipt["digest"] != version.receipt_digest:
        told = f"the {subject} was replaced: {uri} is not the one that was registered"
        return None, [Finding(subject, Kind.CHANGED, told)]
    named = (receipt.get("run_id"), receipt.get("dataset_digest"), receipt.get("spec_digest"))
    if named != (version.run_id, version.dataset_digest, version.spec_digest):
        told = f"the {subject} is of another run, dataset or spec than the version: {uri}"
        return None, [Finding(subject, Kind.CHANGED, told)]
    if not version.receipt_digest:
        told = f"version {version.number} was registered before digests of receipts were kept"
        return receipt, [Finding(subject, Kind.UNPROVEN, told)]
    return receipt, []


def _sources(bucket: str, receipt: Receipt, store: ObjectStore) -> Iterator[Finding]:
    """Code and lock file, where the receipt is of a kind that keeps them."""
    if receipt.get("format", 1) < 2:
        return
    code = layout.uri(bucket, layout.code_key(receipt["code"]["running"]))
    yield from _code(code, receipt["code"]["running"], store)
    if locked := receipt["lock_digest"]:
        yield from _bytes("lock file", layout.uri(bucket, layout.lock_key(locked)), locked, store)


def _code(uri: str, expected: str, store: ObjectStore) -> Iterator[Finding]:
    try:
        found = code_digest(store.read(uri))
    except FileNotFoundError:
        yield Finding("code", Kind.MISSING, f"the code is gone: {uri}")
        return
    if found != expected:
        yield Finding("code", Kind.CHANGED, f"the code was changed: {uri}")
