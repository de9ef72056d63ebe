"""The history of a model as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cli import records, terminal
from cli.exits import CommandError, Exit
from cli.moments import moment

if TYPE_CHECKING:
    from perennial.registry.store import Registry
    from perennial.registry.timeline import Service

_SHORT = 12  # characters of a digest
_LINE = 90  # characters of a reason: all gates of a version are a paragraph


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which part of a history is asked for; moments as they were typed."""

    since: str | None
    until: str | None
    version: int | None
    limit: int


def show_lines(store: Registry, model: str, stretch: Stretch, *, json_output: bool) -> None:
    """Print the latest events of a stretch, newest first.

    Raises:
        CommandError: a moment is none, or the model has no history.
    """
    from perennial.approval.identity import named
    from perennial.registry.timeline import lines

    found = lines(
        model,
        store,
        since=moment(stretch.since, "--since") if stretch.since else "",
        until=moment(stretch.until, "--until", end=True) if stretch.until else "",
        version=stretch.version,
        limit=stretch.limit,
    )
    if json_output:
        terminal.emit([asdict(event) for event in found])
        return
    if not found:
        _check_known(store, model)
        terminal.show("Nothing happened in that stretch.")
        return
    decided = store.approvals(model)
    rows = [
        [
            str(event.sequence),
            records.moment(event.at),
            event.what,
            event.subject,
            named(event.by, decided),
            _clipped(event.reason),
            event.digest[:_SHORT],
        ]
        for event in found
    ]
    headings = ["Event>", "When", "What", "Of", "Who", "Why", "Digest"]
    terminal.show(terminal.table(headings, rows))


def show_service(store: Registry, model: str, at: str, *, json_output: bool) -> None:
    """Print what served at a moment.

    Raises:
        CommandError: the moment is none, or nothing served then.
    """
    from perennial.registry.timeline import service_at

    found = service_at(model, moment(at, "--at", end=True), store)
    if found is None:
        _check_known(store, model)
        raise CommandError(f"Nothing served {model} at {at}.", code=Exit.NOT_FOUND)
    if json_output:
        terminal.emit({"model": model, "at": moment(at, "--at", end=True), **found.document()})
        return
    terminal.show(terminal.table(["", ""], [[name, text] for name, text in _told(found).items()]))


def _told(service: Service) -> Mapping[str, str]:
    said = {"champion": f"version {service.champion}"}
    if service.challenger is not None:
        said["challenger"] = f"version {service.challenger}, {service.share:.0%} of the requests"
    if service.shadow is not None:
        said["shadow"] = f"version {service.shadow}"
    if service.rollout:
        said["rollout"] = service.rollout
    said["back to"] = f"version {service.previous}" if service.previous else "nothing"
    return {
        **said,
        "since": records.moment(service.since),
        "by": service.by,
        "why": service.reason,
        "said by": f"event {service.sequence}, {service.what}, route {service.revision}",
    }


def _clipped(reason: str) -> str:
    return reason if len(reason) <= _LINE else f"{reason[: _LINE - 1].rstrip()}…"


def _check_known(store: Registry, model: str) -> None:
    if not store.head(model).sequence:
        raise CommandError(
            f"{model} has no history.",
            advice="`perennial models` lists what is deployed.",
            code=Exit.NOT_FOUND,
        )
