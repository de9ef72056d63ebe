"""Template resources that are recorded and do nothing: MiniStack has no use for their type."""

from collections.abc import Iterable
from typing import Any, Final

from emulator import seams

Made = tuple[str, dict[str, str]]

# MiniStack would ask for the zone, which is the internet's and not this machine's.
_REPLACED: Final = ("AWS::Route53::RecordSet",)


def install_in_cloudformation(kinds: Iterable[str]) -> None:
    """Let templates have resources of these types; Ref gives a name, and there is no attribute."""
    handlers = seams.get("services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    for kind in kinds:
        if kind not in handlers or kind in _REPLACED:
            handlers[kind] = {"create": _create, "update": _keep, "delete": _forget}


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> Made:  # noqa: ARG001
    name = seams.get("services.cloudformation.provisioners:_physical_name")(stack, logical_id)
    return str(name), {}


def _keep(name: str, old: object, new: object, stack: str) -> Made:  # noqa: ARG001
    return name, {}


def _forget(name: str, properties: object) -> None:
    """There is nothing to forget."""
