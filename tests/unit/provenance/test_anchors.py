"""The head of a history is written down once, where nothing is overwritten."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from perennial.provenance.anchors import anchor, anchors
from perennial.provenance.audit import audit
from perennial.provenance.findings import Kind
from perennial.registry.chain import Head

from tests.fakes.records import AT
from tests.fakes.versioned import InMemoryVersions
from tests.unit.provenance.history import MODEL, Archive, lived


@dataclass
class Bucket(InMemoryVersions):
    """A bucket that keeps versions, in which anchors are written and hidden."""

    hidden: set[str] = field(default_factory=set)

    def write(self, uri: str, body: bytes, _media_type: str = "", *, once: bool = False) -> None:
        if not once or uri not in self._kept:
            super().write(uri, body)

    def names(self) -> list[str]:
        """What is there, by its place."""
        found = (listed.uri for listed in self.listed("s3://artifacts/heads/"))
        return [uri for uri in found if uri not in self.hidden]

    def hide(self, uri: str) -> None:
        """Lay a mark of deletion on an object."""
        self.hidden.add(uri)


@pytest.fixture
def archive() -> Archive:
    return lived()


@pytest.fixture
def files() -> Bucket:
    return Bucket()


def anchored(archive: Archive, files: Bucket, at: str = AT) -> Head:
    store: Any = files  # nothing but `write` is called
    return anchor(MODEL, archive, store, "artifacts", lambda: at)


def test_an_anchor_says_what_the_head_is(archive: Archive, files: Bucket) -> None:
    head = anchored(archive, files)
    assert head == archive.head(MODEL)
    assert anchors(MODEL, files, "artifacts") == {head.sequence: {head.digest}}
    (place,) = files.names()
    said = json.loads(files.read(place))
    assert (said["sequence"], said["digest"], said["anchored_at"]) == (10, head.digest, AT)


def test_a_head_is_anchored_once(archive: Archive, files: Bucket) -> None:
    anchored(archive, files)
    (place,) = files.names()
    first = files.read(place)
    anchored(archive, files, "later")
    assert files.read(place) == first


def test_each_head_has_an_anchor_of_its_own(archive: Archive, files: Bucket) -> None:
    anchored(archive, files)
    archive.register(4)
    anchored(archive, files)
    assert sorted(anchors(MODEL, files, "artifacts")) == [10, 11]


def test_a_model_without_history_has_no_anchor(files: Bucket) -> None:
    assert anchored(Archive(), files) == Head()
    assert anchors(MODEL, files, "artifacts") == {}


def test_the_anchors_of_a_model_are_its_own(archive: Archive, files: Bucket) -> None:
    anchored(archive, files)
    assert anchors("ban", files, "artifacts") == {}
    files.write(f"s3://artifacts/heads/{MODEL}/no-anchor.json", b"", "")
    assert sorted(anchors(MODEL, files, "artifacts")) == [10]


def test_anchors_find_a_history_that_was_written_anew(archive: Archive, files: Bucket) -> None:
    anchored(archive, files)
    archive.rewrite(archive.written()[:4])
    found = audit(MODEL, archive, anchors(MODEL, files, "artifacts")).findings
    assert Kind.REMOVED_TAIL in {one.kind for one in found}


def test_an_anchor_that_was_hidden_still_counts(archive: Archive, files: Bucket) -> None:
    anchored(archive, files)
    files.hide(files.names()[0])
    assert files.names() == []
    assert sorted(anchors(MODEL, files, "artifacts")) == [10]
