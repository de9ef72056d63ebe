"""However trigger and conclude interleave, no run waits in front of a free slot.

Every call to the registry or the workflow is one step; every order of the steps of two actors is
tried, and orders of more actors by the hundred.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.errors import Unavailable
from perennial.registry.conclusion import Conclusion, conclude
from perennial.registry.intake import TrainingRequest, accept, run_id_of
from perennial.registry.queue import start_next
from perennial.registry.records import RunStatus

from tests.fakes.records import SOURCE, a_run
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.turns import Chooser, Turns, every_order, in_order
from tests.fakes.workflow import RecordingWorkflow

MODELS = ("bank",)


def request(version: str) -> TrainingRequest:
    return TrainingRequest("bank", replace(SOURCE, version_id=version), "upload", "alice")


def id_of(version: str) -> str:
    return run_id_of(request(version).source)


@dataclass
class Break:
    """Breaks down once, before or after the nth call of all ports took effect."""

    countdown: int
    after: bool

    def call(self, found: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self.countdown -= 1
        if self.countdown == 0 and not self.after:
            raise Unavailable("gone")
        result = found(*given, **named)
        if self.countdown == 0:
            raise Unavailable("gone")
        return result


@dataclass
class Breaking:
    """A port whose calls may break down."""

    port: Any
    breaks: Break

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self.breaks.call, getattr(self.port, name))


@dataclass
class Scene:
    """One model, whose first upload `a` is in training."""

    choose: Chooser = field(default_factory=lambda: in_order([0]))
    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    breaks: Break | None = None

    def __post_init__(self) -> None:
        ticks = itertools.count()
        self.clock: Callable[[], str] = lambda: f"2026-01-01T00:00:00.{next(ticks):06d}Z"
        self.turns = Turns(self.choose)
        self.upload("a")

    def ports(self) -> tuple[Any, Any]:
        ports = self.turns.gated(self.registry), self.turns.gated(self.workflow)
        if self.breaks is None:
            return ports
        return Breaking(ports[0], self.breaks), Breaking(ports[1], self.breaks)

    def upload(self, version: str) -> object:
        return accept(request(version), MODELS, *self.ports(), self.clock)

    def end(self, version: str, status: RunStatus = RunStatus.SUCCEEDED) -> object:
        ended = Conclusion("bank", id_of(version), status, seconds={"train": 1.0})
        return conclude(ended, *self.ports(), self.clock)

    def status(self, version: str) -> RunStatus:
        run = self.registry.run("bank", id_of(version))
        assert run is not None
        return run.status

    def check(self) -> None:
        """Nothing waits unless somebody trains; what trains is one, and was started."""
        runs = self.registry.runs("bank")
        training = [run for run in runs if run.status is RunStatus.RUNNING]
        assert len(training) <= 1
        assert all(run.run_id in self.workflow.started for run in training)
        if any(run.status is RunStatus.QUEUED for run in runs):
            assert training, "a run waits in front of a free slot"

    def drain(self) -> None:
        """End every run that trains until none is left: nothing may be left waiting either."""
        for _ in range(10):
            training = [
                run.source.version_id
                for run in self.registry.runs("bank")
                if run.status is RunStatus.RUNNING
            ]
            if not training:
                break
            self.end(training[0])
            self.check()
        assert all(run.status.final for run in self.registry.runs("bank"))


def orders_of(*actors: Callable[[Scene], object]) -> int:
    def play(choose: Chooser) -> None:
        scene = Scene(choose)
        results = scene.turns.run(*(lambda actor=actor: actor(scene) for actor in actors))
        assert not [result for result in results if isinstance(result, Exception)]
        scene.check()
        scene.upload("later")
        scene.check()
        scene.drain()

    return every_order(play)


def test_an_upload_while_the_training_before_it_ends_is_never_left_behind() -> None:
    played = orders_of(lambda scene: scene.upload("b"), lambda scene: scene.end("a"))
    assert played > 500


def test_two_deliveries_of_one_object_make_one_run() -> None:
    def play(choose: Chooser) -> None:
        scene = Scene(choose)
        scene.end("a")
        scene.turns.run(lambda: scene.upload("b"), lambda: scene.upload("b"))
        assert scene.status("b") is RunStatus.RUNNING
        assert len(scene.registry.runs("bank")) == 2
        assert len(scene.workflow.started) == 2
        scene.drain()

    assert every_order(play) > 100


def test_a_run_that_is_concluded_twice_at_once_starts_one_successor() -> None:
    def play(choose: Chooser) -> None:
        scene = Scene(choose)
        scene.upload("b")
        scene.upload("c")
        scene.turns.run(lambda: scene.end("a"), lambda: scene.end("a", RunStatus.FAILED))
        scene.check()
        assert scene.status("b") is RunStatus.RUNNING
        assert scene.status("c") is RunStatus.QUEUED
        scene.drain()

    assert every_order(play) > 500


def test_a_claim_that_comes_after_its_run_has_ended_does_not_keep_the_slot() -> None:
    """A slow trigger may try to claim for a run that another has started, and that has ended."""

    def play(choose: Chooser) -> None:
        scene = Scene(choose)
        scene.end("a")
        scene.registry.create_run(replace(a_run(id_of("b")), source=request("b").source))

        def start() -> object:
            return start_next("bank", *scene.ports(), scene.clock)

        scene.turns.run(start, lambda: (start(), scene.end("b", RunStatus.REJECTED)))
        scene.upload("later")
        assert scene.status("later") is RunStatus.RUNNING

    assert every_order(play) > 100


@given(st.lists(st.integers(0, 4), min_size=5, max_size=40))
@settings(max_examples=200, deadline=None)
def test_five_deliveries_of_one_object_make_one_run(order: list[int]) -> None:
    scene = Scene(in_order(order))
    scene.end("a")
    scene.turns.run(*[lambda: scene.upload("b")] * 5)
    assert len(scene.registry.runs("bank")) == 2
    assert scene.status("b") is RunStatus.RUNNING
    assert len(scene.workflow.started) == 2


@given(st.lists(st.integers(0, 3), min_size=5, max_size=60))
@settings(max_examples=300, deadline=None)
def test_uploads_at_once_wait_for_their_turn_and_all_get_it(order: list[int]) -> None:
    scene = Scene(in_order(order))
    scene.turns.run(
        lambda: scene.upload("b"),
        lambda: scene.upload("c"),
        lambda: scene.end("a"),
        lambda: scene.upload("b"),
    )
    scene.check()
    scene.drain()
    assert len(scene.workflow.started) == 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 9))
@pytest.mark.parametrize("who", ["upload", "end"])
def test_whoever_dies_half_way_is_made_good_by_the_next_attempt(
    who: str, step: int, after: bool
) -> None:
    scene = Scene()
    scene.upload("b")
    if who == "upload":
        scene.end("a")
        scene.end("b")

    def act() -> object:
        return scene.upload("c") if who == "upload" else scene.end("a")

    scene.breaks = Break(step, after)
    with contextlib.suppress(Unavailable):
        act()
    scene.breaks = None
    act()
    scene.check()
    expected = "c" if who == "upload" else "b"
    assert scene.status(expected) is RunStatus.RUNNING
    scene.drain()


def test_a_run_stuck_with_the_slot_is_started_by_the_next_upload() -> None:
    """Its trigger died between claim and start, and nobody tried again."""
    scene = Scene()
    scene.end("a")
    scene.registry.create_run(
        replace(scene.registry.runs("bank")[0], run_id="stuck", status=RunStatus.QUEUED)
    )
    assert scene.registry.claim_training("bank", "stuck", "now")
    scene.upload("b")
    assert "stuck" in scene.workflow.started
    scene.check()
