"""`POST forget`: a person's rows are to leave what is stored of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.forgetting.asking import KINDS, PERSON, execution_input
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow
from perennial.serving.control import Operation, Wish
from perennial.serving.problems import INVALID_REQUEST, Problem
from perennial.spec import ModelSpec


def forgetting(
    spec_of: Callable[[str], ModelSpec],
    pseudonyms: Callable[[], Pseudonyms],
    workflow: Callable[[], Workflow],
    clock: Clock,
) -> Operation:
    """The operation.

    Args:
        spec_of: the spec of a deployed model.
        pseudonyms: makes them; asked for only where a spec names persons.
        workflow: that forgets.
        clock: gives the present moment.
    """

    def forget(wish: Wish) -> Mapping[str, object]:
        kind = wish.choice("kind", KINDS) if wish.has("kind") else PERSON
        asked = execution_input(
            spec_of(wish.model),
            wish.member("id"),
            kind,
            pseudonyms,
            by=wish.by,
            reason=wish.reason,
            at=clock(),
            dry_run=_flag(wish.member("dry_run")),
        )
        execution = workflow().start(str(asked["request_id"]), asked)
        told = {name: asked[name] for name in ("model", "request_id", "dry_run")}
        return {**told, "execution": execution}

    return forget


def _flag(value: object) -> bool:
    if value is not None and not isinstance(value, bool):
        raise Problem(INVALID_REQUEST, "`dry_run` is true or false.")
    return bool(value)
