"""The second look of a pass: predictions of any time whose truth came in during the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from perennial.errors import ArtifactError
from perennial.evaluation.subject import Scorer
from perennial.monitoring.answers import Answers
from perennial.monitoring.concept import Concept, judge_concept
from perennial.monitoring.findings import Findings
from perennial.monitoring.history import Carried
from perennial.monitoring.performance import achieved, judge_bound
from perennial.monitoring.previous import beside_previous
from perennial.monitoring.record import (
    AgainstPrevious,
    OutcomeCounts,
    Verdict,
    VersionFound,
    not_enough,
    not_judged,
)
from perennial.monitoring.subject import Evaluated, Subject, read_evaluated
from perennial.outcomes.join import JoinCounts, Span, joined
from perennial.outcomes.truth import TruthReading, truth
from perennial.registry.files import Files
from perennial.registry.objects import ObjectStore
from perennial.registry.records import RoutedVersion
from perennial.registry.store import Registry
from perennial.spec import ModelSpec
from perennial.spec.duration import seconds

CHECKS = ("performance", "collapse", "concept_drift", "previous")
Load = Callable[[bytes, str], Scorer]


@dataclass(slots=True)
class Hindsight:
    """What outcomes told."""

    counts: OutcomeCounts = field(default_factory=OutcomeCounts)
    versions: tuple[VersionFound, ...] = ()
    previous: AgainstPrevious | None = None
    concept: Concept | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """Where versions, their evaluations and their artifacts are."""

    registry: Registry
    store: ObjectStore
    bucket: str
    load: Load

    def evaluated(self, spec: ModelSpec, number: int, findings: Findings) -> Evaluated:
        """What the evaluation of a version found; nothing where that is not known, and why."""
        version = self.registry.version(spec.name, number)
        try:
            if version is None:
                raise ArtifactError("it is not in the registry")
            return read_evaluated(version, self.bucket, self.store)
        except ArtifactError as error:
            told = f"what the holdout said of version {number} is not known: {error}"
            findings.problem("performance", told)
            return Evaluated()

    def scorer(self, version: RoutedVersion) -> Scorer:
        """A version, ready to answer; raises what reading and loading it raises."""
        return self.load(self.store.read(version.artifact_uri), version.artifact_digest)


def begin(subject: Subject, past: Sequence[Carried], usual: float) -> Answers:
    """Something to gather joined rows in, which knows what the detector has seen already."""
    champion = subject.route.champion.number if subject.route else 0
    known = _carried(past, champion)
    until = datetime.fromisoformat(known.end) if known else None
    asked = subject.route is not None and subject.route.previous is not None
    return Answers(subject.spec, champion, usual, until, asked=asked)


def gather(
    answers: Answers, files: Files, bucket: str, start: datetime, end: datetime, findings: Findings
) -> OutcomeCounts:
    """Join the outcomes that came in from `start` until before `end` to their predictions.

    Raises:
        Unavailable: the store does not answer.
    """
    spec, counts = answers.spec, JoinCounts()
    if not _anything(files, bucket, spec, start, end):
        return OutcomeCounts()
    waited = timedelta(seconds=seconds(spec.outcomes.window))
    rows = joined(
        files,
        bucket,
        spec,
        Span(start - waited, end),
        arrived=Span(start, end),
        features=answers.features,
        counts=counts,
    )
    for batch in rows:
        answers.add(pa.Table.from_batches([batch]))
    for one in counts.left_out:
        findings.problem("outcomes", f"{one.uri.rpartition('/')[2]}: {one.reason}")
    return OutcomeCounts(
        received=counts.outcomes,
        matched=counts.matched,
        late=counts.late,
        orphans=counts.orphans,
        conflicts=counts.conflicts,
        corrections=counts.corrections,
        unusable=counts.wrong_type + counts.future,
    )


def _anything(files: Files, bucket: str, spec: ModelSpec, start: datetime, end: datetime) -> bool:
    """Whether any outcome came in, or might have: else weeks of predictions need not be read."""
    reading = TruthReading()
    came = any(batch.num_rows for batch in truth(files, bucket, spec, start, end, reading))
    return came or bool(reading.left_out or reading.wrong_type or reading.future)


def judge(
    subject: Subject,
    answers: Answers,
    past: Sequence[Carried],
    library: Library,
    findings: Findings,
) -> Hindsight:
    """Metrics of each version, and the verdicts on the one in service.

    Args:
        subject: what the pass is about.
        answers: all rows that were joined.
        past: what earlier reports left.
        library: where versions are.
        findings: gets the verdicts.
    """
    spec, found = subject.spec, Hindsight()
    found.versions = tuple(_versions(spec, answers, library, findings))
    mine = next((one for one in found.versions if one.version == answers.champion), None)
    bounds = spec.monitoring.performance
    verdicts = findings.verdicts
    verdicts["performance"] = judge_bound(spec, mine, bounds.floor, "floor")
    verdicts["collapse"] = judge_bound(spec, mine, bounds.collapse, "collapse")
    found.concept = _concept(answers, past)
    verdicts["concept_drift"] = judge_concept(found.concept, bounds.minimum_outcomes)
    found.previous, verdicts["previous"] = _previous(subject, answers, library, findings)
    if answers.unusable:
        told = "joined predictions have no answer that metrics of today's target can be made of"
        findings.problem("performance", told, answers.unusable)
    return found


def _versions(
    spec: ModelSpec, answers: Answers, library: Library, findings: Findings
) -> Sequence[VersionFound]:
    found = []
    for number, kept in sorted(answers.rows.items()):
        with findings.part(f"version {number}"):
            evaluated = library.evaluated(spec, number, findings)
            one = achieved(
                spec,
                number,
                kept.table(),
                answers.outcomes[number],
                threshold=evaluated.threshold,
                holdout=evaluated.metrics,
            )
            found.append(one)
    return found


def _concept(answers: Answers, past: Sequence[Carried]) -> Concept:
    known = _carried(past, answers.champion)
    state = known.concept if known and known.concept else Concept(version=answers.champion)
    return state.follow(*answers.stream())


def _carried(past: Sequence[Carried], version: int) -> Carried | None:
    """The latest report that followed the losses of a version."""
    known = [one for one in past if one.concept is not None and one.concept.version == version]
    return known[-1] if known else None


def _previous(
    subject: Subject, answers: Answers, library: Library, findings: Findings
) -> tuple[AgainstPrevious | None, Verdict]:
    before = subject.route.previous if subject.route else None
    if before is None:
        return None, not_judged("there is no version before the one in service")
    if not answers.paired.seen:
        return None, not_enough("no outcomes")
    rows: pa.Table = answers.paired.table()
    if "features" not in rows.column_names:
        return None, not_judged("no features are captured to ask the version before about")
    threshold = library.evaluated(subject.spec, answers.champion, findings).threshold
    return beside_previous(
        subject.spec, before.number, rows, threshold, lambda: library.scorer(before)
    )
