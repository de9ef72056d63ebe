"""A version goes through shadow and canary into service, or is rejected, by what really flowed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from perennial.registry.records import RolloutStatus, VersionStatus
from perennial.rollout.moments import later

from tests.e2e import tumours
from tests.e2e.command import answered
from tests.e2e.platform import Platform, until

ROOT = Path(__file__).parents[2]
MODEL = "staged"
ROWS = 100  # of a request: what each says of the predictions is less a matter of chance
SECONDS = 150.0


@dataclass
class Traffic:
    """Requests that go on and on, and what became of them."""

    statuses: list[int] = field(default_factory=list)
    versions: set[int] = field(default_factory=set)
    last: list[int] = field(default_factory=list)

    def take(self, status: int, body: Any) -> None:
        self.statuses.append(status)
        if status == 200:
            self.last = [one.get("version", body["version"]) for one in body["predictions"]]
            self.versions.update(self.last)


@contextmanager
def flowing(platform: Platform, seed: int) -> Iterator[Traffic]:
    """Traffic for as long as this lasts; not one request may fail."""
    traffic, ended = Traffic(), threading.Event()

    def send() -> None:
        rows = list(tumours.batches(10_000, ROWS, seed=seed))
        number = 0
        while not ended.is_set():
            answer = platform.call(
                f"/v1/models/{MODEL}/predict", {"rows": rows[number % len(rows)]}
            )
            traffic.take(answer.status, answer.body)
            number += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield traffic
    finally:
        ended.set()
        thread.join()
    assert traffic.statuses
    assert set(traffic.statuses) == {200}


def stands(platform: Platform, version: int) -> Any:
    return platform.registry.rollout(MODEL, f"{MODEL}-v{version}")


def reaches(platform: Platform, version: int, *statuses: RolloutStatus) -> Any:
    """Wait until a rollout is where it is to be."""
    try:
        return until(
            lambda: (found := stands(platform, version)) and found.status in statuses and found,
            f"the rollout of version {version} to be {statuses}",
            SECONDS,
        )
    except AssertionError as error:
        raise AssertionError(f"{error}: {stands(platform, version)}") from error


def trained(platform: Platform, **data: Any) -> int:
    run = platform.train(MODEL, tumours.table(1500, **data))
    assert run.version is not None, run.reason
    return int(run.version)


@pytest.fixture(scope="module")
def champion(platform: Platform) -> int:
    """The first version, which serves at once."""
    version = trained(platform, seed=1)
    assert platform.registry.route(MODEL).champion.number == version
    assert stands(platform, version) is None
    return version


@pytest.fixture(scope="module")
def promoted(platform: Platform, champion: int) -> int:
    """A second version as good as the first, which traffic brings into service."""
    version = trained(platform, seed=2)
    assert platform.registry.route(MODEL).shadow.number == version
    with flowing(platform, seed=11) as traffic:
        rollout = reaches(platform, version, RolloutStatus.PROMOTED, RolloutStatus.REJECTED)
        assert rollout.status is RolloutStatus.PROMOTED, rollout.reason
        until(lambda: set(traffic.last) == {version}, "the new champion to answer", SECONDS)
    assert {champion, version} <= traffic.versions
    return version


def test_a_good_challenger_goes_through_shadow_and_canary_into_service(
    platform: Platform, promoted: int
) -> None:
    route = platform.registry.route(MODEL)
    assert route.champion.number == promoted
    assert (route.challenger, route.shadow) == (None, None)
    told = [event.what for event in reversed(platform.registry.events(MODEL, 100))]
    steps = [what for what in told if what.startswith("rollout")]
    assert steps == ["rollout_began", "rollout_step", "rollout_step", "rollout_ended"]
    until(
        lambda: (
            ("route_proven", f"route {route.revision}")
            in [(e.what, e.subject) for e in platform.registry.events(MODEL)]
        ),
        "the proof of what serves",
        SECONDS,
    )
    findings = json.loads(stands(platform, promoted).findings)
    assert findings["verdict"] == "pass"
    assert all(one["challenger"] >= 20 for one in findings["guardrails"] if one["name"] != "loss")


def test_a_challenger_that_predicts_nonsense_is_rejected_and_nobody_sees_it(
    platform: Platform, promoted: int
) -> None:
    version = trained(platform, seed=3, flipped=True)
    with flowing(platform, seed=12) as traffic:
        rollout = reaches(platform, version, RolloutStatus.REJECTED, RolloutStatus.PROMOTED)
    assert rollout.status is RolloutStatus.REJECTED
    assert "predictions" in rollout.reason
    assert version not in traffic.versions
    assert platform.registry.route(MODEL).champion.number == promoted
    assert platform.registry.version(MODEL, version).status is VersionStatus.REJECTED


def test_a_challenger_that_cannot_be_loaded_is_rejected_and_no_request_fails(
    platform: Platform, promoted: int
) -> None:
    version = trained(platform, seed=4)
    bucket, _, key = (
        platform.registry.version(MODEL, version).artifact_uri.removeprefix("s3://").partition("/")
    )
    platform.client("s3").put_object(Bucket=bucket, Key=key, Body=b"damaged")
    with flowing(platform, seed=13) as traffic:
        rollout = reaches(platform, version, RolloutStatus.REJECTED, RolloutStatus.PROMOTED)
    assert rollout.status is RolloutStatus.REJECTED
    # Whoever sees it first: the judge, or the alarm about artifacts that cannot be loaded.
    assert any(word in rollout.reason for word in ("errors", "bad-artifact"))
    assert version not in traffic.versions


def test_without_traffic_a_rollout_is_held_until_a_person_decides(
    platform: Platform, promoted: int
) -> None:
    version = trained(platform, seed=5)
    _bake(platform, version)
    rollout = reaches(platform, version, RolloutStatus.PAUSED)
    assert "too little traffic" in rollout.reason
    route = platform.registry.route(MODEL)
    assert (route.champion.number, route.shadow.number) == (promoted, version)


def _bake(platform: Platform, version: int) -> None:
    """Make the present step begin long ago."""
    for _ in range(5):
        rollout = stands(platform, version)
        long_ago = later(rollout.step_began_at, -3600)
        try:
            platform.registry.save_rollout(
                replace(rollout, revision=rollout.revision + 1, step_began_at=long_ago)
            )
            return
        except Exception as error:  # a look of the judge came in between
            last = error
    raise last


def test_a_person_pauses_advances_and_ends_a_rollout(platform: Platform, promoted: int) -> None:
    version = _held(platform)
    assert _rollout(platform, "--advance", "--reason", "tried by hand")["rollout"]["step"] == 2
    route = platform.registry.route(MODEL)
    assert (route.challenger.number, route.share) == (version, 0.3)
    paused = _rollout(platform, "--pause", "--reason", "lunch")["rollout"]
    assert (paused["status"], paused["reason"]) == ("PAUSED", "lunch")
    assert platform.call(f"/v1/models/{MODEL}/rollout").body["rollout"] == paused
    ended = _rollout(platform, "--end", "--reason", "enough")
    assert (ended["rollout"], ended["earlier"][0]["status"]) == (None, "ENDED")
    route = platform.registry.route(MODEL)
    assert (route.champion.number, route.challenger) == (promoted, None)
    told = [event.what for event in platform.registry.events(MODEL, 4)]
    assert told == ["rollout_ended", "rollout_paused", "rollout_step", "rollout_resumed"]


def _held(platform: Platform) -> int:
    """The version whose rollout waits for a person."""
    rollout = platform.registry.rollouts(MODEL)[0]
    assert rollout.status is RolloutStatus.PAUSED
    return int(rollout.version)


def _rollout(platform: Platform, *options: str) -> Any:
    """What `perennial rollout` prints."""
    return answered(platform.emulator.state_dir, "rollout", MODEL, *options)
