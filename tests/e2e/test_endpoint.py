"""What the endpoint says of its answers, and what it does when a version cannot be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import fsum, isclose, log
from typing import Any

import pytest
from perennial.registry.clock import now
from perennial.registry.layout import split_uri
from perennial.registry.records import RoutedVersion, RunStatus
from perennial.registry.routing import choose_champion

from tests.e2e.function_processes import kill
from tests.e2e.platform import Answer, Platform, until
from tests.e2e.test_journey import rows_of

CANCER, WINE, DIABETES = "breast-cancer", "wine", "diabetes"
TARGETS = {CANCER: "diagnosis", WINE: "cultivar", DIABETES: "progression"}
Rows = list[dict[str, object]]


@pytest.fixture(autouse=True, scope="module")
def by_hand(platform: Platform) -> Iterator[None]:
    """Only these tests move the route: alarms would take a version back that is broken here."""
    registry = platform.registry

    def halt(why: str) -> None:
        present = registry.automation(CANCER)
        registry.save_automation(
            replace(present, revision=present.revision + 1, halted=why, halted_at=now())
        )

    halt("versions are broken on purpose")
    yield
    halt("")


@pytest.fixture(scope="module", params=list(TARGETS))
def asked(request: pytest.FixtureRequest, platform: Platform) -> tuple[Platform, str, Rows]:
    """A model in service, and rows to ask about."""
    model = str(request.param)
    table: bytes = request.getfixturevalue(model.replace("-", "_"))
    if platform.registry.route(model) is None:
        run = platform.train(model, table)
        assert run.status is RunStatus.SUCCEEDED, run.reason
    return platform, model, rows_of(table, TARGETS[model], 3)


def call(platform: Platform, model: str, path: str, rows: Rows) -> Answer:
    return platform.call(f"/v1/models/{model}/{path}", {"rows": rows})


def objects_of(explanation: dict[str, Any], probabilities: Any) -> list[dict[str, Any]]:
    """One explanation, or that of each class."""
    if probabilities is not None and "margin" not in explanation:
        assert explanation.keys() == probabilities.keys()
        return list(explanation.values())
    return [explanation]


def test_reasons_add_up_to_the_margin_of_each_prediction(
    asked: tuple[Platform, str, Rows],
) -> None:
    platform, model, rows = asked
    answer = call(platform, model, "explain", rows)
    assert answer.status == 200, answer.body
    plain = call(platform, model, "predict", rows).body["predictions"]
    for told, wanted in zip(answer.body["predictions"], plain, strict=True):
        assert told["prediction"] == wanted["prediction"]
        assert told.get("probabilities") == wanted.get("probabilities")
        for one in objects_of(told["explanation"], told.get("probabilities")):
            assert [each["feature"] for each in one["contributions"]] == list(rows[0])
            total = fsum([one["base_value"], *(of["contribution"] for of in one["contributions"])])
            assert isclose(total, one["margin"], rel_tol=1e-5, abs_tol=1e-5)


def test_the_margin_is_what_the_answer_was_made_from(asked: tuple[Platform, str, Rows]) -> None:
    platform, model, rows = asked
    for told in call(platform, model, "explain", rows).body["predictions"]:
        if model == DIABETES:
            assert isclose(told["explanation"]["margin"], told["prediction"], rel_tol=1e-5)
        elif model == CANCER:
            no, yes = sorted(told["probabilities"].values())
            assert isclose(abs(told["explanation"]["margin"]), log(yes / no), rel_tol=1e-3)
        else:
            margins = {name: of["margin"] for name, of in told["explanation"].items()}
            assert max(margins, key=margins.__getitem__) == told["prediction"]


def test_the_strongest_features_are_told_on_request(asked: tuple[Platform, str, Rows]) -> None:
    platform, model, rows = asked
    whole = call(platform, model, "explain", rows).body["predictions"]
    answer = call(platform, model, "predict?explain=2", rows)
    assert answer.status == 200, answer.body
    for few, every in zip(answer.body["predictions"], whole, strict=True):
        pairs = zip(
            objects_of(few["explanation"], few.get("probabilities")),
            objects_of(every["explanation"], every.get("probabilities")),
            strict=True,
        )
        for short, long in pairs:
            sizes = sorted(
                (abs(one["contribution"]) for one in long["contributions"]), reverse=True
            )
            assert [abs(one["contribution"]) for one in short["contributions"]] == sizes[:2]


def test_probabilities_are_left_out_on_request(asked: tuple[Platform, str, Rows]) -> None:
    platform, model, rows = asked
    for path in ("predict?probabilities=false", "explain?probabilities=false"):
        answer = call(platform, model, path, rows)
        assert answer.status == 200, answer.body
        assert not [one for one in answer.body["predictions"] if "probabilities" in one]


@pytest.mark.parametrize(
    "query", ["explain=0", "explain=all", "probabilities=no", "debug=1", "explain=1&explain=2"]
)
def test_a_parameter_that_means_nothing_is_refused(
    platform: Platform, row: dict[str, object], query: str
) -> None:
    answer = call(platform, CANCER, f"predict?{query}", [row])
    assert answer.status == 422
    assert answer.body["type"].endswith(":invalid-request")


def test_other_protocols_refuse_a_query_in_their_own_words(
    platform: Platform, row: dict[str, object]
) -> None:
    scored = platform.call(f"/v1/models/{CANCER}/invocations?explain=2", {"inputs": [row]})
    assert (scored.status, scored.body["error_code"]) == (422, "BAD_REQUEST")
    tensors = [
        {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}
        for name, value in row.items()
    ]
    inferred = platform.call(f"/v2/models/{CANCER}/infer?explain=2", {"inputs": tensors})
    assert (inferred.status, list(inferred.body)) == (400, ["error"])


class Artifacts:
    """Breaks artifacts of versions, and mends them."""

    def __init__(self, platform: Platform) -> None:
        self._s3 = platform.client("s3")

    @contextmanager
    def damaged(self, *versions: RoutedVersion) -> Iterator[None]:
        with self._replaced(b"PK\x03\x04 no artifact", versions):
            yield

    @contextmanager
    def missing(self, *versions: RoutedVersion) -> Iterator[None]:
        with self._replaced(None, versions):
            yield

    @contextmanager
    def _replaced(self, body: bytes | None, versions: tuple[RoutedVersion, ...]) -> Iterator[None]:
        places = [split_uri(version.artifact_uri) for version in versions]
        before = [
            self._s3.get_object(Bucket=bucket, Key=key)["Body"].read() for bucket, key in places
        ]
        for bucket, key in places:
            if body is None:
                self._s3.delete_object(Bucket=bucket, Key=key)
            else:
                self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        try:
            yield
        finally:
            for (bucket, key), whole in zip(places, before, strict=True):
                self._s3.put_object(Bucket=bucket, Key=key, Body=whole)


def made_cold(platform: Platform) -> None:
    """End the processes of the predict function, so that the next request starts one."""
    kill(platform, "perennial-predict")


@pytest.fixture(scope="module")
def row(platform: Platform, breast_cancer: bytes) -> dict[str, object]:
    """A row of a model that has had two versions in service."""
    route = platform.registry.route(CANCER)
    for number in range(2 if route is None else int(route.previous is None)):
        lines = breast_cancer.splitlines(keepends=True)
        body = b"".join(lines[: len(lines) - number - 1])
        run = platform.train(CANCER, body, f"endpoint-{number}.csv")
        assert run.status is RunStatus.SUCCEEDED, run.reason
    return rows_of(breast_cancer, "diagnosis", 1)[0]


def alarm(platform: Platform, name: str) -> str:
    found = platform.client("cloudwatch").describe_alarms(AlarmNames=[f"perennial-{name}"])
    return str(found["MetricAlarms"][0]["StateValue"])


def answered_by(platform: Platform, row: dict[str, object], version: int) -> bool:
    answer = platform.predict(CANCER, row)
    return bool(answer.status == 200 and answer.body["version"] == version)


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_a_version_that_cannot_be_loaded_is_answered_for_by_the_one_before(
    platform: Platform, row: dict[str, object], how: str
) -> None:
    route, artifacts = platform.registry.route(CANCER), Artifacts(platform)
    champion, previous = route.champion, route.previous
    until(lambda: answered_by(platform, row, champion.number), "the champion to answer", 15)
    with getattr(artifacts, how)(champion):
        warm = platform.predict(CANCER, row)
        assert (warm.status, warm.body["version"]) == (200, champion.number)
        made_cold(platform)
        cold = platform.predict(CANCER, row)
        assert (cold.status, cold.body["version"]) == (200, previous.number), cold.body
        assert cold.body["artifact_digest"] == previous.artifact_digest
        until(lambda: alarm(platform, "load-failures") == "ALARM", "the alarm to go off", 60)
        until(lambda: counted(platform) > 0, "the failures of the model to be counted", 20)
    until(lambda: answered_by(platform, row, champion.number), "the champion to be back", 15)


def counted(platform: Platform) -> float:
    """Failures to load this model within the last hour."""
    moment = datetime.now(UTC)
    found = platform.client("cloudwatch").get_metric_statistics(
        Namespace="Perennial",
        MetricName="LoadFailures",
        Dimensions=[{"Name": "model", "Value": CANCER}],
        StartTime=moment - timedelta(hours=1),
        EndTime=moment + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def choose(platform: Platform, version: int) -> None:
    choose_champion(
        CANCER,
        version,
        by="test",
        reason="to see what happens",
        registry=platform.registry,
        clock=now,
    )


def told(platform: Platform, message: str) -> int:
    """How often the predict function has said something."""
    pages = (
        platform.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName="/perennial/predict", filterPattern=f'"{message}"')
    )
    return sum(len(page["events"]) for page in pages)


def test_a_process_goes_on_when_the_route_leads_to_a_version_it_cannot_load(
    platform: Platform, row: dict[str, object]
) -> None:
    route = platform.registry.route(CANCER)
    champion, broken = route.champion.number, route.previous.number
    message = "route cannot be followed, the last version goes on"
    made_cold(platform)
    assert answered_by(platform, row, champion)
    before = told(platform, message)
    with Artifacts(platform).missing(route.previous):
        choose(platform, broken)

        def noticed() -> bool:
            assert answered_by(platform, row, champion)
            return told(platform, message) > before

        until(noticed, "the process to meet the broken version", 20)
    until(lambda: answered_by(platform, row, broken), "the mended version to answer", 15)
    choose(platform, champion)
    until(lambda: answered_by(platform, row, champion), "the champion to be back", 15)


def test_where_no_version_can_be_loaded_the_caller_is_told_to_come_again(
    platform: Platform, row: dict[str, object]
) -> None:
    route = platform.registry.route(CANCER)
    with Artifacts(platform).missing(route.champion, route.previous):
        made_cold(platform)
        answer = platform.predict(CANCER, row)
        assert answer.status == 503
        assert answer.body["type"].endswith(":unavailable")
        assert "artifact" not in str(answer.body)
        ready = platform.call(f"/v2/models/{CANCER}/ready")
        assert (ready.status, list(ready.body)) == (503, ["error"])
        assert platform.call("/v2/health/live").body == {"live": True}
    again = platform.predict(CANCER, row)
    assert (again.status, again.body["version"]) == (200, route.champion.number)
