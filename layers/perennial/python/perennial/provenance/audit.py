"""An audit of one model: its history is whole, and everything else is as the history tells.

The history is read once, from the first event on, one page at a time; what is held is what it
tells of the versions, and so many findings. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from perennial.provenance.chain import Anchors, ChainCheck
from perennial.provenance.findings import Finding, Kind
from perennial.registry.chain import DAMAGE, Head, record_digest
from perennial.registry.indexed import IndexedRegistry
from perennial.registry.records import Event, Route, RoutedVersion, Version
from perennial.registry.timeline import Told

_LOOKS = 5  # how often the end is looked for while others write on
_ALL = 10**8  # more versions than keys of the registry can name
_KEPT = 1000  # findings; who rewrote a million lines is found out by fewer
Evidence = Callable[[Version], Collection[str]]  # what is wrong with a version's objects


class OutOfTime(Exception):
    """There was no time to read a history to its end."""


@dataclass(slots=True)
class Audit:
    """What an audit looked at and found.

    Attributes:
        model: whose.
        events: how many the history has.
        first_sealed: sequence of the first event with a digest; what is before it is not proven.
        anchors: how many heads were written down outside of the registry.
        versions: how many there are.
        objects: of how many versions artifact, receipt and dataset were read.
        findings: what is not as it must be, in the order in which it was met; the first thousand.
        more: how many findings there were beside these.
    """

    model: str
    events: int = 0
    first_sealed: int = 0
    anchors: int = 0
    versions: int = 0
    objects: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    def note(self, findings: Iterable[Finding]) -> None:
        """Keep findings, as long as there are not too many; count the rest."""
        for finding in findings:
            if len(self.findings) < _KEPT:
                self.findings.append(finding)
            else:
                self.more += 1

    @property
    def found(self) -> int:
        """How many findings there were."""
        return len(self.findings) + self.more

    @property
    def passed(self) -> bool:
        """Whether everything is as it must be."""
        return not self.findings

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "model": self.model,
            "passed": self.passed,
            "events": self.events,
            "first_sealed": self.first_sealed,
            "anchors": self.anchors,
            "versions": self.versions,
            "objects": self.objects,
            "findings": [finding.document() for finding in self.findings],
            "more": self.more,
        }


def audit(
    model: str,
    registry: IndexedRegistry,
    anchors: Anchors,
    evidence: Evidence | None = None,
    *,
    in_time: Callable[[], bool] = lambda: True,
) -> Audit:
    """Hold history, state and evidence of a model against each other.

    Args:
        model: which.
        registry: is only read.
        anchors: the heads that were written down outside of the registry.
        evidence: looks at what is stored of a version; None leaves that out.
        in_time: is asked at each event whether there is time to go on.

    Raises:
        Unavailable: a service does not answer.
        OutOfTime: there was no time to go on.
    """
    done = Audit(model, anchors=sum(map(len, anchors.values())))
    told, state = _read(done, registry, anchors, in_time)
    unread = {finding.where for finding in state.unread}
    found = (*_route(told, state.route), *_versions(told, state))
    done.note((*state.unread, *(one for one in found if one.where not in unread)))
    done.versions = len(state.versions)
    if evidence is not None:
        for version in sorted(state.versions.values(), key=lambda one: one.number):
            done.objects += 1
            where = f"version {version.number}"
            done.note(
                Finding(Kind.CHANGED_OBJECT, where, says) for says in _looked(version, evidence)
            )
    return done


def _looked(version: Version, evidence: Evidence) -> Collection[str]:
    """What is wrong with a version's objects; a tampered record may lead nowhere."""
    try:
        return evidence(version)
    except DAMAGE as error:
        return [f"what is stored of version {version.number} cannot be followed: {error}"]


@dataclass(frozen=True, slots=True)
class _State:
    """What is stored of a model beside its history, all as of one head."""

    head: Head
    route: Route | None
    versions: Mapping[int, Version]
    misindexed: Collection[int] = ()
    unread: tuple[Finding, ...] = ()


def _read(
    done: Audit, registry: IndexedRegistry, anchors: Anchors, in_time: Callable[[], bool]
) -> tuple[Told, _State]:
    """Check the chain to its end, and on to where it has grown to meanwhile."""
    told, check, read = Told(), ChainCheck(anchors), 0
    for _ in range(_LOOKS):
        for event, indexed in registry.indexed_history(done.model, read + 1):
            if not in_time():
                raise OutOfTime(f"{check.taken} events were read")
            found = [*check.take(event), *_understood(told, event)]
            done.note(found or _listed(event, indexed))
            read = max(read, event.sequence)
        state = _state(done.model, registry, told)
        if state.head.sequence <= read and registry.head(done.model).sequence <= read:
            break
    done.note(check.end(state.head))
    done.events, done.first_sealed = check.taken, check.first_sealed
    return told, state


