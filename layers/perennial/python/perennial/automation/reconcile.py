"""Acting on the alarms of one model: look, account, decide, record, do, tell.

What is decided is recorded first, conditional on what was read, together with its line of history
and what people will be told; then it is done and told, and then forgotten. Whoever comes next
finds what a call that died had recorded and does that first. Every deed may be repeated:
executions have names, a rollout that has ended stays ended. So an event that comes twice, late or
never changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from perennial.automation.accounting import account
from perennial.automation.decisions import Decision, Hold, Pending
from perennial.automation.deeds import carry_out, look_later
from perennial.automation.kinds import AlarmKind, names
from perennial.automation.notices import of_decision
from perennial.automation.policy import decide
from perennial.automation.ports import Ports
from perennial.automation.records import after_account, after_decision, done
from perennial.automation.situation import Situation
from perennial.automation.stalled import stalled
from perennial.automation.unproven import PROVEN, UNPROVEN, unproven
from perennial.errors import Conflict
from perennial.registry.records import Automation, RolloutStatus, Route
from perennial.registry.routing import running_rollout
from perennial.registry.store import Registry
from perennial.rollout.beginning import start_again
from perennial.spec import ModelSpec

ATTEMPTS = 5
_RECENT = 20  # runs that may wait at once, and lines of history since the route changed
_PROMOTED = RolloutStatus.PROMOTED.value


def react(model: str, spec: ModelSpec, ports: Ports, *, settled: int = 0) -> tuple[Decision, ...]:
    """Do what there is to do about a model, until there is nothing left; what was done, in order.

    Args:
        model: whose alarms.
        spec: as the model is deployed.
        ports: the outside.
        settled: revision of a route that has served for as long as alarms look back; 0: unknown.

    Raises:
        Conflict: others kept changing the same records.
        Unavailable: a service does not answer; calling again takes up where this stopped.
    """
    decisions: list[Decision] = []
    conflicts = 0
    _note_settled(model, settled, ports)
    # Each round does one thing; the last finds nothing. A rollout may end, a rollback follow.
    while len(decisions) < ATTEMPTS:
        try:
            decision = _round(model, spec, ports, settled)
        except Conflict:
            conflicts += 1
            if conflicts == ATTEMPTS:
                raise
            continue
        if decision is None:
            break
        decisions.append(decision)
    return tuple(decisions)


def _note_settled(model: str, revision: int, ports: Ports) -> None:
    """Remember that a route has served long enough; of two that write this, one is enough."""
    present, route = ports.registry.automation(model), ports.registry.route(model)
    if present.settled_revision >= revision or route is None or revision > route.revision:
        return  # known, or of a route there has not been: such a note would hold for all to come
    noted = replace(present, revision=present.revision + 1, settled_revision=revision)
    with suppress(Conflict):
        ports.registry.save_automation(noted)


def _round(model: str, spec: ModelSpec, ports: Ports, settled: int) -> Decision | None:
    automation = finish(model, ports)
    route = ports.registry.route(model)
    if route is None:
        return None
    automation = _account(automation, route, spec, ports)
    situation = look(automation, route, spec, ports, settled)
    if situation.rollout and stalled(situation.rollout, spec, situation.now):
        start_again(situation.rollout, ports.rollout)
    if situation.too_early and not automation.halted:
        look_later(route, ports)
    decision = decide(situation, spec)
    if decision is None or isinstance(decision, Hold):
        _hold(situation, decision, ports)
        return None
    told = of_decision(model, decision, situation.report)
    changed, event = after_decision(automation, decision, told, ports.clock())
    ports.registry.save_automation(changed, event)
    finish(model, ports)
    return decision


def look(
    automation: Automation, route: Route, spec: ModelSpec, ports: Ports, settled: int = 0
) -> Situation:
    """Everything a decision rests on, as it is now."""
    model, registry = route.model, ports.registry
    kinds = names(ports.prefix, model)
    on = ports.alarms.on(kinds)
    rollout = running_rollout(route, registry)
    return Situation(
        model=model,
        now=ports.clock(),
        alarms={
            kind: on[name] for name, end in kinds.items() if name in on and (kind := _kind(end))
        },
        automation=automation,
        route=route,
        rollout=None if rollout is None or rollout.status.final else rollout,
        training=any(not run.status.final for run in registry.runs(model, _RECENT)),
        report=ports.report(model, spec),
        settled=max(settled, automation.settled_revision),
        retreated=_retreated(route, registry),
        unproven=unproven(route, registry),
    )


def _retreated(route: Route, registry: Registry) -> bool:
    """Whether the route's last change took a version back, or ended a rollout without it."""
    subject = f"route {route.revision}"
    of_route = (e for e in registry.events(route.model, _RECENT) if e.subject == subject)
    told = next((e for e in of_route if e.what not in (PROVEN, UNPROVEN)), None)
    if told is None:
        return False
    ended = told.what == "rollout_ended" and told.details.get("rollout_status") != _PROMOTED
    return told.what == "rolled_back" or ended


def _kind(end: str) -> AlarmKind | None:
    """The kind of a single alarm; None for those made of others."""
    return AlarmKind(end) if end in list(AlarmKind) else None


def finish(model: str, ports: Ports) -> Automation:
    """Do and tell what was recorded and may not be done yet; the record without it."""
    automation = ports.registry.automation(model)
    if not automation.pending:
        return automation
    carry_out(model, Pending.from_json(automation.pending), ports)
    return ports.registry.save_automation(done(automation, ports.clock()))


def _account(automation: Automation, route: Route, spec: ModelSpec, ports: Ports) -> Automation:
    if not automation.retraining_run:
        return automation
    model = route.model
    found = account(model, automation.retraining_run, route, ports.registry)
    if found is None:
        return automation
    report = ports.report(model, spec)
    changed, event = after_account(
        automation, found, spec.retraining.failures, report, ports.clock()
    )
    ports.registry.save_automation(changed, event)
    return finish(model, ports)


def _hold(situation: Situation, decision: Hold | None, ports: Ports) -> None:
    """Tell once why something waits, and forget it when it does not any more."""
    reason = decision.reason if decision else ""
    if situation.automation.held == reason or situation.automation.halted:
        return
    told = of_decision(situation.model, decision, situation.report) if decision else None
    held = replace(
        situation.automation,
        revision=situation.automation.revision + 1,
        held=reason,
        pending=Pending(None, told).to_json() if told else "",
        updated_at=ports.clock(),
    )
    ports.registry.save_automation(held)
    finish(situation.model, ports)
