"""Audits the histories of all deployed models by itself, with rights to read and to do nothing."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.lambda_functions import hand_over
from perennial.adapters.s3_versions import S3Versions
from perennial.observability import gauges, log_error, logger, observed
from perennial.provenance.anchors import anchors
from perennial.provenance.audit import Audit, audit
from perennial.provenance.rounds import go_on, round_of
from perennial.settings import Settings

_RESERVE = 30.0  # seconds of a call that are kept for what comes after the last line of a history
_SHOWN = 20  # findings of one model that are logged; `perennial audit` shows all


@cache
def ports() -> tuple[DynamoRegistry, S3Versions]:
    """The registry and the store of anchors, once per process."""
    return DynamoRegistry(Settings().table), S3Versions()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Go on with a round of audits, or begin one; what is left is handed to another call."""
    settings = Settings()
    registry, versions = ports()
    until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _RESERVE

    def examine(model: str) -> Audit:
        known = anchors(model, versions, settings.artifact_bucket, settings.heads_bucket)
        return audit(model, registry, known, in_time=lambda: time.monotonic() < until)

    done = go_on(round_of(event, settings.specs.models()), examine, found=_tell, failed=_failed)
    if done.left:
        hand_over(context.function_name, done.document())
    if done.findings or not done.left:
        gauges({"AuditFindings": done.findings, "AuditsUnfinished": len(done.unfinished)})
    return done.document()


def _tell(done: Audit) -> None:
    looked = {"events": done.events, "versions": done.versions, "anchors": done.anchors}
    logger.info("history audited", extra={"model": done.model, **looked, "findings": done.found})
    for finding in done.findings[:_SHOWN]:
        about = {"model": done.model, **finding.document()}
        logger.error("something is not as it was written", extra=about)


def _failed(model: str, error: Exception) -> None:
    log_error(f"audit of {model} did not come to its end", error)
