"""While a rollout is under way: who is answered by whom, and what a shadow is asked."""

from __future__ import annotations

import json

import pytest
from perennial.serving.engine import engine_of
from perennial.serving.predict import PROOF
from perennial.serving.split import position

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import event
from tests.unit.predict.rollouts import CHALLENGED, HEADER, LEFT, ROWS, Rollout, counted


def test_the_entities_used_here_are_on_either_side() -> None:
    assert position("r1", CHALLENGED) < 0.5 <= position("r1", LEFT)


def test_an_entity_is_answered_by_the_same_version_every_time(rollout: Rollout) -> None:
    versions = {(name, rollout.ask(name)[1]["version"]) for name in (CHALLENGED, LEFT) * 5}
    assert versions == {(CHALLENGED, 4), (LEFT, 3)}


def test_without_an_entity_the_challenger_gets_its_share(rollout: Rollout) -> None:
    versions = [rollout.ask()[1]["version"] for _ in range(100)]
    assert abs(versions.count(4) - 50) < 3


@pytest.mark.parametrize(("share", "version"), [(0.0, 3), (1.0, 4)])
def test_at_no_share_and_at_the_whole_one_version_answers_all(share: float, version: int) -> None:
    rollout = Rollout(share)
    for entity in (None, CHALLENGED, LEFT):
        assert rollout.ask(entity)[1]["version"] == version


def test_one_entity_in_the_body_stands_for_all_rows(rollout: Rollout) -> None:
    status, document = rollout.ask(entity_ids=CHALLENGED)
    assert (status, document["version"]) == (200, 4)
    assert "version" not in document["predictions"][0]


def test_rows_of_one_side_are_answered_by_one_version(rollout: Rollout) -> None:
    assert rollout.ask(entity_ids=[LEFT, LEFT])[1]["version"] == 3
    assert rollout.ask(entity_ids=[CHALLENGED, CHALLENGED])[1]["version"] == 4


def test_rows_of_both_sides_are_answered_by_both_in_order(rollout: Rollout) -> None:
    rows = [{"age": 50}, {"age": 20}, {"age": 60}, {"age": 10}]
    entities = [LEFT, CHALLENGED, CHALLENGED, LEFT]
    status, document = rollout.ask(rows=rows, entity_ids=entities)
    assert status == 200
    assert document["version"] == 3
    assert [
        (one["id"].rpartition("-")[2], one["version"], one["prediction"])
        for one in document["predictions"]
    ] == [("0", 3, "yes"), ("1", 4, "no"), ("2", 4, "yes"), ("3", 3, "no")]
    assert document["predictions"][0]["probabilities"] == {"no": 0.25, "yes": 0.75}
    kept = [
        (one.role, one.version, one.numbers, one.entities, one.rows, one.rollout_id)
        for one, _ in rollout.captures
    ]
    assert kept == [
        ("champion", 3, [0, 3], [LEFT, LEFT], 4, "r1"),
        ("challenger", 4, [1, 2], [CHALLENGED, CHALLENGED], 4, "r1"),
    ]
    given = [name for one, _ in rollout.captures for name in one.ids]
    assert sorted(given) == sorted(one["id"] for one in document["predictions"])


def test_wishes_hold_for_both_sides(rollout: Rollout) -> None:
    body = {"rows": ROWS, "entity_ids": [LEFT, CHALLENGED]}
    query = {"probabilities": "false", "explain": "1"}
    _, _, document = rollout.respond(body=json.dumps(body), queryStringParameters=query)
    for one in document["predictions"]:
        assert one.keys() == {"id", "prediction", "explanation", "version"}


def test_a_bad_row_of_a_divided_request_is_named_by_its_place(rollout: Rollout) -> None:
    rows = [{"age": 50}, {"age": 20}, {"age": "x"}, {"age": None}]
    for entities in ([LEFT, CHALLENGED, CHALLENGED, LEFT], [CHALLENGED, LEFT, CHALLENGED, LEFT]):
        status, document = rollout.ask(rows=rows, entity_ids=entities)
        assert status == 422
        assert [one["row"] for one in document["errors"]] == [2, 3]
    assert rollout.captures == []


@pytest.fixture(scope="module")
def real() -> Asked:
    """Real versions, of which the challenger answers everybody."""
    asked = Asked(engine_of)
    asked.world.put_in_service("bank", 3, artifact(0)[0])
    asked.world.challenge("bank", 4, 1.0, content=artifact(1)[0])
    asked.world.clock.now += 10
    return asked


TENSORS = {
    "inputs": [
        {"name": "age", "shape": [1], "datatype": "INT64", "data": [41]},
        {"name": "job", "shape": [1], "datatype": "BYTES", "data": ["admin."]},
    ]
}


@pytest.mark.parametrize("version", [3, 4])
def test_whoever_names_a_version_gets_it_or_is_told_that_it_is_not_in_service(
    real: Asked, version: int
) -> None:
    status, _, document = real.respond(
        resource="/v2/models/{model}/versions/{version}/infer",
        pathParameters={"model": "bank", "version": str(version)},
        headers={HEADER: CHALLENGED},
        body=json.dumps(TENSORS),
    )
    assert (status, document.get("model_version")) == ((200, "3") if version == 3 else (404, None))


@pytest.mark.parametrize(
    ("resource", "body", "member"),
    [
        ("/v2/models/{model}/infer", TENSORS, "model_version"),
        ("/v1/models/{model}/invocations", {"inputs": {"age": [41], "job": ["admin."]}}, "version"),
        ("/v1/models/{model}/explain", {"rows": [{"age": 41, "job": "admin."}]}, "version"),
    ],
)
def test_every_protocol_is_answered_by_the_challenger(
    real: Asked, resource: str, body: object, member: str
) -> None:
    status, _, document = real.respond(
        resource=resource, headers={HEADER: CHALLENGED}, body=json.dumps(body)
    )
    assert (status, int(document[member])) == (200, 4)


def test_a_proof_asks_the_champion_and_counts_for_nobody(
    rollout: Rollout, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    context = {"requestContext": {"requestId": f"{PROOF}1"}}
    for _ in range(10):
        response = rollout.endpoint.respond(event() | context)
        assert json.loads(str(response["body"]))["version"] == 3
    assert rollout.captures == []
    assert "CloudWatchMetrics" not in capsys.readouterr().out


def shadowed() -> Rollout:
    rollout = Rollout()
    rollout.world.cast_shadow("bank", 4)
    return rollout


def test_a_shadow_is_asked_what_the_champion_has_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rollout = shadowed()
    rollout.ask(LEFT)
    capsys.readouterr()
    assert rollout.ask(CHALLENGED)[1]["version"] == 3
    ((_, _, number), (asked, model, again)) = rollout.shadowed
    assert (number, again, model) == (4, 4, "bank")
    assert asked["headers"][HEADER] == CHALLENGED
    assert counted(capsys, "model", "version") == [("3", 1, 0, True)]
    assert rollout.captures[1][0].rollout_id == "r1"


@pytest.mark.parametrize("body", ["{", '{"rows": [{"age": "x"}]}', '{"rows": []}'])
def test_a_shadow_is_not_asked_what_was_refused(body: str) -> None:
    rollout = shadowed()
    assert rollout.respond(body=body)[0] in (400, 422)
    assert rollout.shadowed == []


def test_without_a_shadow_nobody_is_asked(rollout: Rollout) -> None:
    rollout.ask(LEFT)
    assert rollout.shadowed == []
