"""The registry in memory, by the same contract as the one on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, Unpack

from perennial.errors import Conflict
from perennial.registry.chain import Head, follow, head_of, registered
from perennial.registry.chain import version_of as version_about
from perennial.registry.lifecycle import RunChange, revised, with_version
from perennial.registry.records import (
    Approval,
    Automation,
    Event,
    Rollout,
    Route,
    Run,
    RunStatus,
    Version,
    VersionStatus,
)

T = TypeVar("T", Route, Rollout, Automation, Approval)


@dataclass
class InMemoryRegistry:
    """`perennial.registry.store.Registry` for tests; every method is one indivisible step."""

    _runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    _slots: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, list[Version]] = field(default_factory=dict)
    _routes: dict[str, Route] = field(default_factory=dict)
    _rollouts: dict[tuple[str, str], Rollout] = field(default_factory=dict)
    _automations: dict[str, Automation] = field(default_factory=dict)
    _approvals: dict[tuple[str, int], Approval] = field(default_factory=dict)
    _tokens: dict[tuple[str, int], str] = field(default_factory=dict)
    _events: dict[str, list[Event]] = field(default_factory=dict)
    _heads: dict[str, Head] = field(default_factory=dict)
    misindexed_events: set[int] = field(default_factory=set)  # of any model, by sequence
    misindexed: set[int] = field(default_factory=set)  # versions of any model

    def create_run(self, run: Run) -> bool:
        if (run.model, run.run_id) in self._runs:
            return False
        self._runs[run.model, run.run_id] = run
        return True

    def claim_training(self, model: str, run_id: str, at: str) -> bool:
        run = self.run(model, run_id)
        if run is None or run.status.final:
            return False
        return self._slots.setdefault(model, run_id) == run_id

    def release_training(self, model: str, run_id: str) -> None:
        if self._slots.get(model) == run_id:
            del self._slots[model]

    def next_queued(self, model: str) -> Run | None:
        waiting = [run for run in self._of(model) if run.status is RunStatus.QUEUED]
        return min(waiting, key=lambda run: (run.created_at, run.run_id), default=None)

    def update_run(self, model: str, run_id: str, **change: Unpack[RunChange]) -> Run:
        changed = revised(self._known(model, run_id), **change)
        self._runs[model, run_id] = changed
        return changed

    def run(self, model: str, run_id: str) -> Run | None:
        return self._runs.get((model, run_id))

    def runs(self, model: str, limit: int = 50) -> Sequence[Run]:
        newest = sorted(self._of(model), key=lambda r: (r.created_at, r.run_id), reverse=True)
        return newest[:limit]

    def register_version(self, version: Version, event: Event) -> Version:
        run = self._known(version.model, version.run_id)
        present = self._versions.setdefault(version.model, [])
        if run.version is not None:
            return present[run.version - 1]
        numbered = replace(version, number=len(present) + 1)
        self._runs[run.model, run.run_id] = with_version(run, numbered)
        present.append(numbered)
        self._tell(registered(event, numbered))
        return numbered

    def version(self, model: str, number: int) -> Version | None:
        return next((v for v in self._versions.get(model, []) if v.number == number), None)

    def versions(self, model: str, limit: int = 50) -> Sequence[Version]:
        return self._versions.get(model, [])[::-1][:limit]

    def route(self, model: str) -> Route | None:
        return self._routes.get(model)

    def set_route(
        self,
        route: Route,
        event: Event,
        *,
        rollout: Rollout | None = None,
        rejected: Sequence[int] = (),
        restored: Sequence[int] = (),
    ) -> Route:
        if route == self._routes.get(route.model):
            return route
        _check(route, self._routes.get(route.model), "route")
        if rollout is not None:
            _check(rollout, self.rollout(rollout.model, rollout.rollout_id), "rollout")
        for number in (*rejected, *restored):
            if self.version(route.model, number) is None:
                raise LookupError(f"{route.model} has no version {number}")
        self._routes[route.model] = route
        if rollout is not None:
            self._rollouts[rollout.model, rollout.rollout_id] = rollout
        self._mark(route.model, rejected, VersionStatus.REJECTED)
        self._mark(route.model, restored, VersionStatus.REGISTERED)
        self._tell(event)
        return route

    def rollout(self, model: str, rollout_id: str) -> Rollout | None:
        return self._rollouts.get((model, rollout_id))

    def rollouts(self, model: str, limit: int = 50) -> Sequence[Rollout]:
        known = [each for each in self._rollouts.values() if each.model == model]
        return sorted(known, key=lambda r: (r.began_at, r.rollout_id), reverse=True)[:limit]

    def save_rollout(self, rollout: Rollout, event: Event | None = None) -> Rollout:
        place = rollout.model, rollout.rollout_id
        if rollout != self._rollouts.get(place):
            _check(rollout, self._rollouts.get(place), "rollout")
            self._rollouts[place] = rollout
            self._tell(event)
        return rollout

    def approval(self, model: str, version: int) -> Approval | None:
        return self._approvals.get((model, version))

    def approvals(self, model: str, limit: int = 50) -> Sequence[Approval]:
        known = [each for each in self._approvals.values() if each.model == model]
        return sorted(known, key=lambda each: each.version, reverse=True)[:limit]

    def save_approval(
        self, approval: Approval, event: Event, *, rejected: Sequence[int] = ()
    ) -> Approval:
        place = approval.model, approval.version
        if approval != self._approvals.get(place):
            _check(approval, self._approvals.get(place), "approval")
            for number in rejected:
                if self.version(approval.model, number) is None:
                    raise LookupError(f"{approval.model} has no version {number}")
            self._approvals[place] = approval
            self._mark(approval.model, rejected, VersionStatus.REJECTED)
            self._tell(event)
        return approval

    def keep_token(self, model: str, version: int, token: str) -> None:
        self._tokens[model, version] = token

    def token(self, model: str, version: int) -> str:
        return self._tokens.get((model, version), "")

    def automation(self, model: str) -> Automation:
        return self._automations.get(model, Automation(model))

    def save_automation(self, automation: Automation, event: Event | None = None) -> Automation:
        if automation != self.automation(automation.model):
            _check(automation, self.automation(automation.model), "automation")
            self._automations[automation.model] = automation
            self._tell(event)
        return automation

    def tell(self, event: Event) -> None:
        self._tell(event)

    def events(self, model: str, limit: int = 100) -> Sequence[Event]:
        return self._events.get(model, [])[::-1][:limit]

    def event(self, model: str, sequence: int) -> Event | None:
        return next(self.history(model, sequence, sequence), None)

    def head(self, model: str) -> Head:
        return self._heads.get(model, Head())

    def history(self, model: str, first: int = 1, last: int | None = None) -> Iterator[Event]:
        for event in self._events.get(model, []):
            if event.sequence >= first and (last is None or event.sequence <= last):
                yield event

    def indexed_history(self, model: str, first: int = 1) -> Iterator[tuple[Event, bool]]:
        for event in self.history(model, first):
            yield event, event.sequence not in self.misindexed_events

    def misindexed_versions(self, model: str) -> set[int]:
        return self.misindexed & {one.number for one in self.versions(model, 10**8)}

    def events_about(
        self, model: str, version: int, limit: int = 100, last: int | None = None
    ) -> Sequence[Event]:
        told = self.history(model, 1, last)
        found = [event for event in told if version_about(event) == version]
        return found[::-1][:limit]

    def runs_of(self, bucket: str, name: str) -> Sequence[Run]:
        return [
            run
            for run in self._runs.values()
            if (run.source.bucket, run.source.key) == (bucket, name)
        ]

    def versions_of(self, model: str, dataset_digest: str, limit: int = 100) -> Sequence[Version]:
        found = [v for v in self._versions.get(model, []) if v.dataset_digest == dataset_digest]
        return found[::-1][:limit]

    def _of(self, model: str) -> list[Run]:
        return [run for run in self._runs.values() if run.model == model]

    def _known(self, model: str, run_id: str) -> Run:
        run = self.run(model, run_id)
        if run is None:
            raise LookupError(f"{model} has no run {run_id}")
        return run

    def _mark(self, model: str, numbers: Sequence[int], status: VersionStatus) -> None:
        for number in numbers:
            versions = self._versions[model]
            versions[number - 1] = replace(versions[number - 1], status=status)

    def _tell(self, event: Event | None) -> None:
        if event is None:
            return
        told = follow(event, self.head(event.model))
        self._events.setdefault(event.model, []).append(told)
        self._heads[event.model] = head_of(told)


def _check(wanted: T, present: T | None, what: str) -> None:
    if (present.revision if present else 0) != wanted.revision - 1:
        raise Conflict(f"the {what} of {wanted.model} was changed by somebody else first")
