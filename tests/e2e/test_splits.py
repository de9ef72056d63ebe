"""A route with a challenger or a shadow: who answers whom, what is kept of it, and no errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from perennial.registry.records import Event, Route, RoutedVersion, RunStatus
from perennial.serving.split import position

from tests.e2e.captures import captured, wait_for
from tests.e2e.platform import Platform, until
from tests.e2e.test_journey import rows_of

MODEL = "breast-cancer"
CHALLENGER = 901
BROKEN = 902
SHADOW = 903
SECONDS = 20.0


@pytest.fixture(scope="module")
def rows(platform: Platform, breast_cancer: bytes) -> Iterator[list[dict[str, object]]]:
    """Rows of a model that is in service, and is left as it was found."""
    if platform.registry.route(MODEL) is None:
        run = platform.train(MODEL, breast_cancer)
        assert run.status is RunStatus.SUCCEEDED, run.reason
    yield rows_of(breast_cancer, "diagnosis", 6)
    set_route(platform, challenger=None, shadow=None, share=0.0, rollout_id="")


def set_route(platform: Platform, **changes: Any) -> Route:
    """Change the route as a rollout does."""
    present = platform.registry.route(MODEL)
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    route = replace(present, revision=present.revision + 1, changed_at=at, **changes)
    event = Event(MODEL, 1, at, "a test", "route_changed", f"route {route.revision}", "a test")
    set_: Route = platform.registry.set_route(route, event)
    return set_


def other(platform: Platform, number: int, *, broken: bool = False) -> RoutedVersion:
    """The champion's artifact under another number, or one that is not there."""
    champion: RoutedVersion = platform.registry.route(MODEL).champion
    if broken:
        return RoutedVersion(number, "0" * 64, champion.artifact_uri.replace(".zip", "-gone.zip"))
    return replace(champion, number=number)


def ask(platform: Platform, rows: list[dict[str, object]], **body: object) -> dict[str, Any]:
    answer = platform.call(f"/v1/models/{MODEL}/predict", {"rows": rows} | body)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


