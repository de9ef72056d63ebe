"""What a pass is about: the version in service, and what its making left to compare it with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.data.profile import Profile
from perennial.errors import ArtifactError
from perennial.evaluation.inputs import Training, read_record
from perennial.monitoring.record import Problem
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


@dataclass(slots=True)
class Subject:
    """The model, and what is known of its version in service; what is missing is a problem.

    Attributes:
        spec: of the model, as deployed.
        route: who serves it; None before the first version.
        version: the one in service.
        profile: of the data it was trained on.
        importances: share of the gain by feature, in the version in service.
        problems: what could not be read.
    """

    spec: ModelSpec
    route: Route | None = None
    version: Version | None = None
    profile: Profile | None = None
    importances: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @contextmanager
    def naming(self, part: str, what: str) -> Iterator[None]:
        """Goes on without what is missing or damaged, and says so."""
        try:
            yield
        except FileNotFoundError:
            self.problems.append(Problem(part=part, sentence=f"{what} is missing"))
        except (ArtifactError, ValidationError):
            self.problems.append(Problem(part=part, sentence=f"{what} is damaged"))


def read_subject(spec: ModelSpec, registry: Registry, store: ObjectStore, bucket: str) -> Subject:
    """Read what there is of the version in service.

    Raises:
        Unavailable: registry or store do not answer.
    """
    found = Subject(spec, registry.route(spec.name))
    if found.route is None:
        return found
    number = found.route.champion.number
    found.version = registry.version(spec.name, number)
    if found.version is None:
        told = f"version {number} is in service and not in the registry"
        found.problems.append(Problem(part="reference", sentence=told))
        return found
    if found.version.spec_digest != spec.digest:
        told = "the spec that is deployed is not the one the version in service was trained by"
        found.problems.append(Problem(part="reference", sentence=told))
    dataset = layout.dataset_prefix(spec.name, found.version.dataset_digest)
    with found.naming("reference", "the profile of the training data"):
        body = store.read(layout.uri(bucket, dataset + layout.PROFILE))
        found.profile = Profile.model_validate_json(body)
    with found.naming("reference", "training.json of the version in service"):
        training = read_record(
            Training, run_uri(found.version, bucket) + layout.TRAINING_JSON, store
        )
        found.importances = training.importances
    return found


def read_evaluated(version: Version, bucket: str, store: ObjectStore) -> Evaluated:
    """What the evaluation of a version found.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    return read_record(Evaluated, run_uri(version, bucket) + layout.EVALUATION_JSON, store)


def run_uri(version: Version, bucket: str) -> str:
    """Where the run that made a version left its documents."""
    return layout.uri(bucket, layout.run_prefix(version.model, version.run_id))
