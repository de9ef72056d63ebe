"""What the end of a workflow means for the model it worked on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from perennial.automation import notices, records
from perennial.automation.accounting import Account
from perennial.automation.decisions import Notice
from perennial.automation.deeds import look_again
from perennial.automation.ports import Ports
from perennial.automation.reconcile import ATTEMPTS, finish
from perennial.automation.stalled import take_up
from perennial.errors import Conflict
from perennial.registry.records import Automation, Event, RolloutStatus
from perennial.spec import ModelSpec

# Errors of gathering that say: there is nothing to train on (yet). `perennial.errors` has them.
NOTHING_TO_TRAIN_ON = frozenset({"NotEnoughOutcomes", "NotCaptured", "NotGathered"})
SUCCEEDED = "SUCCEEDED"


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that has ended, and how.

    Attributes:
        workflow: second word of the machine's name: training, rollout, rollback, retraining.
        name: of the execution.
        status: as Step Functions has it.
        told: its input.
        why: error and cause of one that failed.
    """

    workflow: str
    name: str
    status: str
    told: dict[str, object]
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether it did not end by itself."""
        return self.status != SUCCEEDED


Written = tuple[Automation, Event | None]


def note_run(model: str, retraining_id: str, run_id: str, ports: Ports) -> None:
    """Remember the run of a retraining, whose end is waited for from now on.

    Raises:
        Conflict: others kept changing the record.
        Unavailable: the registry does not answer.
    """

    def change(present: Automation) -> Written | None:
        noted = records.noted(present, retraining_id, run_id, ports.clock())
        return None if noted is None else (noted, None)

    _write(model, change, ports)


def give_up(
    model: str, retraining_id: str, error: str, cause: str, spec: ModelSpec, ports: Ports
) -> None:
    """A retraining came to no run: nothing to train on, or a failure.

    Args:
        model: whose.
        retraining_id: which; one that is accounted for already changes nothing.
        error: the name of the error.
        cause: what Step Functions says about it.
        spec: as the model is deployed.
        ports: the outside.

    Raises:
        Conflict: others kept changing the record.
        Unavailable: a service does not answer.
    """
    said = message_of(cause) or error

    def change(present: Automation) -> Written | None:
        if present.retraining_run != retraining_id:
            return None
        report, at = ports.report(model, spec), ports.clock()
        if error in NOTHING_TO_TRAIN_ON:
            return records.nothing_gathered(present, said, report, at)
        failed = Account(False, f"no training could be started ({error}): {said}")
        return records.after_account(present, failed, spec.retraining.failures, report, at)

    _write(model, change, ports)


def conclude(model: str, ended: Ended, spec: ModelSpec, ports: Ports) -> None:
    """Draw the conclusions from the end of a workflow; from a repeated one, none.

    Raises:
        Conflict: others kept changing the record.
        Unavailable: a service does not answer.
    """
    match ended.workflow:
        case "retraining" if ended.failed:
            give_up(model, ended.name, ended.status, ended.why, spec, ports)
        case "rollback":
            _of_rollback(model, ended, spec, ports)
        case "rollout" if ended.failed:
            _of_rollout(model, ended, ports)


def _of_rollback(model: str, ended: Ended, spec: ModelSpec, ports: Ports) -> None:
    own = ended.told.get("by") == records.BY
    if not ended.failed:
        # Whether the version that came back is any better shows once alarms had time to go off.
        look_again(model, ports)
        return
    why = message_of(ended.why) or ended.status
    if own:
        reason = f"a rollback of version {ended.told.get('from_version')} failed: {why}"

        def change(present: Automation) -> Written | None:
            if present.halted or _key(ended) in present.told:
                return None
            changed, event = records.halted(
                present, reason, ports.report(model, spec), ports.clock()
            )
            return records.with_told(changed, _key(ended)), event

        _write(model, change, ports)
        return
    _tell(model, _key(ended), notices.broken(model, "rollback", why), ports)


def _of_rollout(model: str, ended: Ended, ports: Ports) -> None:
    why = message_of(ended.why) or ended.status
    rollout_id = str(ended.told.get("rollout_id"))
    goes_on = take_up(model, rollout_id, ended.name, ended.status, ports)
    told = notices.taken_up if goes_on else notices.broken
    _tell(model, _key(ended), told(model, "rollout", why), ports)


def tell_of_rollout(model: str, notice: Notice, ports: Ports) -> None:
    """Tell people what became of a rollout, once; of one that an alarm ended they know.

    Raises:
        Conflict: others kept changing the record.
        Unavailable: a service does not answer.
    """
    newest = next(iter(ports.registry.rollouts(model, 1)), None)
    key = f"rollout {newest.rollout_id} {newest.revision}" if newest else notice.subject
    if (
        newest
        and newest.status is RolloutStatus.REJECTED
        and records.ended_by_alarm(newest.rollout_id) in ports.registry.automation(model).told
    ):
        return
    _tell(model, key, notice, ports)


def _tell(model: str, key: str, notice: Notice, ports: Ports) -> None:
    def change(present: Automation) -> Written | None:
        if key in present.told:
            return None
        return records.told(present, key, notice, ports.clock()), None

    _write(model, change, ports)


def _key(ended: Ended) -> str:
    return f"{ended.workflow} {ended.name} {ended.status}"


def _write(model: str, change: Callable[[Automation], Written | None], ports: Ports) -> None:
    """Change the record on condition that nobody else did, then do and tell what follows."""
    for remaining in range(ATTEMPTS - 1, -1, -1):
        try:
            written = change(finish(model, ports))
            if written is not None:
                ports.registry.save_automation(*written)
            finish(model, ports)
            return
        except Conflict:
            if not remaining:
                raise


def message_of(cause: str) -> str:
    """What an error says, out of what Step Functions tells of it: JSON of a function, or text."""
    where, _, said = cause.partition(": ")
    for text in (said, cause):
        try:
            told = json.loads(text)
        except ValueError:
            continue
        if isinstance(told, dict) and told.get("errorMessage"):
            return str(told["errorMessage"])
    return said if where.isidentifier() and said else cause
