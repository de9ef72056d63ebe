"""A version is taken back while requests come in, and what serves instead is proven."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from perennial.adapters import dynamodb_items
from perennial.registry.clock import now
from perennial.registry.layout import artifact_key, uri
from perennial.registry.records import Event, RunStatus, VersionStatus
from perennial.serving.artifact import GOLDEN, MANIFEST, digest_of, write_artifact
from perennial.serving.stored_zip import stored_entries

from tests.e2e.command import typed
from tests.e2e.conftest import ROOT
from tests.e2e.platform import Platform, until
from tests.e2e.test_journey import rows_of

MODEL = "wine"
SECONDS = 10.0  # within which everybody follows a route
CALLERS = 2
PAUSE = 0.06  # seconds between two requests of a caller


@dataclass
class Traffic:
    """Callers that ask all the time; every answer with its moment."""

    platform: Platform
    rows: list[dict[str, object]]
    answers: list[tuple[float, int, int | None]] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def _ask(self) -> None:
        key = self.platform.key
        while not self._stopped.is_set():
            body = {"rows": self.rows}
            answer = self.platform.call(f"/v1/models/{MODEL}/predict", body, key=key)
            version = answer.body["version"] if answer.status == 200 else None
            self.answers.append((time.time(), answer.status, version))
            time.sleep(PAUSE)

    def last_of(self, version: int) -> float:
        return max((at for at, _, by in self.answers if by == version), default=0.0)


@pytest.fixture(scope="module")
def served(platform: Platform, wine: bytes) -> Platform:
    """The model has a version in service and a good one before it."""
    header, *lines = wine.splitlines()
    while (route := platform.registry.route(MODEL)) is None or route.previous is None:
        lines.reverse()
        run = platform.train(MODEL, b"\n".join([header, *lines, b""]))
        assert run.status is RunStatus.SUCCEEDED, run.reason
    return platform


@pytest.fixture(scope="module")
def taken_back(served: Platform, state: Path, wine: bytes) -> tuple[Traffic, dict[str, Any], int]:
    """Traffic around a rollback, what the command said, and the version that went."""
    before = served.registry.route(MODEL).champion.number
    traffic = Traffic(served, rows_of(wine, "cultivar", 2))
    with traffic.flowing():
        until(lambda: traffic.last_of(before), "an answer of the old version", 30)
        done = typed(state, "rollback", MODEL, "--reason", "complaints", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads(done.stdout)
        after = told["champion"]["version"]
        until(lambda: traffic.last_of(after), "an answer of the version before it", 30)
        time.sleep(6)  # no route is believed for longer
    return traffic, told, before


def test_no_request_fails_and_the_old_version_is_gone_within_ten_seconds(
    taken_back: tuple[Traffic, dict[str, Any], int],
) -> None:
    traffic, told, before = taken_back
    assert {status for _, status, _ in traffic.answers} == {200}
    written = datetime.fromisoformat(told["changed_at"]).astimezone(UTC).timestamp()
    seconds = traffic.last_of(before) - written
    measured = {"answers": len(traffic.answers), "seconds_to_last_old_answer": round(seconds, 2)}
    (ROOT / "build" / "rollback.json").write_text(json.dumps(measured), encoding="utf-8")
    assert seconds < SECONDS
    assert traffic.last_of(told["champion"]["version"]) > written


def test_the_last_good_version_serves_and_that_is_proven(
    served: Platform, taken_back: tuple[Traffic, dict[str, Any], int]
) -> None:
    _, told, before = taken_back
    route = served.registry.route(MODEL)
    assert route.champion.number == told["champion"]["version"] != before
    assert served.registry.version(MODEL, before).status is VersionStatus.REJECTED
    of_route = f"route {route.revision}"
    events = [one for one in served.registry.events(MODEL) if one.subject == of_route]
    proven, rolled_back = events[0], events[-1]
    assert (proven.what, proven.subject) == ("route_proven", f"route {route.revision}")
    assert int(proven.details["rows"]) > 0
    assert (rolled_back.what, rolled_back.reason) == ("rolled_back", "complaints")
    assert (told["proven"], told["wrong"]) == (True, "0")


def test_a_rollback_with_nowhere_to_go_is_refused_by_name(served: Platform, state: Path) -> None:
    route = served.registry.route(MODEL)
    with _without_a_way_back(served):
        done = typed(state, "rollback", MODEL, "--reason", "complaints")
    assert done.returncode == 1
    assert "No good version came before" in done.stderr
    assert served.registry.route(MODEL).champion == route.champion


def test_who_has_no_right_is_refused_as_for_any_change(served: Platform) -> None:
    wish = {"reason": "mine"}
    refused = [
        served.call(f"/v1/models/{model}/{what}", wish)
        for model in (MODEL, "no-such-model")
        for what in ("rollback", "rollout", "automation")
    ]
    assert {(answer.status, answer.content_type) for answer in refused} == {
        (403, refused[0].content_type)
    }
    told = [{**answer.body, "instance": "of this request"} for answer in refused]
    assert all(one == told[0] for one in told)


def test_a_champion_that_does_not_answer_its_golden_rows_is_taken_back_by_itself(
    served: Platform,
) -> None:
    good = served.registry.route(MODEL).champion.number
    lying = _registered_with_false_golden_rows(served, good)
    _invoke(served, "route", {"model": MODEL, "version": lying, "run_id": "lying"})
    assert served.registry.route(MODEL).champion.number == lying
    proof = _invoke(served, "prove", {"model": MODEL})
    assert (proof["proven"], proof["wrong"]) == (False, 1)
    assert _invoke(served, "react", {"model": MODEL})["actions"] == ["RollBack"]
    until(
        lambda: served.registry.route(MODEL).champion.number == good,
        "the last good version to serve",
        60,
    )
    assert served.registry.version(MODEL, lying).status is VersionStatus.REJECTED


def _registered_with_false_golden_rows(platform: Platform, like: int) -> int:
    """A version that answers as another does, and promises something else."""
    s3, bucket = platform.client("s3"), platform.outputs["ArtifactBucketName"]
    version = platform.registry.version(MODEL, like)
    key = version.artifact_uri.removeprefix(f"s3://{bucket}/")
    entries = stored_entries(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    golden = json.loads(entries[GOLDEN])
    golden["expected"][0]["value"] = "another"
    manifest = json.loads(entries.pop(MANIFEST))
    made = write_artifact(manifest, {**entries, GOLDEN: json.dumps(golden).encode()})
    digest = digest_of(made)
    s3.put_object(Bucket=bucket, Key=artifact_key(MODEL, digest), Body=made)
    run = platform.registry.run(MODEL, version.run_id)
    under_way = replace(run, run_id="lying", version=None, status=RunStatus.RUNNING)
    platform.registry.create_run(under_way)
    where = uri(bucket, artifact_key(MODEL, digest))
    lying = replace(version, run_id="lying", artifact_digest=digest, artifact_uri=where)
    event = Event(MODEL, 0, now(), "tests", "version_registered", "", "a lie")
    registered = platform.registry.register_version(lying, event)
    platform.registry.update_run(MODEL, "lying", at=now(), status=RunStatus.SUCCEEDED)
    return int(registered.number)


def _invoke(platform: Platform, function: str, event: dict[str, Any]) -> dict[str, Any]:
    answer = platform.client("lambda").invoke(
        FunctionName=f"perennial-{function}", Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer
    return dict(json.loads(answer["Payload"].read()))


@contextmanager
def _without_a_way_back(platform: Platform) -> Iterator[None]:
    client, table = platform.client("dynamodb"), platform.outputs["TableName"]
    key = dynamodb_items.key(MODEL, dynamodb_items.ROUTE)
    item = client.get_item(TableName=table, Key=key)["Item"]
    alone = item | {"previous": {"NULL": True}, "earlier": {"L": []}}
    client.put_item(TableName=table, Item=alone)
    try:
        yield
    finally:
        client.put_item(TableName=table, Item=item)
