"""One evaluation: a candidate on rows it never saw, beside a constant and the champion."""

from __future__ import annotations

from perennial.errors import ArtifactError
from perennial.evaluation import baseline, fairness_gates
from perennial.evaluation.compare import compared, intervals
from perennial.evaluation.detail import detail
from perennial.evaluation.gates import Standing, judge
from perennial.evaluation.measure import Truths
from perennial.evaluation.measures import Classified, Estimated, Outcome, values
from perennial.evaluation.outcomes import outcome
from perennial.evaluation.record import Comparison, Evaluation
from perennial.evaluation.subject import Subject
from perennial.spec import ModelSpec

FEWEST_NEW_ROWS = 50  # below, a comparison on the rows the champion does not know says too little


def evaluate(subject: Subject) -> Evaluation:
    """Metrics, comparisons and gates.

    Raises:
        ArtifactError: the candidate answers no held-out row, or predicts something else.
    """
    spec, answerable = subject.job.spec, subject.candidate.answerable
    if not answerable.any():
        raise ArtifactError("the candidate answers none of the held-out rows")
    try:
        found = outcome(spec, subject.truth, subject.candidate, answerable)
    except ValueError as error:
        raise ArtifactError(f"the candidate does not fit its spec: {error}") from error
    constant = _against_baseline(subject, found)
    champion, note = _against_champion(subject)
    metrics = values(spec.task, found)
    results = judge(spec, Standing(metrics, constant, champion, note))
    if subject.fairness is not None:
        results += fairness_gates.judge(spec, subject.fairness)
    failed = [result.sentence for result in results if not result.passed]
    return Evaluation(
        model=subject.job.model,
        run_id=subject.job.run_id,
        task=spec.task,
        algorithm=subject.training.algorithm,
        outcome="GATED" if failed else "PASSED",
        reason="; ".join(failed),
        primary_metric=spec.primary,
        artifact_digest=subject.training.artifact_digest,
        artifact_size=subject.training.artifact_size,
        dataset_digest=subject.job.dataset.digest,
        spec_digest=subject.job.spec_digest,
        rows=int(answerable.sum()),
        unanswerable=int((~answerable).sum()),
        labels=_labels(spec, found),
        threshold=found.threshold if isinstance(found, Classified) else None,
        metrics=metrics,
        intervals=intervals(spec.task, found, subject.job.seed),
        baseline=constant,
        champion=champion,
        champion_note=note,
        gate_results=results,
        gates=tuple(result.sentence for result in results if result.passed),
        detail=detail(spec.task, found, sensitive=spec.target in spec.sensitive),
        fairness=subject.fairness,
    )


def _labels(spec: ModelSpec, found: Outcome) -> tuple[str, ...] | None:
    """Names of the classes, unless nobody may see the values of the target."""
    if isinstance(found, Estimated):
        return None
    if spec.target in spec.sensitive:
        return tuple(f"class {number}" for number in range(1, len(found.labels) + 1))
    return found.labels


def _against_baseline(subject: Subject, candidate: Outcome) -> Comparison:
    spec, target = subject.job.spec, subject.training.target
    other: Outcome = (
        baseline.constant(candidate, target, spec.primary)
        if isinstance(candidate, Estimated)
        else baseline.prior(candidate, target)
    )
    return _compared("naive baseline", spec, candidate, other, 0, subject.job.seed)


def _against_champion(subject: Subject) -> tuple[Comparison | None, str]:
    """On the rows both answer and neither was fitted on; None with a reason when there are none.

    Where too few rows are new to the champion, those it knows count as well, and the note says so.
    """
    if subject.champion is None:
        return None, subject.champion_note
    shared = subject.candidate.answerable & subject.champion.answerable
    if not shared.any():
        return None, f"the {subject.champion_name}, answers none of the held-out rows"
    try:
        return _on_new_rows(subject, shared) or _on_rows(subject, shared)
    except ValueError as error:
        return None, f"the {subject.champion_name}, cannot be compared: {error}"


def _on_new_rows(subject: Subject, shared: Truths) -> tuple[Comparison, str] | None:
    """The comparison without the rows the champion knows; None when it would say too little."""
    known = subject.familiar
    if known is None or not (shared & known).any():
        return None
    new = shared & ~known
    if new.sum() < FEWEST_NEW_ROWS:
        return None
    result, note = _on_rows(subject, new)
    asked = {gate.metric.value for gate in subject.job.spec.gates if gate.against is not None}
    if (
        not asked | {subject.job.spec.primary.value}
        <= result.metrics.keys() & result.candidate.keys()
    ):
        return None
    told = (
        f"the champion was fitted on {int((shared & known).sum())} of {len(shared)} held-out rows"
    )
    return result, "; ".join(part for part in (f"{told}; they are left out", note) if part)


def _on_rows(subject: Subject, rows: Truths) -> tuple[Comparison, str]:
    """The comparison on some of the rows both answer, and what to bear in mind about it.

    Raises:
        ValueError: the champion predicts something else.
    """
    assert subject.champion is not None  # noqa: S101  the callers have looked
    spec, mine, theirs = subject.job.spec, subject.candidate, subject.champion
    refused = int((mine.answerable & ~theirs.answerable).sum())
    other = outcome(spec, subject.truth, theirs, rows)
    own = outcome(spec, subject.truth, mine, rows)
    result = _compared(subject.champion_name, spec, own, other, refused, subject.job.seed)
    notes = []
    if refused:
        total = len(mine.answerable)
        notes.append(f"the champion refuses {refused} of {total} held-out rows; they are left out")
    known = 0 if subject.familiar is None else int((rows & subject.familiar).sum())
    if known:
        told = f"the champion was fitted on {known} of the {int(rows.sum())} rows compared"
        notes.append(f"{told}, which favours it")
        result = result.model_copy(update={"familiar": known})
    return result, "; ".join(notes)


def _compared(
    name: str, spec: ModelSpec, mine: Outcome, theirs: Outcome, refused: int, seed: int
) -> Comparison:
    return compared(name, spec.task, spec.primary, mine, theirs, unanswerable=refused, seed=seed)
