"""While a rollout is under way: who is answered by whom, what is counted, and that nobody fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from perennial.errors import InvalidRows, NeedsPipelineRuntime, RowProblem, Unavailable
from perennial.serving.answered import Answered
from perennial.serving.engine import engine_of
from perennial.serving.journal import Journal
from perennial.serving.predict import PROOF, Endpoint
from perennial.serving.problems import NO_EXPLANATION, Problem
from perennial.serving.split import position

from tests.unit.predict.artifacts import artifact
from tests.unit.predict.asking import Asked
from tests.unit.predict.fakes import FakeEngine, event

HEADER = "x-entity-id"
ROWS = [{"age": 50}, {"age": 20}]
# Of rollout `r1`, the first is answered by a challenger with half of the requests.
CHALLENGED, LEFT = "customer-4", "customer-1"
Captures = list[tuple[Answered, float]]


class Rollout(Asked):
    """Version 3 of `bank` is the champion, version 4 challenges it."""

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.captures: Captures = []
        self.shadowed: list[tuple[Any, str, int]] = []
        self.forward: Callable[[Any], dict[str, object]] | None = None
        self.world.challenge("bank", 4, share)
        self.rewire()

    def rewire(self) -> None:
        self.endpoint = Endpoint(
            self.models,
            Journal(),
            capture=lambda answered, took: self.captures.append((answered, took)),
            forward=self.forward,
            shadow=lambda event, model, rollout: self.shadowed.append(
                (event, model, rollout.shadow.number if rollout.shadow else 0)
            ),
        )

    def ask(self, entity: str | None = None, **body: object) -> tuple[int, dict[str, Any]]:
        headers = dict(event()["headers"]) | ({} if entity is None else {HEADER: entity})
        status, _, document = self.respond(headers=headers, body=json.dumps({"rows": ROWS} | body))
        return status, document

    def challenger(self) -> FakeEngine:
        split = self.router.served("bank").rollout
        assert split is not None
        engine = split.challenger().engine
        assert isinstance(engine, FakeEngine)
        return engine

    def champion(self) -> FakeEngine:
        engine = self.router.served("bank").engine
        assert isinstance(engine, FakeEngine)
        return engine


@pytest.fixture
def rollout() -> Rollout:
    made = Rollout()
    made.champion()
    made.challenger()  # so that later requests load nothing
    return made


Counted = tuple[object, int, int, bool]  # version, requests, errors, with latency


def counted(capsys: pytest.CaptureFixture[str], *dimensions: str) -> list[Counted]:
    """What the lines count by these dimensions."""
    found = []
    for text in capsys.readouterr().out.splitlines():
        line = json.loads(text)
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            names = {metric["Name"] for metric in directive["Metrics"]}
            if list(dimensions) in directive["Dimensions"] and "Requests" in names:
                assert all(isinstance(line[name], str) for name in dimensions)
                assert names <= line.keys()
                timed = "LatencyMs" in names
                found.append((line.get("version"), line["Requests"], line["Errors"], timed))
    return found


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


# What is counted.


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


# A challenger that fails.


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


# A shadow.


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
