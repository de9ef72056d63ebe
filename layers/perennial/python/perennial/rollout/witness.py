"""Gathers the evidence of a step: counts from metrics, the rest from captures and outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pyarrow as pa

from perennial.capture.reading import Reading, captured
from perennial.outcomes.join import Span, joined
from perennial.registry.files import Files
from perennial.registry.records import Rollout
from perennial.rollout import comparison
from perennial.rollout.answers import COLUMNS, MOST_ROWS, PROBABILITIES, Answers, answers
from perennial.rollout.evidence import Evidence, Metrics
from perennial.rollout.moments import moment
from perennial.rollout.samples import Counts
from perennial.spec import ModelSpec

_UNASKED = "ShadowFailures"  # `serving.shadowing` counts them


class Evidenced:
    """`perennial.rollout.evidence.Witness` of one model."""

    def __init__(self, spec: ModelSpec, bucket: str, *, files: Files, metrics: Metrics) -> None:
        """Where to look.

        Args:
            spec: of the model.
            bucket: the data bucket.
            files: holds captures and outcomes.
            metrics: of the endpoint.
        """
        self._spec, self._bucket = spec, bucket
        self._files, self._metrics = files, metrics

    def __call__(self, rollout: Rollout, until: str) -> Evidence:
        """The evidence of the present step, up to a moment."""
        start, end = moment(rollout.step_began_at), moment(until)
        versions, rules = (rollout.version, rollout.champion), self._spec.rollout
        reading = Reading()
        both = answers(rollout, self._captured(start, end, versions, reading))
        told = self._told(rollout, start, end)
        loss, whole = comparison.loss(told, self._spec, rules.tolerated_loss)
        return Evidence(
            challenger=self._counted(rollout.version, start, until),
            champion=self._counted(rollout.champion, start, until),
            latency=comparison.latency(both, rules.tolerated_latency),
            shift=comparison.shift(both, self._spec, rules.tolerated_shift),
            loss=loss if loss.challenger or loss.champion else None,
            champion_loss=whole,
            rarer_outcomes=comparison.rarer_outcomes(told, self._spec),
            notes=(*_notes(both, reading), *self._unasked(rollout, start, until)),
        )

    def _captured(
        self, start: datetime, end: datetime, versions: tuple[int, int], reading: Reading
    ) -> Iterator[pa.RecordBatch]:
        return captured(
            self._files,
            self._bucket,
            self._spec,
            start,
            end,
            columns=(*COLUMNS, PROBABILITIES),
            features=(),
            versions=versions,
            reading=reading,
        )

    def _told(self, rollout: Rollout, start: datetime, end: datetime) -> Answers:
        """The answers of whose outcomes something is known."""
        versions = (rollout.version, rollout.champion)
        rows = joined(self._files, self._bucket, self._spec, Span(start, end), versions=versions)
        return answers(rollout, rows)

    def _counted(self, version: int, start: datetime, until: str) -> Counts:
        """Metrics are kept by the minute, so counting begins with the minute the step began in."""
        dimensions = {"model": self._spec.name, "version": str(version)}
        found = self._sums(("Requests", "Errors"), dimensions, start, until)
        errors = round(found["Errors"])
        return Counts(max(round(found["Requests"]), errors), errors)

    def _unasked(self, rollout: Rollout, start: datetime, until: str) -> Iterator[str]:
        """What the shadow knows nothing of; pairs are compared, so it costs only their number."""
        if rollout.steps[rollout.step].strategy != "shadow":
            return
        found = self._sums((_UNASKED,), {"model": self._spec.name}, start, until)
        if times := round(found[_UNASKED]):
            yield f"the shadow was not asked {times} times, since its function could not be reached"

    def _sums(
        self, names: tuple[str, ...], dimensions: Mapping[str, str], start: datetime, until: str
    ) -> Mapping[str, float]:
        minute = start.replace(second=0, microsecond=0)
        return self._metrics.sums(names, dimensions, minute, moment(until))


def _notes(both: Answers, reading: Reading) -> Iterator[str]:
    if not both.complete:
        yield f"the first {MOST_ROWS} captured rows of the step were looked at, and no more"
    if reading.damaged:
        yield f"{reading.damaged} files of captured predictions could not be read"
