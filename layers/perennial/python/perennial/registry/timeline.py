"""A model's past, made again from its history alone: what served when, and who saw to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

from perennial.registry.chain import routes
from perennial.registry.records import Event, Route, VersionStatus
from perennial.registry.store import Registry

_UNSORTED = 20  # events around a moment that are looked at one by one: clocks differ a little
_PAGE = 100  # events, where old ones do not say what served


@dataclass(frozen=True, slots=True)
class Service:
    """What served a model from some moment on, by the event that says so.

    Attributes:
        revision: of the route.
        sequence: of the event.
        since: when it began; ISO 8601, UTC.
        by: who saw to it.
        what: the kind of event.
        reason: why.
        champion: the version that answered.
        previous: what it could be rolled back to, or None.
        earlier: good versions before that.
        challenger: what answered a share of the requests, or None.
        share: that share, between 0 and 1.
        shadow: what was asked beside the champion, or None.
        rollout: id of the rollout that challenger or shadow belonged to; else empty.
    """

    revision: int
    sequence: int
    since: str
    by: str
    what: str
    reason: str
    champion: int
    previous: int | None = None
    earlier: tuple[int, ...] = ()
    challenger: int | None = None
    share: float = 0.0
    shadow: int | None = None
    rollout: str = ""

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)

    def differs(self, route: Route) -> list[str]:
        """In what a stored route is not this one, as words; empty when it is."""
        stored = _of(route)
        return [
            f"{name} is {stored[name]!r}, the history says {said!r}"
            for name, said in self.document().items()
            if name in stored and stored[name] != said
        ]


@dataclass(slots=True)
class Told:
    """What a history says of its model, event by event.

    Attributes:
        service: what serves now, or None before the first route.
        statuses: of the versions, by number.
        registrations: the details and the time of each registration, by number.
    """

    service: Service | None = None
    statuses: dict[int, VersionStatus] = field(default_factory=dict)
    registrations: dict[int, Event] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take the next event."""
        said = event.details
        if event.what == "version_registered":
            number = int(event.subject.removeprefix("version "))
            self.statuses[number] = VersionStatus.REGISTERED
            self.registrations[number] = replace(event, reason="")
        if routes(event):
            self.service = service_of(event)
        for name, status in (
            ("rejected", VersionStatus.REJECTED),
            ("restored", VersionStatus.REGISTERED),
        ):
            for number in _numbers(said.get(name, "")):
                self.statuses[number] = status


def service_of(event: Event) -> Service:
    """What serves from an event on that changed the route."""
    said = event.details
    challenged = "challenger" in said or "shadow" in said
    return Service(
        revision=int(event.subject.removeprefix("route ")),
        sequence=event.sequence,
        since=event.at,
        by=event.by,
        what=event.what,
        reason=event.reason,
        champion=int(said["champion"]),
        previous=_number(said.get("previous", "")),
        earlier=tuple(_numbers(said.get("earlier", ""))),
        challenger=_number(said.get("challenger", "")),
        share=float(said.get("share", 0.0)),
        shadow=_number(said.get("shadow", "")),
        rollout=said.get("rollout", "") if challenged else "",
    )


def _of(route: Route) -> dict[str, object]:
    """A stored route by the names of `Service`."""
    return {
        "revision": route.revision,
        "by": route.changed_by,
        "reason": route.reason,
        "champion": route.champion.number,
        "previous": route.previous.number if route.previous else None,
        "earlier": tuple(one.number for one in route.earlier),
        "challenger": route.challenger.number if route.challenger else None,
        "share": route.share,
        "shadow": route.shadow.number if route.shadow else None,
        "rollout": route.rollout_id,
    }


def lines(
    model: str,
    registry: Registry,
    *,
    since: str = "",
    until: str = "",
    version: int | None = None,
    limit: int = 100,
) -> list[Event]:
    """The latest events of a stretch of time, newest first.

    Read from the end of the stretch back, page by page, until there are enough.

    Args:
        model: whose history.
        registry: keeps it.
        since: only events from this moment on; ISO 8601, UTC; empty for the beginning.
        until: only events up to this moment; empty for the end.
        version: only what happened to this version before all others.
        limit: how many at most.
    """
    found: list[Event] = []
    for page in _pages(model, registry, until, version, max(limit, _UNSORTED)):
        found += [e for e in page if since <= e.at and (not until or e.at <= until)]
        if len(found) >= limit or (page and all(event.at < since for event in page)):
            break
    return found[:limit]


def service_at(model: str, moment: str, registry: Registry) -> Service | None:
    """What served a model at a moment; None before anything did.

    Reads as many events as the history's length has binary digits, and a few around the place.

    Args:
        model: whose history.
        moment: ISO 8601, UTC, as the registry writes times.
        registry: keeps the history.
    """
    place = sequence_at(model, moment, registry)
    event = registry.event(model, place) if place else None
    if event is None:
        return None
    if event.serving:
        found = registry.event(model, event.serving)
        return service_of(found) if found else None
    return _before(model, place, registry) if not event.digest else None


def sequence_at(model: str, moment: str, registry: Registry) -> int:
    """Sequence of the last event at or before a moment; 0 where there is none.

    Events lie in the order in which they were written, which is that of time but for clocks that
    differ: the place is searched by halving, then looked for among its neighbours.
    """
    low, high = 0, registry.head(model).sequence
    end = high
    while low < high:
        middle = (low + high + 1) // 2
        event = registry.event(model, middle)
        if event is not None and event.at <= moment:
            low = middle
        else:
            high = middle - 1
    around = registry.history(model, max(1, low - _UNSORTED), min(end, low + _UNSORTED))
    return max((event.sequence for event in around if event.at <= moment), default=low)


def _pages(
    model: str, registry: Registry, until: str, version: int | None, size: int
) -> Iterator[Sequence[Event]]:
    """Events up to a moment, newest first, page by page; of one version or of all.

    A page has more events than clocks can have put in disorder: what comes after one that is
    all too old is too old as well.
    """
    last = sequence_at(model, until, registry) if until else None
    if version is not None:
        yield from _pages_about(model, registry, version, size, last)
        return
    last = registry.head(model).sequence if last is None else last
    while last > 0:
        yield [*registry.history(model, max(1, last - size + 1), last)][::-1]
        last -= size


def _pages_about(
    model: str, registry: Registry, version: int, size: int, last: int | None
) -> Iterator[Sequence[Event]]:
    while True:
        page = registry.events_about(model, version, size, last)
        yield page
        before = page[-1].sequence - 1 if page else 0
        # A number that was tampered with must not lead to the same page again.
        if len(page) < size or (last is not None and before >= last):
            return
        last = before


def _before(model: str, place: int, registry: Registry) -> Service | None:
    """The same for events that are older than the link to what serves."""
    while place > 0:
        page = list(registry.history(model, max(1, place - _PAGE + 1), place))
        for event in reversed(page):
            if routes(event):
                return service_of(event)
        place -= _PAGE
    return None


def _number(text: str) -> int | None:
    return int(text) if text else None


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(", ") if number]
