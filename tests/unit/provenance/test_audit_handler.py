"""The function `audit`: what it tells of, and what it hands to another call."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from functions.audit import handler as audit
from tests.fakes.versioned import InMemoryVersions
from tests.unit.provenance.history import MODEL, Archive, lived


@dataclass
class Context:
    """What Lambda tells a function of its call."""

    seconds: float = 900
    function_name: str = "perennial-audit"
    aws_request_id: str = "r"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.fixture
def archive() -> Archive:
    return lived()


@pytest.fixture
def handed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[tuple[str, Any]]:
    """Two models are deployed, of which one has a history; the calls that were handed over."""
    for model in (MODEL, "zoo"):
        (tmp_path / f"{model}.json").write_text("{}")
    monkeypatch.setenv("PERENNIAL_SPECS", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_ARTIFACT_BUCKET", "artifacts")
    monkeypatch.setattr(audit, "ports", lambda: (archive, InMemoryVersions()))
    found: list[tuple[str, Any]] = []
    monkeypatch.setattr(audit, "hand_over", lambda name, event: found.append((name, event)))
    return found


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (found,) = [line for line in lines if "_aws" in line] or [{}]
    return {name: found[name] for name in ("AuditFindings", "AuditsUnfinished") if found}


@pytest.mark.usefixtures("handed")
def test_histories_nobody_touched_are_a_zero(capsys: pytest.CaptureFixture[str]) -> None:
    done = audit.handler({}, Context())
    assert done == {"left": (), "findings": 0, "unfinished": ()}
    assert metrics(capsys) == {"AuditFindings": [0], "AuditsUnfinished": [0]}


@pytest.mark.usefixtures("handed")
def test_what_was_tampered_with_is_counted_and_named(
    archive: Archive, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    archive.written()[3] = replace(archive.written()[3], by="mallory")
    assert audit.handler({}, Context())["findings"] == 1
    assert metrics(capsys) == {"AuditFindings": [1], "AuditsUnfinished": [0]}
    (told,) = [vars(record) for record in caplog.records if record.levelname == "ERROR"]
    assert (told["model"], told["kind"], told["where"]) == (MODEL, "edited-event", "event 4")


def test_what_is_left_is_handed_over_with_what_was_found(
    handed: list[tuple[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without time for a single line the first model is named, and the rest comes next."""
    audit.handler({}, Context(seconds=0))
    left = {"left": ("zoo",), "findings": 0, "unfinished": (MODEL,)}
    assert handed == [("perennial-audit", left)]
    assert metrics(capsys) == {}, "a zero before the end would take an alarm off"
    audit.handler(json.loads(json.dumps(left)), Context())
    assert metrics(capsys) == {"AuditFindings": [0], "AuditsUnfinished": [1]}
