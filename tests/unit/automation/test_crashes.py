"""Whatever call a process dies at, the next one finds what was decided and brings it to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import Any

import pytest
from perennial.automation.ends import give_up, note_run
from perennial.automation.kinds import AlarmKind
from perennial.automation.ports import Ports
from perennial.automation.reconcile import react
from perennial.errors import Conflict
from perennial.registry.records import RunStatus

from tests.fakes.records import a_run
from tests.unit.automation.scene import Scene, a_spec

SPEC = a_spec(retraining={"failures": 1})
WATCHED = ("registry", "retraining", "rollback", "rollout", "second_look", "topic")


class Died(BaseException):
    """The process was killed: nothing of ours catches it."""


@dataclass
class Mortal:
    """A port behind which the process dies at one call, before it or with its reply lost."""

    inner: Any
    counted: Iterator[int]
    fatal: int
    after: bool

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            place = next(self.counted)
            if place == self.fatal and not self.after:
                raise Died
            answer = method(*args, **kwargs)
            if place == self.fatal:
                raise Died
            return answer

        return call


def mortal(ports: Ports, fatal: int, *, after: bool) -> Ports:
    """Ports whose calls are counted together, and one of them is the last."""
    counted = count()
    wrapped: dict[str, Any] = {
        each.name: Mortal(getattr(ports, each.name), counted, fatal, after)
        for each in fields(ports)
        if each.name in WATCHED
    }
    return replace(ports, **wrapped)


def decaying() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    scene.goes_on(AlarmKind.DRIFT)
    return scene


def harmed() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    scene.goes_on(AlarmKind.ERRORS)
    return scene


def challenged() -> Scene:
    scene = Scene()
    scene.serves(1, 2)
    scene.rolls_out(3)
    scene.goes_on(AlarmKind.ERRORS)
    scene.later(seconds=1)
    return scene


def cornered() -> Scene:
    scene = Scene()
    scene.serves(1)
    scene.goes_on(AlarmKind.ERRORS)
    return scene


def disappointed() -> Scene:
    """A retraining was ordered, and its run has ended badly."""
    scene = decaying()
    react("bank", SPEC, scene.ports())
    ((name, _),) = scene.retraining.started.items()
    scene.goes_off(AlarmKind.DRIFT)
    scene.registry.create_run(a_run("theirs"))
    note_run("bank", name, "theirs", scene.ports())
    give_up("bank", "another", "NotEnoughOutcomes", "", SPEC, scene.ports())
    scene.registry.update_run(
        "bank", "theirs", at="2026-03-01T12:00:00.000Z", status=RunStatus.GATED, reason="worse"
    )
    return scene


STORIES: dict[str, Callable[[], Scene]] = {
    story.__name__: story for story in (decaying, harmed, challenged, cornered, disappointed)
}


def calls_of(story: Callable[[], Scene]) -> int:
    """How many calls a story makes that goes well."""
    scene = story()
    counted = count()
    mortals: dict[str, Any] = {
        name: Mortal(getattr(scene.ports(), name), counted, -1, False) for name in WATCHED
    }
    react("bank", SPEC, replace(scene.ports(), **mortals))
    return next(counted)


def crash_points() -> Iterator[Any]:
    for name, story in STORIES.items():
        for place in range(calls_of(story)):
            for after in (False, True):
                when = "after" if after else "before"
                yield pytest.param(story, place, after, id=f"{name}-{when}-call-{place}")


def left(scene: Scene) -> dict[str, object]:
    """What a story leaves behind, but for moments and revisions."""
    registry = scene.registry
    record = registry.automation("bank")
    route = registry.route("bank")
    assert route is not None
    return {
        "record": replace(record, revision=0, updated_at=""),
        "history": [event.what for event in registry.events("bank")],
        "route": (route.revision, route.champion.number, route.challenger),
        "retraining": scene.retraining.started,
        "rollback": scene.rollback.started,
        "second look": scene.second_look.started,
        "told": set(scene.board.told),
    }


@pytest.mark.parametrize(("story", "place", "after"), [*crash_points()])
def test_a_call_that_died_is_made_good_by_the_next(
    story: Callable[[], Scene], place: int, after: bool
) -> None:
    whole = story()
    react("bank", SPEC, whole.ports())

    scene = story()
    with pytest.raises(Died):
        react("bank", SPEC, mortal(scene.ports(), place, after=after))
    react("bank", SPEC, scene.ports())

    assert left(scene) == left(whole)
    assert scene.registry.automation("bank").pending == ""
    assert len(scene.board.told) <= len(whole.board.told) + 1


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_an_event_that_comes_again_and_again_does_nothing_twice(
    story: Callable[[], Scene],
) -> None:
    scene = story()
    react("bank", SPEC, scene.ports())
    once, told = left(scene), len(scene.board.told)
    for _ in range(5):
        react("bank", SPEC, scene.ports())
    assert left(scene) == once
    assert len(scene.board.told) == told


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_of_two_calls_at_once_one_acts(story: Callable[[], Scene]) -> None:
    """The second runs as a whole between the look of the first and what it writes."""
    alone = story()
    react("bank", SPEC, alone.ports())

    scene = story()

    @dataclass
    class Meddled:
        inner: Any
        met: bool = False

        def __getattr__(self, name: str) -> Any:
            if name == "save_automation" and not self.met:
                self.met = True
                react("bank", SPEC, scene.ports())
            return getattr(self.inner, name)

    react("bank", SPEC, replace(scene.ports(), registry=Meddled(scene.registry)))
    assert left(scene) == left(alone)


def test_a_record_that_others_keep_changing_is_given_up() -> None:
    scene = decaying()

    @dataclass
    class Contended:
        inner: Any

        def __getattr__(self, name: str) -> Any:
            if name == "save_automation":
                raise Conflict("somebody was faster")
            return getattr(self.inner, name)

    with pytest.raises(Conflict):
        react("bank", SPEC, replace(scene.ports(), registry=Contended(scene.registry)))
    assert scene.retraining.started == {}
