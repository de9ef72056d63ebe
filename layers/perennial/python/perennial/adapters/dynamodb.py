"""The registry on DynamoDB.

Every write reads first and is conditional on what it read, in one transaction; when somebody
else was faster it reads again and decides anew, a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Unpack

from perennial.adapters.dynamodb_approvals import DynamoApprovals
from perennial.adapters.dynamodb_history import head_in
from perennial.adapters.dynamodb_items import (
    QUEUE,
    VERSIONS,
    Item,
    dataset_key,
    decode,
    encode,
    event_item,
    indexed_at,
    key,
    model_key,
    queue_sort,
    run_item,
    run_of,
    run_sort,
    runs_key,
    source_item,
    source_key,
    version_index,
    version_item,
    version_of,
    version_sort,
)
from perennial.adapters.dynamodb_table import Contended, until_settled
from perennial.adapters.dynamodb_writes import (
    count_on,
    free_slot,
    put,
    put_new,
    put_run,
    still,
    take_slot,
)
from perennial.registry.chain import DAMAGE, follow, registered
from perennial.registry.lifecycle import RunChange, revised, with_version
from perennial.registry.records import Event, Run, RunStatus, Version


class DynamoRegistry(DynamoApprovals):
    """`perennial.registry.store.Registry` on one DynamoDB table."""

    def create_run(self, run: Run) -> bool:
        """Put the run and, when it waits, its place in the queue."""

        def attempt() -> bool:
            if self._table.get(run.model, run_sort(run.run_id)):
                return False
            writes = [put_new(run_item(run, revision=1)), put(source_item(run))]
            if run.status is RunStatus.QUEUED:
                place = {**key(run.model, queue_sort(run)), "run_id": encode(run.run_id)}
                writes.append(put_new(place))
            self._table.transact(*writes)
            return True

        return until_settled(attempt)

    def claim_training(self, model: str, run_id: str, at: str) -> bool:
        """Write the run into the model's state, on condition that the slot is free.

        And that the run is as it was read: one that ends meanwhile must not take the slot.
        """

        def attempt() -> bool:
            item = self._table.get(model, run_sort(run_id))
            if item is None or run_of(item).status.final:
                return False
            holder = self._state(model).get("training_run")
            if holder is not None:
                return bool(holder == run_id)
            self._table.transact(
                take_slot(model, run_id, at),
                still(item),
            )
            return True

        return until_settled(attempt)

    def release_training(self, model: str, run_id: str) -> None:
        """Remove the run from the model's state if it stands there."""

        def attempt() -> None:
            if self._state(model).get("training_run") != run_id:
                return
            self._table.transact(free_slot(model, run_id))

        until_settled(attempt)

    def next_queued(self, model: str) -> Run | None:
        """The run at the head of the queue."""

        def attempt() -> Run | None:
            place = self._table.first(model, QUEUE)
            if place is None:
                return None
            run = self.run(model, decode(place["run_id"]))
            if run is None or run.status is not RunStatus.QUEUED:
                raise Contended  # it left the queue between the two reads
            return run

        return until_settled(attempt)

    def update_run(self, model: str, run_id: str, **change: Unpack[RunChange]) -> Run:
        """Put the changed run; with its last day in the queue its place goes too."""

        def attempt() -> Run:
            item, run = self._known_run(model, run_id)
            changed = revised(run, **change)
            if changed is not run:
                self._table.transact(*put_run(item, run, changed))
            return changed

        return until_settled(attempt)

    def run(self, model: str, run_id: str) -> Run | None:
        """One run."""
        item = self._table.get(model, run_sort(run_id))
        return None if item is None else run_of(item)

    def runs(self, model: str, limit: int = 50) -> Sequence[Run]:
        """Runs of a model, newest first."""
        return [run_of(item) for item in self._table.listed(runs_key(model), limit)]

    def register_version(self, version: Version, event: Event) -> Version:
        """Number and put the version, its event and its run."""

        def attempt() -> Version:
            item, run = self._known_run(version.model, version.run_id)
            if run.version is not None:
                return self._registered(run)
            state = self._state(version.model)
            numbered = replace(version, number=state.get("last_version", 0) + 1)
            told = follow(registered(event, numbered), head_in(state))
            self._table.transact(
                count_on(version.model, state, version=numbered.number, event=told),
                put_new(version_item(numbered)),
                put_new(event_item(told)),
                *put_run(item, run, with_version(run, numbered)),
            )
            return numbered

        return until_settled(attempt)

    def version(self, model: str, number: int) -> Version | None:
        """One version."""
        item = self._table.get(model, version_sort(number))
        return None if item is None else version_of(item)

    def versions(self, model: str, limit: int = 50) -> Sequence[Version]:
        """Versions of a model, newest first."""
        return [version_of(item) for item in self._table.newest(model, VERSIONS, limit)]

    def runs_of(self, bucket: str, name: str) -> Sequence[Run]:
        """The runs that began with an object, in any of its versions."""
        found = self._table.between(source_key(bucket, name), run_sort(""), run_sort("~"))
        runs = [self.run(decode(item["model"]), decode(item["run_id"])) for item in found]
        return [run for run in runs if run is not None]

    def versions_of(self, model: str, dataset_digest: str, limit: int = 100) -> Sequence[Version]:
        """The versions that were trained on a dataset, newest first."""
        listed = self._table.listed(dataset_key(model, dataset_digest), limit)
        return [version_of(item) for item in listed]

    def misindexed_versions(self, model: str) -> Collection[int]:
        """The versions that the index does not list where they belong."""
        found = set()
        for item in self._table.between(model_key(model), VERSIONS, f"{VERSIONS}~"):
            with suppress(*DAMAGE):
                version = version_of(item)
                if not indexed_at(item, version_index(version)):
                    found.add(version.number)
        return found

    def _known_run(self, model: str, run_id: str) -> tuple[Item, Run]:
        item = self._table.get(model, run_sort(run_id))
        if item is None:
            raise LookupError(f"{model} has no run {run_id}")
        return item, run_of(item)

    def _registered(self, run: Run) -> Version:
        version = self.version(run.model, run.version or 0)
        if version is None:
            raise LookupError(f"{run.model} has no version {run.version}")
        return version
