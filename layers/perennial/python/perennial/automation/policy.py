"""What is to be done about a model, decided from one look at everything.

A pure function of the situation: it may be asked again and again, and the events that led to
asking do not matter. What does harm comes first; then what has got worse.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from perennial.automation.decisions import (
    Decision,
    EndRollout,
    Halt,
    Hold,
    Retrain,
    RollBack,
)
from perennial.automation.kinds import CAUSES, HARMS, AlarmKind
from perennial.automation.situation import Situation
from perennial.automation.words import cause_of, moment
from perennial.registry.transitions import ways_back
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

_WEEK = timedelta(days=7)


def decide(situation: Situation, spec: ModelSpec) -> Decision | None:
    """The one thing to do now, or None.

    Args:
        situation: the model at this moment.
        spec: as the model is deployed.
    """
    if situation.automation.halted:
        return None
    harms = [kind for kind in HARMS if situation.on(kind)]
    if harms:
        return _against_harm(situation, cause_of(situation, harms), spec)
    if situation.unproven:
        return _against_harm(situation, situation.unproven, spec)
    causes = [
        kind for kind, of in CAUSES.items() if of in spec.retraining.on and situation.on(kind)
    ]
    return _against_decay(situation, causes, spec) if causes else None


def _against_harm(situation: Situation, cause: str, spec: ModelSpec) -> Decision | None:
    automation, route, rollout = situation.automation, situation.route, situation.rollout
    if not spec.rollback.automatic:
        return Hold(f"{cause}; nothing is taken back, since rollback.automatic is off in the spec")
    if rollout is not None:
        return EndRollout(rollout.rollout_id, rollout.version, cause)
    if automation.rolled_back_revision >= route.revision:
        return None  # ordered, and under way
    if situation.unproven and situation.retreated:
        return Halt(f"what came back after harm was ended does no better: {cause}")
    ways = ways_back(route)
    if not ways:
        return Halt(
            f"version {route.champion.number} should be taken back and there is no good version "
            f"before it: {cause}"
        )
    return RollBack(
        revision=route.revision,
        from_version=route.champion.number,
        to_version=ways[0].number,
        cause=cause,
        halts=_flapping(situation, spec),
    )


def _flapping(situation: Situation, spec: ModelSpec) -> str:
    """Why nothing is done after this rollback; empty when it is the only one of late."""
    window = timedelta(seconds=seconds(spec.rollback.flapping))
    if not _since(situation, situation.automation.rollbacks, window):
        return ""
    return f"it is the second rollback within {spec.rollback.flapping}"


def _against_decay(
    situation: Situation, causes: list[AlarmKind], spec: ModelSpec
) -> Decision | None:
    if situation.automation.retraining_run:
        return None  # under way
    cause = cause_of(situation, causes)
    waits = _waits(situation, spec)
    if waits:
        return Hold(f"{waits}; it is due because {cause}")
    return Retrain(retraining_id(situation.model, situation.now), cause)


def _waits(situation: Situation, spec: ModelSpec) -> str:
    """Why a retraining that is due must wait; empty when it need not."""
    started, rules = situation.automation.retrainings, spec.retraining
    cooldown = timedelta(seconds=seconds(rules.cooldown))
    if AlarmKind.QUALITY in situation.alarms or situation.said(AlarmKind.QUALITY):
        return "a retraining waits until the data is in order again"
    if situation.rollout is not None:
        return f"a retraining waits until the rollout of version {situation.rollout.version} ends"
    if situation.training:
        return "a retraining waits until the training that is under way has ended"
    if _since(situation, started, cooldown):
        return f"a retraining waits until {moment(_read(started[-1]) + cooldown)} (cooldown)"
    if len(recent := _since(situation, started, _WEEK)) >= rules.per_week:
        freed = _read(recent[-rules.per_week]) + _WEEK
        return f"a retraining waits until {moment(freed)} ({rules.per_week} in seven days)"
    return ""


def retraining_id(model: str, at: str) -> str:
    """The name of a retraining ordered at a moment; also of the execution that gathers for it."""
    return f"{model}-{at.translate({ord(sign): None for sign in '-:.'})}"


def _since(situation: Situation, times: tuple[str, ...], window: timedelta) -> list[str]:
    began = _read(situation.now) - window
    return [each for each in times if _read(each) > began]


def _read(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
