"""One validation in a run: fetch the upload, validate it, publish what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perennial.data.order import Code, Order
from perennial.data.outcome import Validation
from perennial.data.publication import Published, publish
from perennial.data.validation import validate
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import RunStatus
from perennial.registry.store import Registry
from perennial.spec import ModelSpec


def validate_run(
    order: Order,
    spec: ModelSpec,
    code: Code,
    bucket: str,
    objects: ObjectStore,
    registry: Registry,
    now: Callable[[], str],
    pseudonyms: Pseudonyms | None = None,
) -> tuple[dict[str, Any], Validation]:
    """Validate the upload of a run and publish dataset, profile, report and the training job.

    Repeating it writes the same again. What does not fit the spec is an outcome, no exception.

    Args:
        order: which run and which object.
        spec: of the model.
        code: what is deployed.
        bucket: where datasets and runs are kept.
        objects: the object store.
        registry: the registry.
        now: the clock.
        pseudonyms: stand for persons; needed where the spec asks for that.

    Returns:
        The workflow's answer: outcome, reason, dataset, run_uri, report_uri; and the validation.

    Raises:
        FileNotFoundError: the uploaded object is gone.
        Unavailable: a store does not answer.
    """
    registry.update_run(order.model, order.run_id, at=now(), status=RunStatus.RUNNING)
    location = layout.uri(order.source.bucket, order.source.key)
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        with objects.open(location, order.source.version_id or None) as stream:
            validation = validate(stream, order.source.key, spec, Path(name), pseudonyms)
        published = publish(order, spec, code, validation, bucket, objects)
    if published.dataset is not None:
        digest = published.dataset["digest"]
        registry.update_run(order.model, order.run_id, at=now(), dataset_digest=str(digest))
    return _answer(published, validation, spec), validation


def _answer(published: Published, validation: Validation, spec: ModelSpec) -> dict[str, Any]:
    dataset = published.dataset
    return {
        "outcome": "ACCEPTED" if validation.accepted else "REJECTED",
        "reason": validation.reason,
        "search": spec.tuning.asked,  # whether a search for hyperparameters comes before training
        "dataset": dataset and {name: dataset[name] for name in ("digest", "uri", "rows")},
        "run_uri": published.run_uri,
        "report_uri": published.report_uri,
    }
