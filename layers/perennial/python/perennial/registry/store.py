"""The registry as the domain sees it. `perennial.adapters.dynamodb` is it on AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, Unpack

from perennial.registry.chain import Head
from perennial.registry.lifecycle import RunChange
from perennial.registry.records import Approval, Automation, Event, Rollout, Route, Run, Version


class Registry(Protocol):
    """Runs, versions, routes and history of all models.

    Every change is conditional: a repeated call changes nothing twice, and of two that race one
    raises `Conflict`. All methods raise `Unavailable` when the store does not answer.
    """

    def create_run(self, run: Run) -> bool:
        """Remember a new run; False when a run of this id exists already (nothing changes)."""
        ...

    def claim_training(self, model: str, run_id: str, at: str) -> bool:
        """Take the model's only training slot for a run that is not final.

        True also when the run has it already; False when another run holds it, or when this one
        is final: a run that has ended never takes the slot, however late its claim arrives.
        """
        ...

    def release_training(self, model: str, run_id: str) -> None:
        """Give the slot back; does nothing when another run holds it."""
        ...

    def next_queued(self, model: str) -> Run | None:
        """The oldest run of a model that waits for the slot (strongly consistent)."""
        ...

    def update_run(self, model: str, run_id: str, **change: Unpack[RunChange]) -> Run:
        """Change a run by the rules of `perennial.registry.lifecycle.revised`.

        Raises:
            LookupError: there is no such run.
        """
        ...

    def run(self, model: str, run_id: str) -> Run | None:
        """One run (strongly consistent)."""
        ...

    def runs(self, model: str, limit: int = 50) -> Sequence[Run]:
        """Runs of a model, newest first; the youngest may be missing for a moment."""
        ...

    def register_version(self, version: Version, event: Event) -> Version:
        """Give the version the next number of its model and store it with run and event.

        One transaction: version, its run with the number, the event. A run that
        has registered already gets its own version back. `version.number`, `event.sequence`
        and `event.subject` of the arguments are ignored. The run takes over dataset digest and
        metrics.

        Raises:
            LookupError: there is no such run.
            Conflict: the run has ended otherwise; nothing may be registered from it any more.
        """
        ...

    def version(self, model: str, number: int) -> Version | None:
        """One version (strongly consistent)."""
        ...

    def versions(self, model: str, limit: int = 50) -> Sequence[Version]:
        """Versions of a model, newest first."""
        ...

    def route(self, model: str) -> Route | None:
        """The route in force (strongly consistent), or None for a model never put in service."""
        ...

    def set_route(
        self,
        route: Route,
        event: Event,
        *,
        rollout: Rollout | None = None,
        rejected: Sequence[int] = (),
        restored: Sequence[int] = (),
    ) -> Route:
        """Write a route whose `revision` is one above the one in force, with its event.

        One transaction: the route, its event, the changed rollout, and the status of the
        versions that are `rejected`, or `restored` to what they were. `event.sequence` of the
        argument is ignored. A route that is in force already, to the letter, changes nothing: its
        reply was lost.

        Raises:
            Conflict: somebody changed the route, or the rollout, first.
            LookupError: a version to reject or restore does not exist.
        """
        ...

    def rollout(self, model: str, rollout_id: str) -> Rollout | None:
        """One rollout (strongly consistent)."""
        ...

    def rollouts(self, model: str, limit: int = 50) -> Sequence[Rollout]:
        """Rollouts of a model, newest first; the youngest may be missing for a moment."""
        ...

    def save_rollout(self, rollout: Rollout, event: Event | None = None) -> Rollout:
        """Write a rollout whose `revision` is one above the stored one, with its event if any.

        One that is stored already, to the letter, changes nothing.

        Raises:
            Conflict: somebody changed it first.
        """
        ...

    def approval(self, model: str, version: int) -> Approval | None:
        """The approval of a version (strongly consistent), or None: nobody was asked."""
        ...

    def approvals(self, model: str, limit: int = 50) -> Sequence[Approval]:
        """Approvals of a model, that of the newest version first (strongly consistent)."""
        ...

    def save_approval(
        self, approval: Approval, event: Event, *, rejected: Sequence[int] = ()
    ) -> Approval:
        """Write an approval whose `revision` is one above the stored one, with its event.

        One transaction: the approval, its event, and the status of versions that are `rejected`.
        One that is stored already, to the letter, changes nothing.

        Raises:
            Conflict: somebody changed it first.
            LookupError: a version to reject does not exist.
        """
        ...

    def keep_token(self, model: str, version: int, token: str) -> None:
        """Remember by which token the workflow of a version waits; a later one replaces it."""
        ...

    def token(self, model: str, version: int) -> str:
        """The token by which the workflow of a version waits; empty: none does."""
        ...

    def automation(self, model: str) -> Automation:
        """What was done without a person; revision 0 when there is nothing yet."""
        ...

    def save_automation(self, automation: Automation, event: Event | None = None) -> Automation:
        """Write what was done, with a `revision` one above the stored one, and its event if any.

        What is stored already, to the letter, changes nothing.

        Raises:
            Conflict: somebody changed it first.
        """
        ...

    def tell(self, event: Event) -> None:
        """Add a line to a model's history that goes with no change; its `sequence` is ignored."""
        ...

    def events(self, model: str, limit: int = 100) -> Sequence[Event]:
        """History of a model, newest first."""
        ...

    def event(self, model: str, sequence: int) -> Event | None:
        """One event (strongly consistent)."""
        ...

    def head(self, model: str) -> Head:
        """Where the history of a model ends, as the next event will link to it."""
        ...

    def history(self, model: str, first: int = 1, last: int | None = None) -> Iterator[Event]:
        """Events by sequence, in order, lazily: as many as wanted of a history of any length."""
        ...

    def events_about(
        self, model: str, version: int, limit: int = 100, last: int | None = None
    ) -> Sequence[Event]:
        """What happened to one version before all others, newest first, from event `last` back.

        That is its registration, its rollout, its way into service and its rejection; the
        youngest may be missing for a moment.
        """
        ...

    def runs_of(self, bucket: str, name: str) -> Sequence[Run]:
        """The runs that began with an object, in any of its versions and of any model."""
        ...

    def versions_of(self, model: str, dataset_digest: str, limit: int = 100) -> Sequence[Version]:
        """The versions that were trained on a dataset, newest first."""
        ...
