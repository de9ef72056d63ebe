"""The operations on routes: a version is put in service, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perennial.errors import Conflict, ModelNotTrained, Unavailable
from perennial.registry.clock import Clock
from perennial.registry.queue import Workflow
from perennial.registry.records import RolloutStatus, Route, RoutedVersion
from perennial.registry.routing import check_revision, choose_champion, roll_back
from perennial.registry.staging import end_rollout
from perennial.registry.store import Registry
from perennial.serving.control import Operation, Wish

Check = Callable[[str, int], None]  # raises where a version of a model may not serve


def _whichever(_model: str, _number: int) -> None:
    """Any version may serve."""


def setting_a_route(registry: Registry, clock: Clock, check: Check = _whichever) -> Operation:
    """`PUT route`: the version wished for serves.

    Args:
        registry: keeps routes and history.
        clock: gives the present moment.
        check: whether the version may serve.
    """

    def set_route(wish: Wish) -> Mapping[str, object]:
        number = wish.number("version")
        check(wish.model, number)
        route = choose_champion(
            wish.model,
            number,
            by=wish.by,
            reason=wish.reason,
            expected_revision=wish.number_if_any("expected_revision", least=0),
            registry=registry,
            clock=clock,
        )
        return document(route)

    return set_route


def taking_back(
    registry: Registry,
    workflow: Workflow,
    clock: Clock,
    log_failure: Callable[[Exception], None],
    check: Check = _whichever,
) -> Operation:
    """`POST rollback`: what came last goes, and what serves instead is proven.

    While a rollout is under way that is its challenger, unless the wish names a version: the
    rollout ends and the challenger is rejected. Else it is the champion. Asked once more with the
    revision that was seen, because the answer was lost, it takes nothing else back.

    Args:
        registry: keeps routes and history.
        workflow: of rollbacks; its proof follows.
        clock: gives the present moment.
        log_failure: is told when the proof could not be started. The route has changed by then,
            and whoever was told of an error would take back one version more.
        check: whether a version that the wish names may serve; those that served before may.
    """

    def take_back(wish: Wish) -> Mapping[str, object]:
        present = registry.route(wish.model)
        to, expected = wish.number_if_any("to"), wish.number_if_any("expected_revision", least=0)
        reason = wish.reason
        if present is None:
            raise ModelNotTrained(f"{wish.model} has no version in service")
        if to is not None:
            check(wish.model, to)
        if _done_already(present, expected, wish.by, reason):
            route = present
        elif to is None and present.rollout_id:
            check_revision(wish.model, present, expected)
            route = _without_challenger(present, wish.by, reason, registry, clock)
        else:
            route = roll_back(
                wish.model,
                present.champion.number,
                to,
                by=wish.by,
                reason=reason,
                expected_revision=present.revision if expected is None else expected,
                registry=registry,
                clock=clock,
            )
        proof = _proof(route, wish.by, workflow, log_failure)
        return {**document(route), "proof": proof}

    return take_back


def _done_already(present: Route, expected: int | None, by: str, reason: str) -> bool:
    """Whether the last change is what the same person asked for before."""
    return (
        expected is not None
        and present.revision == expected + 1
        and (present.changed_by, present.reason) == (by, reason)
    )


def _without_challenger(
    present: Route, by: str, reason: str, registry: Registry, clock: Clock
) -> Route:
    ended = end_rollout(
        present.model,
        present.rollout_id,
        RolloutStatus.REJECTED,
        by=by,
        reason=reason,
        registry=registry,
        clock=clock,
    )
    if ended.status is not RolloutStatus.REJECTED:
        # It was promoted, say, since the route was read: then the challenger serves, and whoever
        # wants it gone must hear that nothing was taken back.
        raise Conflict(f"the rollout of {present.model} ended at this very moment")
    return registry.route(present.model) or present


def _proof(
    route: Route, by: str, workflow: Workflow, log_failure: Callable[[Exception], None]
) -> str | None:
    """The execution that proves a route, or None where it could not be started."""
    # No version has the number 0: there is nothing left to take back, only something to prove.
    told = {"model": route.model, "from_version": 0, "by": by, "reason": route.reason}
    try:
        return workflow.start(f"{route.model}-{route.revision}", told)
    except Unavailable as error:
        log_failure(error)
        return None


def document(route: Route) -> dict[str, object]:
    """A route as an answer."""
    return {
        "model": route.model,
        "revision": route.revision,
        "champion": _version(route.champion),
        "previous": _version(route.previous) if route.previous else None,
        "changed_at": route.changed_at,
        "changed_by": route.changed_by,
        "reason": route.reason,
    }


def _version(version: RoutedVersion) -> dict[str, object]:
    return {"version": version.number, "artifact_digest": version.artifact_digest}
