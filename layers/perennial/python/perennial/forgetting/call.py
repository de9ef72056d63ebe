"""One call of the workflow that forgets: it goes on until its time is up, and says how far it came.

What is handed from call to call holds counts and digests, and of the person a pseudonym.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from perennial.capture.fetching import fetched
from perennial.data.parquet_reader import DAMAGE
from perennial.forgetting.datasets import Request, tombstones
from perennial.forgetting.person import Person
from perennial.forgetting.records import EVENT, Found, Removal
from perennial.forgetting.sweep import Cursor, Sweep
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.registry import layout
from perennial.registry.files import Files
from perennial.registry.records import Event
from perennial.registry.store import Registry
from perennial.registry.stored import VersionedStore
from perennial.spec import ModelSpec

MOST_PASSES = 3  # what is written while a pass is under way is found by the next one
_TOLD_VERSIONS = 100
_TOLD_FILES = 1_000  # an item of the registry holds 400 KB
_MOST_VERSIONS = 100_000  # of one dataset


@dataclass(frozen=True)
class Ports:
    """What a call needs.

    Attributes:
        files: reads objects.
        store: the same with their versions.
        registry: versions and history.
        pseudonyms: of the deployment.
        bucket: the data bucket.
        clock: gives the present moment.
        out_of_time: whether the call has to end.
    """

    files: Files
    store: VersionedStore
    registry: Registry
    pseudonyms: Pseudonyms
    bucket: str
    clock: Callable[[], str]
    out_of_time: Callable[[], bool]


def forget(asked: Mapping[str, Any], spec: ModelSpec, ports: Ports) -> dict[str, Any]:
    """Go on forgetting; the state for the next call, or with `done` what came of it.

    Raises:
        Changed: an object is written by somebody else all the time.
        Unavailable: a service does not answer; the same call may be made again.
    """
    found = Found(**asked.get("found", {}))
    cursor, passes = Cursor(**asked.get("cursor", {})), int(asked.get("passes", 0))
    request = Request(
        asked["model"],
        asked["request_id"],
        asked["at"],
        ports.pseudonyms.trace(asked["pseudonym"]),
    )
    person = _person(asked, spec, ports)
    dry_run = bool(asked["dry_run"])
    sweep = Sweep(ports.store, ports.bucket, request, person, found, dry_run=dry_run)
    while sweep.run(cursor, ports.out_of_time):
        passes, cursor = passes + 1, Cursor()
        if dry_run or not found.changed or passes >= MOST_PASSES:
            return _concluded(asked, request, found, ports)
        found.changed = False
    state = {"found": asdict(found), "cursor": asdict(cursor), "passes": passes}
    return {**asked, **state, "done": False}


def _person(asked: Mapping[str, Any], spec: ModelSpec, ports: Ports) -> Person:
    """Whom to look for, with what was predicted about them: captures tell, and go last."""
    person = Person(
        asked["column"],
        asked["pseudonym"],
        ports.pseudonyms,
        spec.id_column,
        entities=asked["column"] == spec.privacy.entity_column,
        marked=bool(asked["marked"]),
    )
    if not person.entities:
        return person
    ids = _predictions(person, spec.name, ports)
    if spec.id_column in spec.privacy.pseudonymised and spec.id_column is not None:
        ids |= {ports.pseudonyms.of(one, spec.id_column) for one in ids}
    return replace(person, predictions=frozenset(ids))


def _predictions(person: Person, model: str, ports: Ports) -> set[str]:
    prefix = layout.uri(ports.bucket, f"{layout.CAPTURES}model={model}/")
    ids: set[str] = set()
    columns = ["prediction_id", "entity_id"]
    for _, body in fetched(ports.files, ports.files.listed(prefix)):
        if body is None:
            continue
        try:
            table = pq.read_table(io.BytesIO(body), columns=columns, pre_buffer=False)
            rows = table.filter(pc.is_valid(table["entity_id"]))
            ids.update(rows.filter(person.named_in(rows["entity_id"]))["prediction_id"].to_pylist())
        except (*DAMAGE, KeyError):
            continue  # the pass tells of files it cannot read
    return ids


def _concluded(
    asked: Mapping[str, Any], request: Request, found: Found, ports: Ports
) -> dict[str, Any]:
    """The end: versions trained on the person are named, and history is told."""
    removals = _removals(request, ports)
    versions = _trained_on(request, {*found.datasets, *removals}, ports)
    result = {
        "model": request.model,
        "request_id": request.request_id,
        "dry_run": bool(asked["dry_run"]),
        "subject": request.subject,
        "rows": found.rows,
        "files": found.files,
        "object_versions": found.versions,
        "datasets": found.datasets,
        "trained_versions": versions,
        "unreadable": found.unreadable,
        "complete": bool(asked["dry_run"]) or not found.changed,
    }
    if not asked["dry_run"]:
        told = [one for of in removals.values() for one in of]
        ports.registry.tell(_event(asked, request, result, told, ports.clock()))
    return {"done": True, "result": result}


def _removals(request: Request, ports: Ports) -> dict[str, list[Removal]]:
    """How the person's rows left datasets, by the dataset: of all times."""
    prefix = layout.uri(ports.bucket, f"datasets/{request.model}/")
    found: dict[str, list[Removal]] = {}
    with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
        for _, tombstone in tombstones(prefix, ports.store, Path(folder)):
            removals = [one for one in tombstone.removals if one.subject == request.subject]
            if removals:
                found[tombstone.dataset_digest] = removals
    return found


def _trained_on(request: Request, digests: set[str], ports: Ports) -> list[int]:
    """The versions fitted on a dataset that holds, or held, the person."""
    versions = {
        one.number
        for digest in sorted(digests)
        for one in ports.registry.versions_of(request.model, digest, _MOST_VERSIONS)
    }
    return sorted(versions)


def _event(
    asked: Mapping[str, Any],
    request: Request,
    result: Mapping[str, Any],
    removals: Sequence[Removal],
    at: str,
) -> Event:
    """The line of history: it accounts for this request, and for those that broke off."""
    versions = result["trained_versions"]
    requests = {request.request_id, *(one.request_id for one in removals)}
    left = sorted({one.file_digest for one in removals})
    return Event(
        model=request.model,
        sequence=0,
        at=at,
        by=asked["by"],
        what=EVENT,
        subject=f"person {request.subject}",
        reason=asked["reason"],
        details={
            "requests": ", ".join(sorted(requests)),
            **({"left": ", ".join(left)} if len(left) <= _TOLD_FILES else {}),
            "rows": str(sum(result["rows"].values())),
            "files": str(sum(result["files"].values())),
            "datasets": str(len(result["datasets"])),
            "trained_versions": ", ".join(map(str, versions[-_TOLD_VERSIONS:])),
            "complete": "true" if result["complete"] else "false",
        },
    )
