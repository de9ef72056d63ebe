"""The evidence of a step comes from metrics, captures and outcomes of that step alone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from perennial.capture.batch import Batch
from perennial.outcomes.columns import truth_table
from perennial.outcomes.taking import Outcome
from perennial.registry.layout import truth_key, uri
from perennial.rollout.evidence import Evidence
from perennial.rollout.samples import Counts
from perennial.rollout.witness import Evidenced
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles
from tests.fakes.records import a_rollout
from tests.unit.capture.messages import AT, SPEC, message

BEGAN = "2026-11-21T14:30:30.500Z"
UNTIL = "2026-11-21T14:40:00.000Z"
LATER = AT + 60_000  # within the step


@dataclass
class Counted:
    """Metrics by version, and what was asked of them."""

    sums_of: Mapping[str, tuple[float, float]]
    asked: list[tuple[datetime, datetime]] = field(default_factory=list)
    unasked: float = 0.0

    def sums(
        self, names: tuple[str, ...], dimensions: Mapping[str, str], start: datetime, end: datetime
    ) -> Mapping[str, float]:
        assert dimensions["model"] == "bank"
        self.asked.append((start, end))
        if names == ("ShadowFailures",):
            return {"ShadowFailures": self.unasked}
        found = self.sums_of.get(dimensions["version"], (0.0, 0.0))
        return dict(zip(("Requests", "Errors"), found, strict=True))


def seen(
    *texts: str,
    metrics: Mapping[str, tuple[float, float]] | None = None,
    step: int = 1,
    unasked: float = 0.0,
) -> tuple[Evidence, Counted]:
    files, counted = InMemoryFiles(), Counted(metrics or {}, unasked=unasked)
    spec = parse_spec(SPEC)
    batch = Batch(lambda _: spec, files, "data")
    for number, text in enumerate(texts):
        batch.take(f"m{number}", text)
    assert all(written.error is None for written in batch.write())
    came_true(files)
    witness = Evidenced(spec, "data", files=files, metrics=counted)
    rollout = a_rollout(step=step, step_began_at=BEGAN)
    return witness(rollout, UNTIL), counted


def came_true(files: InMemoryFiles) -> None:
    """What came true of the answers to the requests r1 and r2, a minute later."""
    when = datetime.fromtimestamp(LATER / 1000 + 60, UTC)
    ids = [f"r{version}-{place}" for version in (1, 2) for place in (0, 1)]
    found = [(Outcome(one, None, None, "yes", when), when, "api") for one in ids]
    body = io.BytesIO()
    pq.write_table(truth_table(parse_spec(SPEC), found), body)
    files.write(uri("data", truth_key("bank", f"{when:%Y-%m-%d}", "t")), body.getvalue(), "x/y")


def answer(version: int, /, **given: Any) -> str:
    role = "champion" if version == 1 else "challenger"
    usual = {"version": version, "request_id": f"r{version}", "role": role, "at": LATER}
    usual["rollout"] = a_rollout().rollout_id
    return message(**{**usual, **given})


def test_requests_are_counted_by_version_in_whole_minutes() -> None:
    evidence, counted = seen(metrics={"1": (90.0, 1.0), "2": (10.0, 2.0)})
    assert evidence.champion == Counts(90, 1)
    assert evidence.challenger == Counts(10, 2)
    start, end = counted.asked[0]
    assert (start.isoformat(), end.isoformat()) == (
        "2026-11-21T14:30:00+00:00",
        "2026-11-21T14:40:00+00:00",
    )


def test_more_errors_than_requests_are_no_crash() -> None:
    evidence, _ = seen(metrics={"2": (1.0, 3.0)})
    assert evidence.challenger == Counts(3, 3)


def test_captured_answers_of_both_versions_are_compared() -> None:
    evidence, _ = seen(answer(1), answer(2))
    assert evidence.latency is not None
    assert (evidence.latency.challenger, evidence.latency.champion) == (1, 1)
    assert evidence.shift


@pytest.mark.parametrize(
    "given",
    [
        {"at": AT},
        {"at": AT + 3_600_000},
        {"role": "shadow"},
        {"version": 9},
        {"rollout": None},
        {"rollout": "another"},
    ],
    ids=[
        "before the step",
        "after the look",
        "in another role",
        "of another version",
        "not dealt out by chance",
        "of another rollout",
    ],
)
def test_what_is_not_of_the_step_does_not_count(given: dict[str, Any]) -> None:
    evidence, _ = seen(answer(1), answer(2, **given))
    assert evidence.latency is not None
    assert evidence.latency.challenger == 0
    assert evidence.loss is not None
    assert (evidence.loss.challenger, evidence.loss.champion) == (0, 1)


def test_answers_whose_outcome_came_in_are_compared_by_loss() -> None:
    evidence, _ = seen(answer(1), answer(2))
    assert evidence.loss is not None
    assert (evidence.loss.challenger, evidence.loss.champion) == (1, 1)


def test_answers_in_the_shadow_are_compared_by_loss_in_pairs() -> None:
    shadow = answer(2, role="shadow", request_id="r1")
    evidence, _ = seen(answer(1), shadow, step=0)
    assert evidence.loss is not None
    assert (evidence.loss.challenger, evidence.loss.champion) == (1, 1)


def test_without_outcomes_there_is_no_loss() -> None:
    evidence, _ = seen(answer(1, request_id="r8"), answer(2, request_id="r9"))
    assert evidence.loss is None


def test_nothing_at_all_is_evidence_of_nothing() -> None:
    evidence, _ = seen()
    assert evidence.challenger == Counts(0, 0)
    assert evidence.shift == {}
    assert evidence.notes == ()


@pytest.mark.parametrize(("step", "told"), [(0, 1), (1, 0)], ids=["shadow", "canary"])
def test_requests_that_the_shadow_was_not_asked_are_told(step: int, told: int) -> None:
    evidence, _ = seen(answer(1), step=step, unasked=7.0)
    said = [note for note in evidence.notes if "the shadow was not asked 7 times" in note]
    assert len(said) == told


def test_a_shadow_that_was_always_asked_is_not_spoken_of() -> None:
    evidence, _ = seen(answer(1), step=0)
    assert evidence.notes == ()


def test_damaged_captures_are_told_and_stop_nothing() -> None:
    files = InMemoryFiles()
    spec = parse_spec(SPEC)
    folder = "s3://data/captures/model=bank/version=2/hour=2026-11-21T14/"
    files.write(f"{folder}half.parquet", b"PAR1", "x")
    witness = Evidenced(spec, "data", files=files, metrics=Counted({}))
    evidence = witness(a_rollout(step=1, step_began_at=BEGAN), UNTIL)
    assert any("could not be read" in note for note in evidence.notes)
