"""The registry in memory, by the same contract as the one on DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Unpack

from perennial.errors import Conflict
from perennial.registry.lifecycle import RunChange, revised, with_version
from perennial.registry.records import Event, Route, Run, RunStatus, Version


@dataclass
class InMemoryRegistry:
    """`perennial.registry.store.Registry` for tests; every method is one indivisible step."""

    _runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    _slots: dict[str, str] = field(default_factory=dict)
    _versions: dict[str, list[Version]] = field(default_factory=dict)
    _routes: dict[str, Route] = field(default_factory=dict)
    _events: dict[str, list[Event]] = field(default_factory=dict)

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
        self._tell(replace(event, subject=f"version {numbered.number}"))
        return numbered

    def version(self, model: str, number: int) -> Version | None:
        return next((v for v in self._versions.get(model, []) if v.number == number), None)

    def versions(self, model: str, limit: int = 50) -> Sequence[Version]:
        return self._versions.get(model, [])[::-1][:limit]

    def route(self, model: str) -> Route | None:
        return self._routes.get(model)

    def set_route(self, route: Route, event: Event) -> Route:
        present = self._routes.get(route.model)
        if (present.revision if present else 0) != route.revision - 1:
            raise Conflict(f"the route of {route.model} was changed by somebody else first")
        self._routes[route.model] = route
        self._tell(event)
        return route

    def events(self, model: str, limit: int = 100) -> Sequence[Event]:
        return self._events.get(model, [])[::-1][:limit]

    def _of(self, model: str) -> list[Run]:
        return [run for run in self._runs.values() if run.model == model]

    def _known(self, model: str, run_id: str) -> Run:
        run = self.run(model, run_id)
        if run is None:
            raise LookupError(f"{model} has no run {run_id}")
        return run

    def _tell(self, event: Event) -> None:
        told = self._events.setdefault(event.model, [])
        told.append(replace(event, sequence=len(told) + 1))
