"""`perennial rollout` says where a version on its way stands, in words and numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from perennial.registry.records import RolloutStatus
from perennial.rollout.judge import judge

from cli import run_report
from cli.exits import Exit
from cli.operator import Operator
from cli.outputs import Deployment
from tests.fakes.records import a_rollout, a_route, a_run, a_version, an_event
from tests.unit.cli.conftest import Line
from tests.unit.rollout.scenes import GOOD, STEP, rules

FINDINGS = judge(GOOD, rules(), STEP, 2).as_json(next_look_at="2026-01-02T03:05:05.006Z")


def running(line: Line, **given: Any) -> None:
    line.registry.set_route(a_route(model="wine"), an_event(model="wine"))
    rollout = a_rollout(model="wine", step=1, findings=FINDINGS, **given)
    route = replace(a_route(2, model="wine"), rollout_id="r2", share=0.25)
    line.registry.set_route(route, an_event(model="wine"), rollout=rollout)


def test_a_rollout_is_shown_with_its_evidence_and_the_next_look(line: Line) -> None:
    running(line)
    told = line("rollout", "wine").stdout
    assert "Version 2 of wine against version 1: RUNNING, step 2 of 2, canary, answers 25%" in told
    assert "of the requests, since" in told
    for name in ("errors", "latency", "predictions", "loss"):
        assert name in told
    assert "tolerated 1 %" in told
    assert "Next look: 2026-01-02" in told


def test_as_json_it_is_what_the_api_answers(line: Line) -> None:
    running(line)
    shown = json.loads(line("rollout", "wine", "--json").stdout)
    assert shown["rollout"]["findings"]["verdict"] == "pass"
    assert (shown["rollout"]["share"], shown["earlier"]) == (0.25, [])


def test_a_step_nobody_looked_at_yet_says_so(line: Line) -> None:
    line.registry.set_route(a_route(model="wine"), an_event(model="wine"))
    route = replace(a_route(2, model="wine"), rollout_id="r2", shadow=a_route().champion)
    line.registry.set_route(route, an_event(), rollout=a_rollout(model="wine"))
    told = line("rollout", "wine").stdout
    assert "shadow, is asked everything and answers nobody, since" in told
    assert "not looked at this step yet" in told


def test_the_latest_rollout_is_shown_when_none_is_under_way(line: Line) -> None:
    ended = a_rollout(
        model="wine", status=RolloutStatus.REJECTED, reason="slower by far", findings=FINDINGS
    )
    line.registry.save_rollout(ended)
    told = line("rollout", "wine").stdout
    assert "No rollout of wine is under way" in told
    assert "slower by far" in told
    assert "Next look" not in told


def test_a_step_that_ended_unseen_says_so(line: Line) -> None:
    line.registry.save_rollout(a_rollout(model="wine", status=RolloutStatus.PROMOTED))
    assert "The judge never looked at this step." in line("rollout", "wine").stdout


def test_a_wish_about_a_rollout_that_is_over_says_that_none_is_under_way(line: Line) -> None:
    line.registry.save_rollout(a_rollout(model="wine", status=RolloutStatus.ENDED))
    done = line("rollout", "wine", "--pause", "--reason", "lunch")
    assert done.exit_code == Exit.NOT_FOUND
    assert "No rollout of wine is under way." in done.stderr


@pytest.mark.parametrize("part", ["shadow", "challenger"])
def test_a_training_says_that_its_version_is_rolled_out(line: Line, part: str) -> None:
    served = a_route().champion
    route = replace(a_route(model="wine"), **{part: replace(served, number=2)})  # type: ignore[arg-type]
    line.registry.set_route(route, an_event(model="wine"))
    deployment = Deployment(line.target)
    assert run_report.on_its_way(deployment, a_run(model="wine", version=2))
    assert not run_report.on_its_way(deployment, a_run(model="wine", version=1))
    assert not run_report.on_its_way(deployment, a_run(model="wine"))


def test_a_model_that_never_had_one_says_so(line: Line) -> None:
    assert "has had no rollout" in line("rollout", "wine").stdout


@pytest.mark.parametrize("action", ["pause", "resume", "advance", "end"])
def test_what_a_person_wants_is_asked_of_the_api(
    line: Line, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Operator, "of", lambda _: Operator(None, ""))  # type: ignore[arg-type]
    monkeypatch.setattr(Operator, "change", lambda _, *given: asked.extend(given))
    running(line)
    assert line("rollout", "wine", f"--{action}", "--reason", "so").exit_code == Exit.OK
    assert asked == ["POST", "wine", "rollout", {"action": action, "reason": "so", "step": 2}]


@pytest.mark.parametrize(
    "options", [["--pause"], ["--pause", "--end", "--reason", "x"], ["--reason", "x"]]
)
def test_a_wish_that_makes_no_sense_is_refused_before_anything_is_done(
    line: Line, options: list[str]
) -> None:
    assert line("rollout", "wine", *options).exit_code == Exit.USAGE


def test_versions_show_who_is_on_the_way(line: Line) -> None:
    for name in ("a", "b"):
        line.registry.create_run(a_run(name, model="wine"))
        line.registry.register_version(a_version(name, model="wine"), an_event(model="wine"))
    served = a_route().champion
    route = replace(a_route(model="wine"), challenger=replace(served, number=2), share=0.25)
    line.registry.set_route(route, an_event(model="wine"))
    told = line("versions", "wine").stdout
    assert "answers 25%" in told
    assert "in service" in told
