"""What a version was trained on, as far as drift is judged by it: profiles, never the rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.capture.columns import stored_features
from perennial.data.profile import ColumnProfile, Profile
from perennial.evaluation.predictions import PredictionProfile
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import FeatureType, ModelSpec

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Reference:
    """The training data and the holdout's predictions of one version.

    Attributes:
        features: profiles of those features that are captured, in the order of the spec.
        moving: features that move by nature, such as times: shown and not judged.
        predictions: what the version said of its holdout; None where that is not known.
        importances: of the features in the model, adding up to one; empty where not known.
        sample: some rows of the training data; None where there are none.
        missing: what should be there and is not, as sentences.
        texts: features of which the length is looked at, in characters.
    """

    features: Mapping[str, ColumnProfile]
    moving: frozenset[str] = frozenset()
    predictions: PredictionProfile | None = None
    importances: Mapping[str, float] = field(default_factory=dict)
    sample: pa.Table | None = None
    missing: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()


def reference_of(
    spec: ModelSpec,
    profile: Profile | None,
    *,
    predictions: PredictionProfile | None = None,
    importances: Mapping[str, float] | None = None,
    sample: pa.Table | None = None,
    missing: tuple[str, ...] = (),
) -> Reference:
    """Put the parts together; features the profile does not know are named as missing."""
    kept = stored_features(spec)
    known = (
        {name: profile.features[name] for name in kept if name in profile.features}
        if (profile is not None)
        else {}
    )
    if profile is not None:
        missing += tuple(
            f"{name} was no feature when the version in service was trained"
            for name in kept
            if name not in known
        )
    times = {n for n in known if spec.features[n].type is FeatureType.TIMESTAMP}
    texts = {n for n in known if spec.features[n].type is FeatureType.TEXT}
    return Reference(
        known,
        frozenset(times),
        predictions,
        dict(importances or {}),
        sample,
        missing,
        frozenset(texts),
    )


def read_reference(
    spec: ModelSpec, run_id: str, dataset_digest: str, bucket: str, store: ObjectStore
) -> Reference:
    """What the run and the dataset of a version left; a part that is gone or damaged is named.

    Raises:
        Unavailable: the store does not answer.
    """
    dataset = layout.uri(bucket, layout.dataset_prefix(spec.name, dataset_digest))
    run = layout.uri(bucket, layout.run_prefix(spec.name, run_id))
    missing: list[str] = []

    def part(uri: str, what: str, parse: Callable[[bytes], Part]) -> Part | None:
        try:
            return parse(store.read(uri))
        except FileNotFoundError:
            missing.append(f"there is no {what}")
        except (ValueError, OSError, KeyError, TypeError, AttributeError, pa.ArrowException):
            missing.append(f"the {what} is damaged")
        return None

    profile = part(
        dataset + layout.PROFILE, "profile of the training data", Profile.model_validate_json
    )
    sample = part(dataset + layout.SAMPLE, "sample of the training data", _table)
    predictions = (
        None
        if spec.target in spec.sensitive
        else part(
            run + layout.PREDICTIONS,
            "profile of the holdout's predictions",
            PredictionProfile.model_validate_json,
        )
    )
    importances = part(run + layout.TRAINING_JSON, "record of the training", _importances)
    return reference_of(
        spec,
        profile,
        predictions=predictions,
        importances=importances,
        sample=sample,
        missing=tuple(missing),
    )


def _table(body: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(body))


def _importances(body: bytes) -> dict[str, float]:
    found = json.loads(body)["importances"]
    return {str(name): float(weight) for name, weight in found.items()}
