"""What a pass is about: the version in service, and what its making left to compare it with."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from perennial.evaluation.inputs import read_record
from perennial.monitoring.record import Problem
from perennial.monitoring.reference import Reference, read_reference, reference_of
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import Route, Version
from perennial.registry.store import Registry
from perennial.spec import ModelSpec


class Evaluated(BaseModel):
    """What of an evaluation matters later on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    threshold: float | None = None
    metrics: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Subject:
    """The model, and what is known of its version in service; what is missing is a problem.

    Attributes:
        spec: of the model, as deployed.
        route: who serves it; None before the first version.
        version: the one in service.
        reference: what drift is judged by.
        problems: what is not as it should be.
    """

    spec: ModelSpec
    route: Route | None
    version: Version | None
    reference: Reference
    problems: tuple[Problem, ...] = field(default_factory=tuple)


def read_subject(spec: ModelSpec, registry: Registry, store: ObjectStore, bucket: str) -> Subject:
    """Read what there is of the version in service.

    Raises:
        Unavailable: registry or store do not answer.
    """
    nothing = reference_of(spec, None)
    route = registry.route(spec.name)
    if route is None:
        return Subject(spec, None, None, nothing)
    version = registry.version(spec.name, route.champion.number)
    if version is None:
        gone = f"version {route.champion.number} is in service and not in the registry"
        return Subject(spec, route, None, nothing, (_problem(gone),))
    reference = read_reference(spec, version.run_id, version.dataset_digest, bucket, store)
    told = list(reference.missing)
    if version.spec_digest != spec.digest:
        told.append(
            f"version {version.number} was trained by another spec than the one deployed today; "
            "it is watched by today's"
        )
    return Subject(spec, route, version, reference, tuple(map(_problem, told)))


def read_evaluated(version: Version, bucket: str, store: ObjectStore) -> Evaluated:
    """What the evaluation of a version found.

    Raises:
        ArtifactError: it is missing or damaged.
        Unavailable: the store does not answer.
    """
    run = layout.uri(bucket, layout.run_prefix(version.model, version.run_id))
    return read_record(Evaluated, run + layout.EVALUATION_JSON, store)


def _problem(sentence: str) -> Problem:
    return Problem(part="reference", sentence=sentence)
