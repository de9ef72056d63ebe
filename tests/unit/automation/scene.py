"""A model with alarms, and the outside of what acts on them: all in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from perennial.automation.kinds import AlarmKind, alarm_name
from perennial.automation.ports import Ports
from perennial.automation.situation import LatestReport
from perennial.registry.clock import iso
from perennial.registry.records import Rollout, Route, RoutedVersion, RunStatus
from perennial.registry.routing import put_in_service
from perennial.spec import ModelSpec

from tests.fakes.records import a_rollout, a_route, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.workflow import RecordingWorkflow

START = datetime.fromisoformat("2026-03-01T12:00:00Z")
PREFIX = "perennial"
_SUCCEEDED = RunStatus.SUCCEEDED


def a_spec(**sections: Any) -> ModelSpec:
    """A spec of the model `bank`."""
    told = {
        "name": "bank",
        "task": "binary",
        "target": "y",
        "positive_class": "yes",
        "features": {"age": {"type": "number"}},
    }
    return ModelSpec.model_validate(told | sections)


@dataclass
class Switchboard:
    """Alarms that a test puts on and off."""

    since: dict[str, str] = field(default_factory=dict)

    def on(self, names: Collection[str]) -> Mapping[str, str]:
        return {name: at for name, at in self.since.items() if name in names}


@dataclass
class Shelf:
    """The newest report, as a test has it."""

    report: LatestReport | None = None

    def latest(self, model: str, since: str) -> LatestReport | None:
        return self.report


@dataclass
class Board:
    """What people were told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def publish(self, subject: str, text: str) -> None:
        self.told.append((subject, text))

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.told]


@dataclass
class Scene:
    """One model at a moment that a test moves on."""

    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    alarms: Switchboard = field(default_factory=Switchboard)
    shelf: Shelf = field(default_factory=Shelf)
    board: Board = field(default_factory=Board)
    retraining: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    rollback: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    rollout: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    second_look: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    now: datetime = START

    def ports(self) -> Ports:
        return Ports(
            registry=self.registry,
            alarms=self.alarms,
            reports=self.shelf,
            retraining=self.retraining,
            rollback=self.rollback,
            rollout=self.rollout,
            second_look=self.second_look,
            topic=self.board,
            clock=lambda: iso(self.now),
            prefix=PREFIX,
        )

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)

    def goes_on(self, *kinds: AlarmKind) -> None:
        """Alarms of the model go on now."""
        for kind in kinds:
            self.alarms.since[alarm_name(PREFIX, "bank", kind)] = iso(self.now)

    def goes_off(self, *kinds: AlarmKind) -> None:
        """Alarms of the model go off."""
        for kind in kinds:
            self.alarms.since.pop(alarm_name(PREFIX, "bank", kind), None)

    def says(self, *verdicts: str, version: int | None = None) -> None:
        """The newest report has these verdicts, about the version in service."""
        route = self.registry.route("bank")
        served = route.champion.number if route else None
        told = {name: f"{name} is an alarm" for name in verdicts}
        self.shelf.report = LatestReport(
            "s3://data/reports/bank/x/report.html", version or served, told
        )

    def serves(self, *versions: int) -> Route:
        """Versions are registered, and the last of them serves after the others; an hour ago."""
        for number in versions:
            self.registry.create_run(a_run(f"run{number}"))
            self.registry.register_version(a_version(f"run{number}"), an_event())
        at = iso(self.now - timedelta(hours=1))
        for revision, number in enumerate(versions, 1):
            before = versions[revision - 2] if revision > 1 else None
            earlier = tuple(_routed(each) for each in reversed(versions[: max(revision - 2, 0)]))
            route = a_route(
                revision,
                number,
                previous=_routed(before) if before else None,
                earlier=earlier,
                changed_at=at,
            )
            self.registry.set_route(route, an_event("route_changed"))
        for number in versions:
            self.registry.update_run("bank", f"run{number}", at=at, status=_SUCCEEDED)
        return route

    def moves_on(self, version: int) -> None:
        """A new version comes into service now, at once."""
        self.registry.create_run(a_run(f"run{version}"))
        self.registry.register_version(a_version(f"run{version}"), an_event())
        at = iso(self.now)
        self.registry.update_run("bank", f"run{version}", at=at, status=_SUCCEEDED)
        put_in_service(
            "bank", version, by="workflow", reason="new", registry=self.registry, clock=lambda: at
        )

    def rolls_out(self, version: int) -> Rollout:
        """A rollout of a version is under way, since a quarter of an hour."""
        self.registry.create_run(a_run(f"run{version}"))
        self.registry.register_version(a_version(f"run{version}"), an_event())
        self.registry.update_run("bank", f"run{version}", at=iso(self.now), status=_SUCCEEDED)
        present = self.registry.route("bank")
        assert present is not None
        began = iso(self.now - timedelta(minutes=15))
        rollout = a_rollout(
            version=version,
            champion=present.champion.number,
            began_at=began,
            rollout_id=f"r{version}",
        )
        route = a_route(
            present.revision + 1,
            present.champion.number,
            previous=present.previous,
            earlier=present.earlier,
            challenger=_routed(version),
            share=0.25,
            rollout_id=rollout.rollout_id,
            changed_at=began,
        )
        self.registry.set_route(route, an_event("rollout_began"), rollout=rollout)
        return rollout

    def history(self) -> list[str]:
        """What the history of the model says, the newest first."""
        return [event.what for event in self.registry.events("bank")]


def _routed(number: int) -> RoutedVersion:
    return RoutedVersion(number, "d" * 64, "s3://artifacts/artifacts/bank/d.zip")
