"""What was decided may have been overtaken when it is done: nobody is told what is not so."""

from __future__ import annotations

from perennial.automation.decisions import Notice
from perennial.automation.ends import tell_of_rollout
from perennial.automation.kinds import AlarmKind
from perennial.automation.ports import Ports
from perennial.automation.reconcile import react
from perennial.registry.clock import iso
from perennial.registry.records import Automation, Event, VersionStatus
from perennial.registry.staging import promote

from tests.fakes.registry import InMemoryRegistry
from tests.unit.automation.scene import Scene, a_spec


class Overtaken(InMemoryRegistry):
    """A registry in which the judge promotes the challenger once a decision is written."""

    at = ""

    def save_automation(self, automation: Automation, event: Event | None = None) -> Automation:
        saved = super().save_automation(automation, event)
        if "EndRollout" in automation.pending:
            reason = "no worse"
            promote("bank", "r3", by="judge", reason=reason, registry=self, clock=lambda: self.at)
        return saved


def overtaken() -> tuple[Scene, Ports]:
    registry = Overtaken()
    scene = Scene(registry=registry)
    registry.at = iso(scene.now)
    scene.serves(1, 2)
    scene.rolls_out(3)
    scene.goes_on(AlarmKind.ERRORS)
    return scene, scene.ports()


def test_nobody_is_told_that_a_version_was_rejected_which_was_promoted_meanwhile() -> None:
    scene, ports = overtaken()
    react("bank", a_spec(), ports)
    route, version = scene.registry.route("bank"), scene.registry.version("bank", 3)
    assert route is not None
    assert version is not None
    assert (route.champion.number, version.status) == (3, VersionStatus.REGISTERED)
    assert [each for each in scene.board.subjects if "rollout" in each] == []


def test_the_promoted_version_is_looked_at_again_after_alarms_had_time() -> None:
    scene, ports = overtaken()
    react("bank", a_spec(), ports)
    route = scene.registry.route("bank")
    assert route is not None
    told = {"model": "bank", "settled": route.revision}
    assert scene.second_look.started[f"bank-{route.revision}"] == told
    scene.later(minutes=30)
    react("bank", a_spec(), ports, settled=route.revision)
    assert [each["from_version"] for each in scene.rollback.started.values()] == [3]


def test_people_hear_of_the_promotion_that_was_faster_than_an_alarm() -> None:
    scene, ports = overtaken()
    react("bank", a_spec(), ports)
    tell_of_rollout("bank", Notice("version 3 serves now", "It was no worse.\n"), ports)
    assert "version 3 serves now" in scene.board.subjects
