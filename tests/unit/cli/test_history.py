"""What `perennial history`, `audit` and `lineage` print."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from perennial.provenance.audit import audit
from perennial.provenance.lineage import Lineage

from cli import auditing, history, lineage
from cli.exits import CommandError, Exit
from cli.moments import moment
from tests.fakes.files import InMemoryFiles
from tests.fakes.records import an_event
from tests.unit.provenance.history import MODEL, Archive, lived

EVERYTHING = history.Stretch(None, None, None, 100)


@pytest.fixture
def archive() -> Archive:
    return lived()


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("typed", "end", "meant"),
    [
        ("2026-11-01T12:00Z", False, "2026-11-01T12:00:00.000Z"),
        ("2026-11-01T12:00", False, "2026-11-01T03:00:00.000Z"),
        ("2026-11-01", False, "2026-10-31T15:00:00.000Z"),
        ("2026-11-01", True, "2026-11-01T14:59:59.999Z"),
        ("2026-11-01T12:00+02:00", True, "2026-11-01T10:00:00.000Z"),
    ],
)
def test_a_moment_is_meant_where_it_is_typed(
    in_tokyo: None, typed: str, end: bool, meant: str
) -> None:
    assert moment(typed, "--at", end=end) == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "2026-13-01", "12:00", "0001-01-01"])
def test_what_is_no_moment_is_refused(in_tokyo: None, typed: str) -> None:
    with pytest.raises(CommandError, match=r"--at: .* is no moment") as refused:
        moment(typed, "--at")
    assert refused.value.code is Exit.USAGE


def test_a_history_shows_who_did_what_and_why(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    history.show_lines(archive, MODEL, EVERYTHING, json_output=False)
    printed = capsys.readouterr().out
    assert "rolled_back" in printed
    assert "ada" in printed
    assert "it was the data" in printed


def test_a_long_reason_is_a_line_of_the_table_and_whole_as_json(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = "roc_auc 0.9 beats the naive baseline's 0.5; " * 6
    archive.tell(an_event("route_proven", at=archive.clock(), details={}, reason=reason))
    history.show_lines(archive, MODEL, EVERYTHING, json_output=False)
    assert max(map(len, capsys.readouterr().out.splitlines())) < len(reason)
    history.show_lines(archive, MODEL, EVERYTHING, json_output=True)
    assert json.loads(capsys.readouterr().out)[0]["reason"] == reason


@pytest.mark.parametrize("source", ["s3://data/incoming/m/f.csv", "incoming/m/f.csv", "f.csv"])
def test_an_upload_is_found_by_its_uri_its_key_and_its_name(source: str) -> None:
    assert lineage.address(source, "m", "data") == "s3://data/incoming/m/f.csv"


def test_a_history_as_json_has_every_digest(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    history.show_lines(archive, MODEL, EVERYTHING, json_output=True)
    told = json.loads(capsys.readouterr().out)
    assert [one["digest"] for one in told[1:]] == [one["previous"] for one in told[:-1]]


def test_what_served_is_shown_with_who_saw_to_it(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    history.show_service(archive, MODEL, "2030-01-01", json_output=False)
    printed = capsys.readouterr().out
    assert "version 2" in printed
    assert "ada" in printed
    history.show_service(archive, MODEL, "2030-01-01", json_output=True)
    assert json.loads(capsys.readouterr().out)["champion"] == 2


@pytest.mark.parametrize("model", [MODEL, "other"])
def test_a_moment_at_which_nothing_served_is_told(archive: Archive, model: str) -> None:
    with pytest.raises(CommandError) as refused:
        history.show_service(archive, model, "2020-01-01", json_output=False)
    assert refused.value.code is Exit.NOT_FOUND


def test_a_model_without_history_is_told(archive: Archive) -> None:
    with pytest.raises(CommandError, match="has no history"):
        history.show_lines(archive, "other", EVERYTHING, json_output=False)


def test_an_audit_says_what_it_looked_at_and_found(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    auditing.show(audit(MODEL, archive, {}))
    assert "bank: as written (10 events, 0 anchors, 3 versions)" in capsys.readouterr().out
    del archive.written()[3]
    auditing.show(audit(MODEL, archive, {}))
    printed = capsys.readouterr().out
    assert "removed-event" in printed
    assert "event 4 is not there" in printed


def test_a_lineage_is_a_tree_back_and_forth(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = Lineage(archive, InMemoryFiles()).of_version(MODEL, 2)
    lineage.present(graph, MODEL, svg=None, html=None, json_output=False)
    printed = capsys.readouterr().out
    assert printed.startswith("bank version 2\n")
    for word in ("came from", "led to", "serves as  champion", "incoming/bank/jan.csv"):
        assert word in printed
