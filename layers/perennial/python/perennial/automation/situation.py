"""Everything a decision about a model rests on, as it was when it was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from perennial.automation.kinds import VERDICTS, AlarmKind
from perennial.registry.clock import iso
from perennial.registry.records import Automation, Rollout, Route

# Seconds after which the endpoint's alarms say nothing of the route before: the five minutes they
# look back, the lag of metrics, and the time for which the former route is cached.
SETTLING = 480
# The same for an alarm that looks back for hours. Until then it may speak of what served before.
SLOW_HOURS = 3
SETTLING_SLOWLY = SLOW_HOURS * 3600 + 180
SLOW = (AlarmKind.RECURRING_ERRORS,)


@dataclass(frozen=True, slots=True)
class LatestReport:
    """What the newest monitoring report says.

    Attributes:
        uri: where it lies.
        version: the version in service that it is about; None: it does not say.
        alarms: the sentence of each verdict that is an alarm, by the verdict's name.
    """

    uri: str
    version: int | None
    alarms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Situation:
    """One model at one moment.

    Attributes:
        model: its name.
        now: the moment, ISO 8601, UTC.
        alarms: the alarms that are on, with the time each went on.
        automation: what was done without a person.
        route: what serves.
        rollout: the rollout under way or paused, if any.
        training: whether a training of the model is under way or waits.
        report: the newest report.
        settled: revision of a route that has served for as long as alarms look back; 0: unknown.
        retreated: whether the route's last change was away from a version that did harm.
        unproven: why the version in service is not what its artifact promises, as a sentence;
            empty: nothing is known against it.
    """

    model: str
    now: str
    alarms: Mapping[AlarmKind, str]
    automation: Automation
    route: Route
    rollout: Rollout | None = None
    training: bool = False
    report: LatestReport | None = None
    settled: int = 0
    retreated: bool = False
    unproven: str = ""

    def on(self, kind: AlarmKind) -> bool:
        """Whether an alarm is on, and about the version that serves now.

        An alarm that went on before the route last changed may be about what served then. It
        counts once a report on the version in service says the same, or once that version has
        served for as long as the alarm looks back; one that looks back for hours counts only
        then. So does an endpoint's alarm that goes on just
        after harm was ended: it may still look at requests from before.
        """
        since = self.alarms.get(kind)
        if since is None:
            return False
        later = since > self._began
        if kind in VERDICTS:
            said = bool(self.said(kind))
            return self.report_is_current if said else later
        if kind in SLOW:
            return self.now > _after(self._began, SETTLING_SLOWLY)
        if self.settled == self.route.revision:
            return True
        return later and (not self.retreated or since > _after(self._began))

    @property
    def too_early(self) -> bool:
        """Whether an alarm is on that looks too far back to be about what serves now, as yet."""
        return any(kind in self.alarms and not self.on(kind) for kind in SLOW)

    def said(self, kind: AlarmKind) -> list[str]:
        """What the newest report says about an alarm; empty when it sees no reason for one."""
        found = self.report.alarms if self.report else {}
        return [found[name] for name in VERDICTS.get(kind, ()) if name in found]

    @property
    def report_is_current(self) -> bool:
        """Whether the newest report is about the version in service."""
        return self.report is not None and self.report.version == self.route.champion.number

    @property
    def _began(self) -> str:
        """When what serves now began to: a rollout's steps are all its own doing."""
        return self.rollout.began_at if self.rollout else self.route.changed_at


def _after(began: str, seconds: int = SETTLING) -> str:
    settled = datetime.fromisoformat(began) + timedelta(seconds=seconds)
    return iso(settled)
