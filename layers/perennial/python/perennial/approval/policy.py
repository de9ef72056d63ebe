"""Whether a version may be approved, and by whom: each condition with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from perennial.approval.identity import Principal, same_person
from perennial.errors import ApprovalClosed, NotAnApprover
from perennial.registry.layout import RETRAINING
from perennial.registry.records import (
    Approval,
    ApprovalStatus,
    Route,
    Run,
    Version,
    VersionStatus,
)
from perennial.registry.transitions import ways_back
from perennial.spec.approval import Approval as Rules
from perennial.spec.duration import seconds


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided about.

    Attributes:
        approval: as it stands.
        version: that waits.
        run: that made it, if the registry still knows it.
        route: in force.
        newest: the newest version that is approved; 0: none is.
        waiting: the newest version that waits for a decision; 0: none does.
    """

    approval: Approval
    version: Version
    run: Run | None
    route: Route | None
    newest: int
    waiting: int = 0


def check_person(who: Principal, case: Case, rules: Rules, *, approves: bool) -> None:
    """Make sure that a person may decide. Whoever trained may withdraw a version, not approve it.

    Raises:
        NotAnApprover: they may not.
    """
    if rules.approvers and not who.matches(rules.approvers):
        raise NotAnApprover(f"{who.arn} is none of the approvers of {case.version.model}")
    if not (approves and rules.four_eyes) or trained_by_itself(case.run):
        return
    if not who.known:
        raise NotAnApprover(
            f"{who.arn} is nobody in particular, so it cannot be told apart from whoever trained "
            "the version; sign as an IAM user or with a role"
        )
    number, trainer = case.version.number, Principal(case.approval.trained_by)
    if not trainer.known:
        raise NotAnApprover(
            f"it is not known who trained version {number} ({trainer.id or 'nobody named'}), so "
            "nobody may approve it; upload the data again as an IAM user or with a role"
        )
    if why := same_person(trainer, who):
        raise NotAnApprover(f"{who.arn} trained version {number}: {why}; somebody else decides")


def trained_by_itself(run: Run | None) -> bool:
    """Whether an alarm started the run, on data that the platform gathered itself.

    Only its own workflow may call the function that starts such runs, and only `gather` may write
    where their data lies.
    """
    return run is not None and run.trigger == "alarm" and run.source.key.startswith(RETRAINING)


def check_version(case: Case, rules: Rules, at: str) -> None:
    """Make sure that a version may be approved at a moment.

    Raises:
        ApprovalClosed: it may not.
    """
    version = case.version
    said = f"version {version.number} of {version.model}"
    if version.status is not VersionStatus.REGISTERED:
        raise ApprovalClosed(f"{said} is {version.status.value.lower()}")
    serving = case.route.champion.number if case.route else 0
    if serving > version.number:
        raise ApprovalClosed(f"{said} is superseded: version {serving} is in service")
    if case.newest > version.number:
        raise ApprovalClosed(f"{said} is superseded: version {case.newest} is approved")
    if case.waiting > version.number:
        raise ApprovalClosed(f"{said} is superseded: version {case.waiting} waits for a decision")
    if rules.maximum_age and _age(version, at) > seconds(rules.maximum_age):
        raise ApprovalClosed(f"{said} is older than {rules.maximum_age}: train it anew")
    missing = [name for name in rules.required_gates if not _passed(name, version)]
    if missing:
        raise ApprovalClosed(f"{said} did not pass the required gates {', '.join(missing)}")


def check_needed(model: str, rules: Rules) -> None:
    """Make sure that the spec still asks for approvals: one nobody needs decides nothing.

    Raises:
        ApprovalClosed: it does not.
    """
    if not rules.manual:
        raise ApprovalClosed(
            f"the spec of {model} asks for no approval any more; to put a version in service: "
            f"perennial route {model} VERSION --reason WHY"
        )


def check_not_served(case: Case) -> None:
    """Make sure that a version is not in service, nor what would be gone back to: none is rejected.

    One comes there without an approval while its spec asks for none.

    Raises:
        ApprovalClosed: it is.
    """
    route, number, model = case.route, case.version.number, case.version.model
    if route is None:
        return
    if route.champion.number == number:
        raise ApprovalClosed(
            f"version {number} of {model} is in service already; to take it back: "
            f"perennial rollback {model} --reason WHY"
        )
    if number in {one.number for one in ways_back(route)}:
        raise ApprovalClosed(f"version {number} of {model} has served already")


def check_open(approval: Approval, at: str) -> None:
    """Make sure that a decision is still waited for.

    Raises:
        ApprovalClosed: it is not.
    """
    said = f"version {approval.version} of {approval.model}"
    match approval.status:
        case ApprovalStatus.APPROVED | ApprovalStatus.REJECTED:
            what = approval.status.value.lower()
            raise ApprovalClosed(
                f"{said} is {what} already, by {approval.decided_by} at {approval.decided_at}"
            )
        case ApprovalStatus.SUPERSEDED:
            raise ApprovalClosed(f"{said} is superseded: {approval.reason}")
    if approval.status is ApprovalStatus.EXPIRED or at >= approval.expires_at:
        raise ApprovalClosed(f"{said} waited until {approval.expires_at}; it is too late")


def _age(version: Version, at: str) -> float:
    created, now = datetime.fromisoformat(version.created_at), datetime.fromisoformat(at)
    return (now - created).total_seconds()


def _passed(name: str, version: Version) -> bool:
    """Whether a gate on a metric is among those passed: each is a sentence that begins with it."""
    return any(sentence.split(" ", 1)[0] == name for sentence in version.gates)
