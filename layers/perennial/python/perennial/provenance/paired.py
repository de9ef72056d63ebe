"""The difference of two runs on the same held-out rows, with its interval; or why there is none."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from perennial.errors import ArtifactError
from perennial.evaluation.compare import compared
from perennial.evaluation.inputs import truth_of
from perennial.evaluation.outcomes import outcome
from perennial.evaluation.record import Difference, Interval
from perennial.evaluation.subject import scored
from perennial.provenance.predictions import scorer_of
from perennial.provenance.receipts import digest_at
from perennial.provenance.side import Side
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Pairing:
    """The second run minus the first in the primary metric."""

    metric: str
    difference: Difference | None
    rows: int
    note: str  # what it rests on, or why there is none
    favoured: str = ""  # whose fitting saw some of the rows


def pair(first: Side, second: Side, bucket: str, store: ObjectStore) -> Pairing:
    """The difference that an evaluation has found already, or else of both on one holdout.

    Raises:
        Unavailable: the store does not answer.
    """
    metric = str((second.evaluation or first.evaluation).get("primary_metric", ""))
    for told, other, sign in ((second, first, 1.0), (first, second, -1.0)):
        known = _known(told, other, sign, metric)
        if known is not None:
            return known
    try:
        return _scored(first, second, bucket, store)
    except (ArtifactError, ValueError, FileNotFoundError) as error:
        why = "a file of theirs is gone" if isinstance(error, FileNotFoundError) else str(error)
        return Pairing(metric, None, 0, why)


def _known(told: Side, other: Side, sign: float, metric: str) -> Pairing | None:
    """What the evaluation of one said of the other, which was the champion then."""
    champion = told.evaluation.get("champion")
    if not champion or other.run.version is None or not champion["difference"]:
        return None
    if not champion["name"].endswith(f"version {other.run.version}"):
        return None
    note = f"{other.name} was the champion when {told.name} was evaluated"
    if told.evaluation.get("champion_note"):
        note += f"; {told.evaluation['champion_note']}"
    found = Difference.model_validate(champion["difference"])
    favoured = other.name if champion.get("familiar") else ""
    return Pairing(metric, _signed(found, sign), champion["rows"], note, favoured)


def _signed(found: Difference, sign: float) -> Difference:
    if sign > 0 or found.interval is None:
        return found.model_copy(update={"value": sign * found.value})
    bounds = Interval(low=-found.interval.high, high=-found.interval.low)
    return Difference(value=-found.value, interval=bounds)


def _scored(first: Side, second: Side, bucket: str, store: ObjectStore) -> Pairing:
    """Both asked about the holdout, when it is the same."""
    places = [
        layout.uri(bucket, layout.run_prefix(side.run.model, side.run.run_id))
        for side in (first, second)
    ]
    for side in (first, second):
        if not side.evaluation:
            raise ValueError(f"{side.name} was not evaluated")
    if first.run.dataset_digest != second.run.dataset_digest:
        raise ValueError("their datasets are not the same, so their held-out rows are not")
    if len({digest_at(place + layout.HOLDOUT, store) for place in places}) > 1:
        raise ValueError("their datasets were divided in another way: they held out other rows")
    spec = ModelSpec.model_validate(second.spec)
    with tempfile.TemporaryDirectory() as folder:
        holdout = Path(folder) / layout.HOLDOUT
        store.download(places[1] + layout.HOLDOUT, holdout)
        one, other = (
            scored(
                scorer_of(store.read(place + layout.CANDIDATE), side.training["artifact_digest"]),
                holdout,
            )
            for place, side in zip(places, (first, second), strict=True)
        )
        truth = truth_of(spec, holdout)
    rows = one.answerable & other.answerable
    found = compared(
        first.name,
        spec.task,
        spec.primary,
        outcome(spec, truth, other, rows),
        outcome(spec, truth, one, rows),
        unanswerable=0,
        seed=spec.split.seed,
    )
    note = "both were asked about the same held-out rows"
    return Pairing(spec.primary.value, found.difference, found.rows, note)
