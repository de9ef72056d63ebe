"""The head of a history is written down once, where nothing is overwritten."""

from __future__ import annotations

import json

import pytest
from perennial.provenance.anchors import anchor, anchors
from perennial.provenance.audit import audit
from perennial.provenance.findings import Kind
from perennial.registry.chain import Head

from tests.fakes.files import InMemoryFiles
from tests.fakes.records import AT
from tests.unit.provenance.history import MODEL, Archive, lived


@pytest.fixture
def archive() -> Archive:
    return lived()


@pytest.fixture
def files() -> InMemoryFiles:
    return InMemoryFiles()


def anchored(archive: Archive, files: InMemoryFiles) -> Head:
    return anchor(MODEL, archive, files, "artifacts", lambda: AT)


def test_an_anchor_says_what_the_head_is(archive: Archive, files: InMemoryFiles) -> None:
    head = anchored(archive, files)
    assert head == archive.head(MODEL)
    assert anchors(MODEL, files, "artifacts") == {head.sequence: {head.digest}}
    (listed,) = files.listed("s3://artifacts/heads/")
    said = json.loads(files.read(listed.uri))
    assert (said["sequence"], said["digest"], said["anchored_at"]) == (10, head.digest, AT)


def test_a_head_is_anchored_once(archive: Archive, files: InMemoryFiles) -> None:
    anchored(archive, files)
    (listed,) = files.listed("s3://artifacts/heads/")
    first = files.read(listed.uri)
    anchor(MODEL, archive, files, "artifacts", lambda: "later")
    assert files.read(listed.uri) == first


def test_each_head_has_an_anchor_of_its_own(archive: Archive, files: InMemoryFiles) -> None:
    anchored(archive, files)
    archive.register(4)
    anchored(archive, files)
    assert sorted(anchors(MODEL, files, "artifacts")) == [10, 11]


def test_a_model_without_history_has_no_anchor(files: InMemoryFiles) -> None:
    assert anchored(Archive(), files) == Head()
    assert anchors(MODEL, files, "artifacts") == {}


def test_the_anchors_of_a_model_are_its_own(archive: Archive, files: InMemoryFiles) -> None:
    anchored(archive, files)
    assert anchors("ban", files, "artifacts") == {}
    files.write(f"s3://artifacts/heads/{MODEL}/no-anchor.json", b"", "")
    assert sorted(anchors(MODEL, files, "artifacts")) == [10]


def test_anchors_find_a_history_that_was_written_anew(
    archive: Archive, files: InMemoryFiles
) -> None:
    anchored(archive, files)
    archive.rewrite(archive.written()[:4])
    found = audit(MODEL, archive, anchors(MODEL, files, "artifacts")).findings
    assert Kind.REMOVED_TAIL in {one.kind for one in found}
