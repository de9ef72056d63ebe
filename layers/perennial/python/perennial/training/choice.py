"""The estimator a run is trained with: the spec's own, or the one its search found."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass

from pydantic import ValidationError

from perennial.errors import TrainingFailed
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import Algorithm, ModelSpec
from perennial.spec.schema import Estimator
from perennial.training.data import TrainingData
from perennial.training.job import Job
from perennial.tuning.records import Parameters, Search


@dataclass(frozen=True, slots=True)
class Choice:
    """What a search found, and the digest of the bytes that say so."""

    search: Search
    digest: str


def choice_of(job: Job, run_uri: str, store: ObjectStore) -> Choice | None:
    """What the run's search found; None where the spec asks for no search.

    Raises:
        TrainingFailed: the search has not ended, is another than the spec asks for, or what it
            wrote is damaged.
        Unavailable: the store does not answer.
    """
    if not job.spec.tuning.asked:
        return None
    try:
        body = store.read(run_uri + layout.SEARCH)
        choice = Choice(Search.model_validate_json(body), hashlib.sha256(body).hexdigest())
    except FileNotFoundError as error:
        raise TrainingFailed("the run's search has not ended: there is no search.json") from error
    except ValidationError as error:
        raise TrainingFailed("search.json of the run is damaged") from error
    tuning, search = job.spec.tuning, choice.search
    asked = (tuning.method, tuning.metric or job.spec.primary, job.seed)
    if (search.method, search.metric, search.seed) != asked:
        raise TrainingFailed("search.json is of another search than the run's spec asks for")
    return choice


def estimator_of(spec: ModelSpec, algorithm: Algorithm, parameters: Parameters) -> Estimator:
    """An estimator other than the spec's own; a pipeline keeps the spec's file."""
    own = spec.algorithm
    pipeline = {"file": own.file, "source": own.source} if algorithm is own.name else {}
    return Estimator.model_validate({"name": algorithm, "parameters": parameters, **pipeline})


def chosen(spec: ModelSpec, choice: Choice | None) -> Estimator:
    """The estimator to train with."""
    if choice is None:
        return spec.algorithm
    winner = choice.search.winner
    return estimator_of(spec, winner.algorithm, winner.parameters)


def with_estimator(data: TrainingData, estimator: Estimator) -> TrainingData:
    """The same rows, encoded and divided alike, for another estimator."""
    if estimator == data.dataset.spec.algorithm:
        return data
    dataset, other = copy.copy(data.dataset), copy.copy(data)
    dataset.spec = dataset.spec.model_copy(update={"algorithm": estimator})
    other.dataset = dataset
    return other
