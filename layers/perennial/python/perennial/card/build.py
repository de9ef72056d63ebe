"""Puts a card together from what a run has left and what the registry knows of its version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perennial.card.caveats import caveats
from perennial.card.explanation import ROWS, explain
from perennial.card.hidden import hidden
from perennial.card.holdout import Holdout, read_holdout, requests_of, slices_of
from perennial.card.inputs import Left, read_left
from perennial.card.record import Card, Column, Data, Decision, Explanation, Method, Slices
from perennial.cost.run import cost_of_run
from perennial.data.profile import CategoryProfile, NumberProfile
from perennial.errors import NeedsPipelineRuntime
from perennial.evaluation.scoring import EngineScorer, load_scorer
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import Approval, ApprovalStatus, Run, Version
from perennial.report import count, share, short
from perennial.spec import ModelSpec

LABELS = 6  # of a category that are named


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows of the version a card is about."""

    version: Version
    run: Run
    approval: Approval | None
    approval_needed: bool


def make_card(run_uri: str, known: Known, store: ObjectStore) -> Card:
    """The card of a version.

    Args:
        run_uri: where its run left its work.
        known: what the registry says.
        store: holds artifacts and data.

    Raises:
        ArtifactError: something the run should have left is missing or damaged.
        Unavailable: the store does not answer.
    """
    version = known.version
    left = read_left(run_uri, version, store)
    spec = left.job.spec
    looked = _looked_at(run_uri, left, version, store)
    data, method = _data(left, version), _method(left, version)
    return Card(
        model=version.model,
        version=version.number,
        run_id=version.run_id,
        created_at=version.created_at,
        created_by=version.created_by or known.run.created_by,
        description=spec.description,
        stated=spec.card.model_dump(mode="json"),
        caveats=caveats(
            spec,
            left.evaluation,
            data,
            slices=looked.slices,
            fairness=left.fairness,
            receipt=left.receipt,
        ),
        data=data,
        method=method,
        evaluation=left.evaluation,
        slices=looked.slices,
        fairness=left.fairness,
        explanation=looked.explanation,
        explanation_note=looked.note,
        approval=_decision(known.approval),
        approval_needed=known.approval_needed,
        receipt=left.receipt,
        cost=cost_of_run(known.run).as_json(),
    )


@dataclass(frozen=True, slots=True)
class _Looked:
    slices: Slices | None
    explanation: Explanation | None
    note: str


def _looked_at(run_uri: str, left: Left, version: Version, store: ObjectStore) -> _Looked:
    """Slices and explanation, by the engine that serves; a user's own pipeline runs elsewhere."""
    try:
        scorer = load_scorer(store.read(run_uri + layout.CANDIDATE), version.artifact_digest)
    except NeedsPipelineRuntime:
        return _Looked(None, None, "a user's own pipeline is not explained")
    spec, seed = left.job.spec, left.job.seed
    found = read_holdout(run_uri + layout.HOLDOUT, spec, scorer, store, seed)
    explanation, note = _explained(spec, scorer, found)
    return _Looked(slices_of(spec, found, seed), explanation, note)


def _explained(
    spec: ModelSpec, scorer: EngineScorer, found: Holdout
) -> tuple[Explanation | None, str]:
    return explain(spec, scorer.engine, requests_of(found, spec, ROWS))


def _data(left: Left, version: Version) -> Data:
    return Data(
        digest=version.dataset_digest,
        rows=left.profile.rows,
        parts=left.training.rows,
        source=left.job.source,
        target=left.job.spec.target,
        columns=tuple(_columns(left)),
        warnings=left.warnings,
    )


def _columns(left: Left) -> Iterator[Column]:
    spec, hides = left.job.spec, hidden(left.job.spec)
    for name, profile in left.profile.features.items():
        feature = spec.features.get(name)
        kind = feature.type.value if feature else profile.kind
        yield _column(name, kind, profile, hides.get(name))
    yield _column(spec.target, "target", left.profile.target, hides.get(spec.target))


def _column(
    name: str, kind: str, profile: NumberProfile | CategoryProfile, hides: str | None
) -> Column:
    missing = profile.nulls / profile.rows if profile.rows else 0.0
    summary = f"not shown: {hides}" if hides else _summary(profile)
    return Column(
        name=name, type=kind, sensitive=hides is not None, missing=missing, summary=summary
    )


def _summary(profile: NumberProfile | CategoryProfile) -> str:
    if isinstance(profile, NumberProfile):
        if profile.minimum is None:
            return "no values"
        middle = profile.quantiles.get("0.5")
        return f"{short(profile.minimum)} to {short(profile.maximum)}, median {short(middle)}"
    total = sum(profile.counts.values()) + profile.other
    named = list(profile.counts.items())[:LABELS]
    told = [f"{label} {share(rows / (total or 1))}" for label, rows in named]
    more = profile.distinct - len(named)
    return ", ".join([*told, *([f"{count(more)} more"] if more > 0 else [])])


def _method(left: Left, version: Version) -> Method:
    spec = left.job.spec
    return Method(
        task=spec.task.value,
        algorithm=version.algorithm,
        parameters=left.training.parameters,
        rounds=left.training.best_iteration,
        split=spec.split.model_dump(mode="json"),
        search=_search(left.search),
        selection=left.training.selection,
        engineering=spec.engineering.model_dump(mode="json"),
    )


def _search(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a reader of the card asks of a search; its trials stand in the report."""
    if found is None:
        return None
    kept = ("method", "metric", "best", "default", "margin", "ended_by", "spent", "seed")
    told = {name: found[name] for name in kept if name in found}
    return told | {"trials": len(found.get("trials", ()))}


def _decision(approval: Approval | None) -> Decision | None:
    if approval is None or approval.status is ApprovalStatus.PENDING:
        return None
    return Decision(
        status=approval.status.value,
        by=approval.decided_by,
        at=approval.decided_at,
        reason=approval.reason,
    )