def metric(platform: Platform, name: str, **dimensions: str) -> float:
    """The sum of a metric by dimensions, as the lines of the last hour made it."""
    now = datetime.now(UTC)
    points = platform.client("cloudwatch").get_metric_statistics(
        Namespace="Perennial",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


@pytest.fixture(scope="module")
def challenged(platform: Platform, rows: list[dict[str, object]]) -> tuple[str, int]:
    """A challenger answers a quarter; the rollout's id and the champion's number."""
    rollout = f"rollout-{uuid.uuid4().hex[:8]}"
    route = set_route(
        platform, challenger=other(platform, CHALLENGER), share=0.25, rollout_id=rollout
    )
    first = next(f"c{n}" for n in range(1_000) if position(rollout, f"c{n}") < 0.25)
    until(
        lambda: ask(platform, rows[:1], entity_ids=first)["version"] == CHALLENGER,
        "the challenger to answer",
        SECONDS,
    )
    return rollout, route.champion.number


def test_an_entity_is_answered_by_its_version_whenever_it_asks(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    rollout, champion = challenged
    for number in range(12):
        entity = f"customer-{number % 6} \U0001f600"
        expected = CHALLENGER if position(rollout, entity) < 0.25 else champion
        assert ask(platform, rows[:1], entity_ids=entity)["version"] == expected


def test_the_challenger_gets_its_share_of_the_others(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    versions = [ask(platform, rows[:1])["version"] for _ in range(40)]
    assert abs(versions.count(CHALLENGER) - 10) <= 6  # three for each process that answers


def test_rows_of_both_are_answered_in_order_and_kept_under_their_versions(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    rollout, champion = challenged
    entities = [f"e{number}" for number in range(200)]
    mine = [entity for entity in entities if position(rollout, entity) < 0.25][:3]
    theirs = [entity for entity in entities if position(rollout, entity) >= 0.25][:3]
    mixed = [theirs[0], mine[0], theirs[1], mine[1], mine[2], theirs[2]]
    answer = ask(platform, rows, entity_ids=mixed)
    told = [(one["version"], one["prediction"]) for one in answer["predictions"]]
    alone = ask(platform, rows, entity_ids=theirs[0])["predictions"]
    versions = [champion if entity in theirs else CHALLENGER for entity in mixed]
    assert told == [(v, one["prediction"]) for v, one in zip(versions, alone, strict=True)]
    kept = wait_for(platform, MODEL, {one["id"] for one in answer["predictions"]})
    for place, one in enumerate(answer["predictions"]):
        row = kept[one["id"]]
        assert f"/version={versions[place]}/" in row["key"]
        assert (row["row"], row["request_rows"]) == (place, 6)
        assert (row["entity_id"], row["rollout_id"]) == (mixed[place], rollout)
        assert row["role"] == ("challenger" if versions[place] == CHALLENGER else "champion")
        assert row["features"] == rows[place]


def test_both_versions_are_counted(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    for version in (CHALLENGER, challenged[1]):
        until(
            partial(metric, platform, "Requests", model=MODEL, version=str(version)),
            f"requests of version {version} to be counted",
            SECONDS,
        )
        assert metric(platform, "Errors", model=MODEL, version=str(version)) == 0


def test_the_champion_answers_while_the_challenger_is_broken(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    """And before, while the route changes, and afterwards: never an error."""
    _, champion = challenged
    rollout = f"rollout-{uuid.uuid4().hex[:8]}"
    broken = other(platform, BROKEN, broken=True)
    set_route(platform, challenger=broken, share=1.0, rollout_id=rollout)
    until(
        lambda: (
            ask(platform, rows[:1])["version"] in (champion, CHALLENGER)
            and metric(platform, "Errors", model=MODEL, version=str(BROKEN))
        ),
        "the challenger's errors to be counted",
        SECONDS,
    )
    answer = ask(platform, rows, entity_ids=[f"e{number}" for number in range(6)])
    assert answer["version"] == champion
    (kept, *_) = wait_for(platform, MODEL, {one["id"] for one in answer["predictions"]}).values()
    assert (kept["role"], kept["rollout_id"]) == ("champion", None)
    asked, failed = (
        metric(platform, name, model=MODEL, version=str(BROKEN)) for name in ("Requests", "Errors")
    )
    assert asked == failed > 0


def test_a_shadow_says_what_it_would_have_said_under_the_same_ids(
    platform: Platform, rows: list[dict[str, object]], challenged: tuple[str, int]
) -> None:
    rollout = f"rollout-{uuid.uuid4().hex[:8]}"
    shadow = other(platform, SHADOW)
    set_route(platform, challenger=None, share=0.0, shadow=shadow, rollout_id=rollout)
    answers: list[dict[str, Any]] = []

    def shadowed() -> list[dict[str, Any]]:
        answers.append(ask(platform, rows, entity_ids="customer-7"))
        return [row for row in captured(platform, MODEL) if row["role"] == "shadow"]

    until(shadowed, "the shadow's answers to be kept", SECONDS)
    answer = ask(platform, rows, entity_ids="customer-7")
    ids = {one["id"]: one["prediction"] for one in answer["predictions"]}
    assert answer["version"] == challenged[1]

    def both() -> bool:
        found = [row for row in captured(platform, MODEL) if row["prediction_id"] in ids]
        kept = {(row["role"], row["prediction_id"]): row for row in found}
        if len(kept) < 2 * len(ids):
            return False
        for (role, name), row in kept.items():
            assert row["prediction"] == ids[name]
            assert (row["entity_id"], row["rollout_id"]) == ("customer-7", rollout)
            version = SHADOW if role == "shadow" else challenged[1]
            assert f"/version={version}/" in row["key"]
        return True

    until(both, "both answers to be kept", 60.0)
    assert metric(platform, "Errors", model=MODEL, version=str(SHADOW)) == 0
    assert metric(platform, "ShadowFailures", model=MODEL) == 0
