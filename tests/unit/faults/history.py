"""The state of a model made again from its history alone, to hold against what is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from perennial.registry.records import Event
from perennial.registry.store import Registry

EVERYTHING = 10_000


@dataclass
class Told:
    """What the events say: the route, the status of versions and of rollouts."""

    route: dict[str, Any] = field(default_factory=dict)
    versions: dict[int, str] = field(default_factory=dict)
    rollouts: dict[str, tuple[str, int]] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take one more event, the next in order."""
        said = event.details
        if event.what == "version_registered":
            self.versions[int(event.subject.split()[1])] = "REGISTERED"
        if event.subject.startswith("route ") and "champion" in said:
            self.route = {
                "revision": int(event.subject.split()[1]),
                "champion": int(said["champion"]),
                "previous": int(said["previous"]) if said["previous"] else None,
                "earlier": _numbers(said.get("earlier", "")),
                "challenger": int(said["challenger"]) if "challenger" in said else None,
                "share": float(said.get("share", 0.0)),
                "shadow": int(said["shadow"]) if "shadow" in said else None,
            }
        if "rollout" in said:
            self.rollouts[said["rollout"]] = (said["rollout_status"], int(said["step"]))
        for status in ("rejected", "restored"):
            for number in _numbers(said.get(status, "")):
                self.versions[number] = "REJECTED" if status == "rejected" else "REGISTERED"


def told(registry: Registry, model: str = "bank") -> Told:
    """What the whole history says, read in order."""
    made = Told()
    for event in reversed(registry.events(model, EVERYTHING)):
        made.add(event)
    return made


def stored(registry: Registry, model: str = "bank") -> Told:
    """What is stored."""
    made = Told()
    route = registry.route(model)
    if route is not None:
        made.route = {
            "revision": route.revision,
            "champion": route.champion.number,
            "previous": route.previous.number if route.previous else None,
            "earlier": [one.number for one in route.earlier],
            "challenger": route.challenger.number if route.challenger else None,
            "share": route.share,
            "shadow": route.shadow.number if route.shadow else None,
        }
    made.versions = {one.number: one.status.value for one in registry.versions(model, EVERYTHING)}
    made.rollouts = {
        one.rollout_id: (one.status.value, one.step) for one in registry.rollouts(model, EVERYTHING)
    }
    return made


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(", ") if number]
