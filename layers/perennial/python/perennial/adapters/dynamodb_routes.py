"""The part of the registry that says what serves a model: routes, rollouts, automation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from perennial.adapters.dynamodb_history import DynamoHistory
from perennial.adapters.dynamodb_items import (
    AUTOMATION,
    ROUTE,
    automation_of,
    item_of,
    rollout_of,
    rollout_sort,
    rollouts_key,
    route_of,
    version_sort,
)
from perennial.adapters.dynamodb_table import until_settled
from perennial.adapters.dynamodb_writes import (
    mark,
    put_revised,
    put_rollout,
    put_route,
)
from perennial.errors import Conflict
from perennial.registry.records import Automation, Event, Rollout, Route, VersionStatus

T = TypeVar("T", Route, Rollout, Automation)


class DynamoRoutes(DynamoHistory):
    """The methods of `perennial.registry.store.Registry` about what serves."""

    def route(self, model: str) -> Route | None:
        """The route in force."""
        item = self._table.get(model, ROUTE)
        return None if item is None else route_of(item)

    def set_route(
        self,
        route: Route,
        event: Event,
        *,
        rollout: Rollout | None = None,
        rejected: Sequence[int] = (),
        restored: Sequence[int] = (),
    ) -> Route:
        """Put the route in place of the one it follows, with all that changes beside it."""

        def attempt() -> Route:
            if _written(route, self.route(route.model), "route"):
                return route
            if rollout is not None:
                _follows(rollout, self.rollout(rollout.model, rollout.rollout_id), "rollout")
            self._check_registered(route.model, (*rejected, *restored))
            self._table.transact(
                put_route(route),
                *self._told(event),
                *([] if rollout is None else [put_rollout(rollout)]),
                *(mark(route.model, one, VersionStatus.REJECTED) for one in rejected),
                *(mark(route.model, one, VersionStatus.REGISTERED) for one in restored),
            )
            return route

        return until_settled(attempt)

    def rollout(self, model: str, rollout_id: str) -> Rollout | None:
        """One rollout."""
        item = self._table.get(model, rollout_sort(rollout_id))
        return None if item is None else rollout_of(item)

    def rollouts(self, model: str, limit: int = 50) -> Sequence[Rollout]:
        """Rollouts of a model, newest first."""
        return [rollout_of(item) for item in self._table.listed(rollouts_key(model), limit)]

    def save_rollout(self, rollout: Rollout, event: Event | None = None) -> Rollout:
        """Put the rollout in place of the one it follows, with its event if any."""

        def attempt() -> Rollout:
            if not _written(rollout, self.rollout(rollout.model, rollout.rollout_id), "rollout"):
                self._table.transact(put_rollout(rollout), *self._told(event))
            return rollout

        return until_settled(attempt)

    def automation(self, model: str) -> Automation:
        """What was done for a model without a person."""
        item = self._table.get(model, AUTOMATION)
        return Automation(model) if item is None else automation_of(item)

    def save_automation(self, automation: Automation, event: Event | None = None) -> Automation:
        """Put it in place of what it follows, with its event if any."""

        def attempt() -> Automation:
            if not _written(automation, self.automation(automation.model), "automation"):
                item = item_of(automation, AUTOMATION)
                self._table.transact(put_revised(item, automation.revision), *self._told(event))
            return automation

        return until_settled(attempt)

    def _check_registered(self, model: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            if self._table.get(model, version_sort(number)) is None:
                raise LookupError(f"{model} has no version {number}")


def _written(wanted: T, present: T | None, what: str) -> bool:
    """Whether this very record is stored already: its write went through, the reply was lost.

    Raises:
        Conflict: another one is stored than the one it was made from.
    """
    if wanted == present:
        return True
    _follows(wanted, present, what)
    return False


def _follows(wanted: T, present: T | None, what: str) -> None:
    if (present.revision if present else 0) != wanted.revision - 1:
        raise Conflict(f"the {what} of {wanted.model} was changed by somebody else first")
