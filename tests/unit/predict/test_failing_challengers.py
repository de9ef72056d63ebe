"""Whatever a challenger cannot do, the champion does: nobody gets an error because of a rollout."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import InvalidRows, NeedsPipelineRuntime, RowProblem, Unavailable
from perennial.serving.problems import NO_EXPLANATION, Problem

from tests.unit.predict.fakes import event
from tests.unit.predict.rollouts import CHALLENGED, LEFT, Rollout, counted


def spoil(rollout: Rollout, how: str) -> None:
    """Make the challenger fail in one of the ways it can."""
    if how in ("gone", "corrupt", "store away"):
        challenger = rollout.world.challenge("bank", 5, 0.5, rollout="r1")
        uri = challenger.artifact_uri
        if how == "gone":
            del rollout.world.objects.objects[uri]
        elif how == "corrupt":
            rollout.world.objects.objects[uri] = b"something else"
        else:
            rollout.world.objects.error = Unavailable("s3 did not answer")
        rollout.world.clock.now += 10
    else:
        rollout.challenger().error = {
            "unforeseen": RuntimeError("its text may hold a value: 98765"),
            "refuses rows": InvalidRows([RowProblem(0, "age", "is no feature of this model")]),
            "explains nothing": Problem(NO_EXPLANATION, "Reasons are given where they are exact."),
        }[how]


WAYS = ["gone", "corrupt", "store away", "unforeseen", "refuses rows", "explains nothing"]


@pytest.mark.parametrize("how", WAYS)
def test_the_champion_answers_while_the_challenger_cannot(
    rollout: Rollout, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    spoil(rollout, how)
    number = "5" if how in WAYS[:3] else "4"
    capsys.readouterr()
    status, document = rollout.ask(CHALLENGED)
    assert (status, document["version"]) == (200, 3)
    assert counted(capsys, "model", "version") == [(number, 1, 1, False)]
    rollout.ask(CHALLENGED)
    out = capsys.readouterr().out
    assert "98765" not in out
    lines = [json.loads(line) for line in out.splitlines()]
    (told,) = (line for line in lines if line["level"] == "ERROR")
    assert told["message"] == "the challenger cannot answer, the champion does"
    assert lines[-1]["Errors"] == 0
    assert [(one.role, one.rollout_id) for one, _ in rollout.captures] == [("champion", "")] * 2


@pytest.mark.parametrize("how", WAYS)
def test_a_divided_request_is_answered_by_the_champion_alone_then(
    rollout: Rollout, how: str
) -> None:
    spoil(rollout, how)
    status, document = rollout.ask(entity_ids=[LEFT, CHALLENGED])
    assert (status, document["version"]) == (200, 3)
    assert [one["id"].rpartition("-")[2] for one in document["predictions"]] == ["0", "1"]
    ((kept, _),) = rollout.captures
    assert (len(kept.predictions), kept.rollout_id) == (2, "")


def test_what_both_refuse_is_no_error_of_the_challenger(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert rollout.ask(CHALLENGED, rows=[{"age": "x"}])[0] == 422
    assert counted(capsys, "model", "version") == [("4", 1, 0, False)]


def test_where_both_fail_the_request_is_unavailable(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    for engine in (rollout.champion(), rollout.challenger()):
        engine.error = Unavailable("both are down")
    capsys.readouterr()
    assert rollout.ask(CHALLENGED)[0] == 503
    assert counted(capsys, "model", "version") == [("4", 1, 1, False)]
    rollout.ask(LEFT)
    assert counted(capsys, "model", "version") == [("3", 1, 1, True)]


def test_a_champion_that_fails_counts_for_itself(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where some rows of the request are the challenger's."""
    rollout.champion().error = RuntimeError("broken")
    capsys.readouterr()
    assert rollout.ask(entity_ids=[LEFT, CHALLENGED])[0] == 500
    assert counted(capsys, "model", "version") == [("3", 1, 1, True)]


# A challenger that is a user's own pipeline.


def a_pipeline(rollout: Rollout) -> None:
    rollout.challenger().error = NeedsPipelineRuntime("version 4 is a pipeline")


def test_a_pipeline_answers_as_challenger_in_its_own_function(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[dict[str, Any]] = []

    def forward(asked: dict[str, Any]) -> dict[str, object]:
        given.append(asked)
        return {
            "statusCode": 200,
            "headers": {},
            "body": '{"by": "theirs"}',
            "isBase64Encoded": False,
        }

    a_pipeline(rollout)
    rollout.forward = forward
    rollout.rewire()
    capsys.readouterr()
    status, document = rollout.ask(CHALLENGED)
    assert (status, document["by"]) == (200, "theirs")
    assert given[0]["assigned"] == "challenger"
    assert rollout.ask(LEFT)[1]["version"] == 3
    assert len(given) == 1
    assert counted(capsys, "model") == [("3", 1, 0, True)]  # it writes the line of the other


@pytest.mark.parametrize("how", ["away", "breaks", "is not deployed"])
def test_the_champion_answers_while_that_function_cannot(
    rollout: Rollout, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    def forward(asked: object) -> dict[str, object]:
        if how == "away":
            raise Unavailable("lambda did not answer: TimeoutError")
        return {"statusCode": 503, "body": "{}"}

    a_pipeline(rollout)
    rollout.forward = None if how == "is not deployed" else forward
    rollout.rewire()
    capsys.readouterr()
    assert rollout.ask(CHALLENGED)[1]["version"] == 3
    assert counted(capsys, "model", "version") == [("4", 1, 1, False)]


def test_who_was_assigned_by_the_other_function_is_not_drawn_again(rollout: Rollout) -> None:
    for _ in range(10):
        response = rollout.endpoint.respond(event() | {"assigned": "challenger"})
        assert json.loads(str(response["body"]))["version"] == 4


def test_what_is_asked_of_the_champion_takes_no_part(rollout: Rollout) -> None:
    """As a stream does, whose champion is a pipeline."""
    for _ in range(10):
        response = rollout.endpoint.respond(event() | {"assigned": "champion"})
        assert json.loads(str(response["body"]))["version"] == 3
    assert {one.rollout_id for one, _ in rollout.captures} == {""}
