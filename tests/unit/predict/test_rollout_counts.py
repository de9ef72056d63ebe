"""What is counted and kept of requests while a rollout is under way."""

from __future__ import annotations

import pytest
from perennial.serving.journal import Journal
from perennial.serving.predict import Endpoint

from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine
from tests.unit.predict.rollouts import CHALLENGED, LEFT, Captures, Rollout, counted


def test_without_a_rollout_nothing_is_counted_by_version(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.respond()
    assert counted(capsys, "model", "version") == []
    asked.respond()
    assert counted(capsys, "model") == [(3, 1, 0, True)]


@pytest.mark.parametrize(("entity", "version"), [(LEFT, "3"), (CHALLENGED, "4")])
def test_a_request_counts_for_the_model_and_for_the_version_that_answered(
    rollout: Rollout, capsys: pytest.CaptureFixture[str], entity: str, version: str
) -> None:
    capsys.readouterr()
    rollout.ask(entity)
    assert counted(capsys, "model", "version") == [(version, 1, 0, True)]
    rollout.ask(entity)
    assert counted(capsys, "model") == [(version, 1, 0, True)]


def test_the_latency_of_a_request_that_loads_a_version_is_not_compared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rollout = Rollout()
    for entity, version in ((LEFT, "3"), (CHALLENGED, "4")):
        rollout.ask(entity)
        assert counted(capsys, "model", "version") == [(version, 1, 0, False)]
        rollout.ask(entity)
        assert counted(capsys, "model", "version") == [(version, 1, 0, True)]


def test_what_loading_the_challenger_took_is_in_no_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process loads each version once, and that falls on fewer requests of the challenger."""
    now = 100.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    rollout = Rollout()
    load = rollout.world.load

    def slow(data: bytes, digest: str) -> FakeEngine:
        nonlocal now
        now += 7.0
        return load(data, digest)

    rollout.ask(LEFT)
    monkeypatch.setattr(rollout.router._engines, "_load", slow)
    rollout.ask(CHALLENGED)
    assert [took for _, took in rollout.captures] == [0.0, 0.0]
    assert now == 107.0


def test_a_divided_request_counts_once_for_the_model_and_for_each_version(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    for dimensions, expected in (
        (("model",), [(3, 1, 0, True)]),
        (("model", "version"), [("3", 1, 0, False), ("4", 1, 0, False)]),
    ):
        capsys.readouterr()
        rollout.ask(entity_ids=[LEFT, CHALLENGED])
        assert counted(capsys, *dimensions) == expected


def test_an_answer_says_in_captures_what_it_counts_for(rollout: Rollout) -> None:
    rollout.ask(LEFT)
    rollout.ask(CHALLENGED)
    rollout.ask()
    kept = [(one.role, one.version, one.entities, one.rollout_id) for one, _ in rollout.captures]
    assert kept[:2] == [("champion", 3, LEFT, "r1"), ("challenger", 4, CHALLENGED, "r1")]
    assert kept[2][2:] == (None, "r1")


def test_outside_of_a_rollout_nothing_counts_for_one(asked: Asked) -> None:
    captures: Captures = []
    asked.endpoint = Endpoint(
        asked.models, Journal(), capture=lambda one, took: captures.append((one, took))
    )
    asked.respond()
    ((one, _),) = captures
    assert (one.role, one.rollout_id) == ("champion", "")
