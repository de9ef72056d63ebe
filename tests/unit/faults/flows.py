"""Everything that changes a route, as a flow of calls that can be broken off anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perennial.errors import Conflict
from perennial.registry.layout import run_prefix, uri
from perennial.registry.registration import register
from perennial.registry.routing import roll_back
from perennial.rollout.beginning import introduce
from perennial.rollout.intervention import Action, intervene
from perennial.rollout.step import take_step
from perennial.serving.control import Wish
from perennial.serving.operations import taking_back
from perennial.serving.proof import prove
from perennial.spec.approval import Approval

from tests.unit.faults.faulty import Faults
from tests.unit.faults.world import ARTIFACTS, Ports, World
from tests.unit.rollout.scenes import FAILING, GOOD, NOTHING, rules

STAGED, AT_ONCE = rules(), rules(stages=[])


@dataclass(frozen=True)
class Flow:
    """One flow.

    Attributes:
        name: of the flow.
        prepare: what is there before it.
        run: the flow itself; called again it must finish what was broken off.
        exact: whether calling it again brings about the very same. A person who asks for the
            next step twice gets two.
    """

    name: str
    prepare: Callable[[World], None]
    run: Callable[[World, Ports], None]
    exact: bool = True


def _register(world: World, ports: Ports) -> None:
    register(
        uri("data", run_prefix("bank", "next")),
        ARTIFACTS,
        by="workflow",
        store=ports.objects,
        registry=ports.registry,
        clock=world.clock,
    )


def _introduce(version: int, staged: bool) -> Callable[[World, Ports], None]:
    def run(world: World, ports: Ports) -> None:
        introduce(
            "bank",
            version,
            STAGED if staged else AT_ONCE,
            by="workflow",
            reason="passed its gates",
            registry=ports.registry,
            workflow=ports.workflow,
            clock=world.clock,
        )

    return run


def _step(world: World, ports: Ports) -> None:
    take_step(
        "bank",
        "bank-v3",
        STAGED,
        Approval(),
        witness=ports.witness,
        registry=ports.registry,
        clock=world.clock,
    )


def _intervene(action: Action, seen: int | None = None) -> Callable[[World, Ports], None]:
    def run(world: World, ports: Ports) -> None:
        try:
            intervene(
                "bank",
                action,
                Approval(),
                by="ada",
                reason="said so",
                registry=ports.registry,
                workflow=ports.workflow,
                clock=world.clock,
                seen=seen,
            )
        except Conflict:  # ended at the first attempt, whose answer was lost
            assert action is Action.END

    return run


def _roll_back(world: World, ports: Ports) -> None:
    roll_back("bank", 2, by="alarm", reason="errors", registry=ports.registry, clock=world.clock)
    _prove(world, ports)


def _prove(world: World, ports: Ports) -> None:
    proof = prove(
        "bank",
        predict=ports.predict,
        store=ports.objects,
        registry=ports.registry,
        clock=world.clock,
        sleep=lambda seconds: None,
    )
    assert proof.proven, proof.reason


def _operator(revision: int) -> Callable[[World, Ports], None]:
    """A person, who says which route he saw."""

    def run(world: World, ports: Ports) -> None:
        operation = taking_back(ports.registry, ports.workflow, world.clock, lambda error: None)
        wish = {"reason": "complaints", "expected_revision": revision}
        operation(Wish("bank", "ada", wish))

    return run


def _served(*numbers: int) -> Callable[[World], None]:
    return lambda world: world.serve(*numbers)


def _rolling_out(steps: int) -> Callable[[World], None]:
    """Version 3 is on its way into service, so many steps after the first."""

    def prepare(world: World) -> None:
        world.serve(1, 2)
        ports = world.ports(Faults())
        _introduce(3, staged=True)(world, ports)
        world.evidence = GOOD
        for _ in range(steps):
            _step(world, ports)

    return prepare


def _failing(world: World) -> None:
    _rolling_out(1)(world)
    world.evidence = FAILING


def _undecided(world: World) -> None:
    _rolling_out(1)(world)
    world.evidence = NOTHING


FLOWS = (
    Flow("register", _served(1), _register),
    Flow("serve the first version", lambda world: None, _introduce(1, staged=True)),
    Flow("serve at once", _served(1, 2), _introduce(3, staged=False)),
    Flow("serve at once during a rollout", _rolling_out(1), _introduce(4, staged=False)),
    Flow("begin a rollout", _served(1, 2), _introduce(3, staged=True)),
    Flow("supersede a rollout", _rolling_out(1), _introduce(4, staged=True)),
    Flow("next step", _rolling_out(0), _step, exact=False),
    Flow("look only", _undecided, _step, exact=False),
    Flow("promote", _rolling_out(2), _step),
    Flow("reject", _failing, _step),
    Flow("pause", _rolling_out(1), _intervene(Action.PAUSE)),
    Flow("advance", _rolling_out(1), _intervene(Action.ADVANCE), exact=False),
    Flow("advance what was seen", _rolling_out(1), _intervene(Action.ADVANCE, seen=2)),
    Flow("advance into service", _rolling_out(2), _intervene(Action.ADVANCE, seen=3)),
    Flow("end", _rolling_out(1), _intervene(Action.END)),
    Flow("roll back", _served(1, 2), _roll_back),
    Flow("roll back during a rollout", _rolling_out(1), _roll_back),
    Flow("operator rolls back", _served(1, 2), _operator(2)),
    Flow("operator rolls back a rollout", _rolling_out(1), _operator(4)),
    Flow("prove", _served(1, 2), _prove),
)
