"""The operation of the control API by which people decide about versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.approval.asking import Resume, check_may_serve
from perennial.approval.deciding import Decision, decide
from perennial.approval.identity import Principal
from perennial.registry.clock import Clock
from perennial.registry.store import Registry
from perennial.serving.approvals import DECISIONS, document
from perennial.serving.control import Operation, Wish
from perennial.spec.approval import Approval as Rules

RulesOf = Callable[[str], Rules]  # of a deployed model


def deciding(rules_of: RulesOf, registry: Registry, clock: Clock, resume: Resume) -> Operation:
    """`POST approval`: the version of the path is approved or rejected.

    Args:
        rules_of: what the spec of a model says.
        registry: keeps approvals.
        clock: gives the present moment.
        resume: lets the workflow that waits go on.
    """

    def decide_on(wish: Wish) -> Mapping[str, object]:
        decided = decide(
            wish.model,
            wish.version,
            Decision(wish.choice("decision", DECISIONS)),
            who=Principal(wish.principal, wish.by),
            reason=wish.reason,
            rules=rules_of(wish.model),
            registry=registry,
            clock=clock,
            resume=resume,
        )
        return document(decided)

    return decide_on


def guarding(rules_of: RulesOf, registry: Registry) -> Callable[[str, int], None]:
    """What refuses to put a version in service that people have not let into it.

    The function it gives raises `NotApproved`, and `UnknownVersion` for one there is not.
    """

    def check(model: str, number: int) -> None:
        check_may_serve(model, number, rules_of(model), registry)

    return check
