"""How a rollout went is told by who decided: the evidence, the clock, or somebody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from perennial.registry.records import Event as Recorded
from perennial.rollout.admission import JUDGE
from perennial.rollout.wording import without_decision

from examples.story.phases import Phases
from examples.story.releases import Stage, Term, stages, terms


def told(second: int, what: str, version: int, by: str = JUDGE, **details: str) -> Recorded:
    about = {"rollout_version": str(version), "rollout_status": "RUNNING", **details}
    at = f"1970-01-01T00:00:{second:02d}.000Z"
    return Recorded("bank", second, at, by, what, "route 1", "errors: 0 % more", about)


def until(second: int, last: str, by: str = JUDGE, **details: str) -> list[Recorded]:
    return [told(1, "rollout_began", 2, "workflow"), told(second, last, 2, by, **details)]


def test_stages_follow_each_other_with_their_time_and_rows() -> None:
    recorded = [
        *until(5, "rollout_step", share="0.25"),
        told(9, "rollout_ended", 2, rollout_status="PROMOTED"),
    ]
    why = "errors: 0 % more"
    assert list(stages(recorded, lambda at: 10 * int(at))) == [
        Stage(2, "shadow", "pass", 4.0, 40, why),
        Stage(2, "25%", "pass", 4.0, 40, why),
    ]


@pytest.mark.parametrize(
    ("by", "status", "verdict"),
    [
        (JUDGE, "PROMOTED", "pass"),
        (JUDGE, "REJECTED", "reject"),
        ("operator", "SUPERSEDED", "taken"),
        ("automation", "ENDED", "taken"),
    ],
)
def test_verdict_is_that_of_whoever_ended_the_stage(by: str, status: str, verdict: str) -> None:
    (stage,) = stages(until(5, "rollout_ended", by, rollout_status=status), int)
    assert stage.verdict == verdict


def test_stage_that_its_time_ended_is_not_one_that_evidence_ended() -> None:
    began, ended = until(5, "rollout_ended", rollout_status="PROMOTED")
    late = without_decision("latency: seen 8")
    (stage,) = stages([began, replace(ended, reason=late)], int)
    assert stage.verdict == "time"


def test_rollout_that_goes_on_has_no_end_yet() -> None:
    assert not list(stages([told(1, "rollout_began", 2)], int))


def test_terms_follow_the_champion_and_know_which_was_taken_back() -> None:
    recorded = [
        told(1, "route_changed", 1, champion="1"),
        told(2, "rollout_began", 2, champion="1"),
        told(3, "rollout_ended", 2, champion="2"),
        told(4, "version_registered", 3),
        told(5, "rolled_back", 2, champion="1", rejected="2"),
    ]
    assert terms(recorded, int) == [Term(1, 1), Term(2, 3, taken_back=True), Term(1, 5)]


def test_every_second_belongs_to_one_phase() -> None:
    moments = iter([0.0, 2.0, 5.0, 6.0, 6.5])
    phases = Phases(lambda: next(moments))
    for phase in ("rows", "reports", "rows"):
        phases.turn(phase)
    assert phases.seconds() == {"rows": 3.0, "reports": 3.0}
    assert phases.seconds() == {"rows": 3.5, "reports": 3.0}