def _state(model: str, registry: IndexedRegistry, told: Told) -> _State:
    head = registry.head(model)
    unread: list[Finding] = []
    try:
        versions = {one.number: _sound(one) for one in registry.versions(model, _ALL)}
    except DAMAGE:
        versions, unread = _one_by_one(model, registry, told)
    try:
        route = _led(registry.route(model))
    except DAMAGE:
        route = None
        unread.append(Finding(Kind.UNTOLD_ROUTE, "route", "the route cannot be read"))
    return _State(head, route, versions, registry.misindexed_versions(model), tuple(unread))


def _one_by_one(
    model: str, registry: IndexedRegistry, told: Told
) -> tuple[dict[int, Version], list[Finding]]:
    """The versions that can be read, where one of them cannot."""
    versions: dict[int, Version] = {}
    unread = []
    for number in sorted(told.registrations):
        where = f"version {number}"
        try:
            version = registry.version(model, number)
            versions |= {} if version is None else {number: _sound(version)}
        except DAMAGE:
            unread.append(Finding(Kind.EDITED_VERSION, where, f"{where} cannot be read"))
    return versions, unread


def _sound(version: Version) -> Version:
    """The version, if it can be told what it is."""
    if type(version.number) is not int:
        raise TypeError("a version without a number")
    record_digest(version)
    return version


def _led(route: Route | None) -> Route | None:
    """The route, if there is somewhere it leads."""
    if route is not None and not all(type(one.number) is int for one in _named(route)):
        raise TypeError("a route to no version")
    if route is not None and route.champion is None:
        raise TypeError("a route without champion")
    return route


def _understood(told: Told, event: Event) -> Iterator[Finding]:
    try:
        told.add(event)
    except (KeyError, ValueError):
        where = f"event {event.sequence}"
        yield Finding(Kind.EDITED_EVENT, where, f"{where} ({event.what}) cannot be understood")


def _listed(event: Event, indexed: bool) -> list[Finding]:
    """Of an event that is sound; one without digest may be older than the index of events."""
    if indexed or not event.digest:
        return []
    where = f"event {event.sequence}"
    says = f"{where} ({event.what}) is not listed by the version it is about"
    return [Finding(Kind.MISINDEXED, where, says)]


def _route(told: Told, route: Route | None) -> Iterator[Finding]:
    service = told.service
    if route is None:
        if service is not None:
            yield Finding(
                Kind.UNTOLD_ROUTE,
                "route",
                f"there is no route; the history tells of revision {service.revision}",
            )
        return
    if service is None:
        yield Finding(Kind.UNTOLD_ROUTE, "route", "there is a route the history does not tell of")
        return
    for difference in service.differs(route):
        yield Finding(Kind.UNTOLD_ROUTE, f"route {route.revision}", f"the route's {difference}")
    for routed in _named(route):
        event = told.registrations.get(routed.number)
        wanted = event.details.get("artifact_digest") if event else None
        if wanted not in (None, routed.artifact_digest):
            says = f"the route serves version {routed.number} from other bytes than registered"
            yield Finding(Kind.UNTOLD_ROUTE, f"route {route.revision}", says)


def _named(route: Route) -> list[RoutedVersion]:
    named = (route.champion, route.previous, route.challenger, route.shadow, *route.earlier)
    return [one for one in named if one is not None]


def _versions(told: Told, state: _State) -> Iterator[Finding]:
    for number in sorted({*told.registrations, *state.versions}):
        where, version = f"version {number}", state.versions.get(number)
        event = told.registrations.get(number)
        if version is None:
            yield Finding(Kind.MISSING_VERSION, where, f"{where} was registered and is not there")
            continue
        if event is None:
            says = f"{where} is there; the history does not tell of its registration"
            yield Finding(Kind.UNTOLD_VERSION, where, says)
            continue
        status = told.statuses[number]
        if version.status is not status:
            says = f"{where} is {version.status.value}, the history says {status.value}"
            yield Finding(Kind.UNTOLD_VERSION, where, says)
        edited = [*_as_registered(version, event)]
        yield from edited
        if number in state.misindexed and "record_digest" in event.details and not edited:
            says = f"{where} is not listed by the dataset it was trained on"
            yield Finding(Kind.MISINDEXED, where, says)


def _as_registered(version: Version, event: Event) -> Iterator[Finding]:
    where, said = f"version {version.number}", event.details
    for name, present in (
        ("record_digest", record_digest(version)),
        ("artifact_digest", version.artifact_digest),
    ):
        if said.get(name, present) != present:
            yield Finding(
                Kind.EDITED_VERSION, where, f"{where} has another {name} than was registered"
            )
    if version.created_at != event.at:
        says = f"{where} bears the time {version.created_at}, it was registered at {event.at}"
        yield Finding(Kind.EDITED_VERSION, where, says)
