"""One side of a comparison: a run, and the documents it left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from perennial.errors import ArtifactError
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.records import Run

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """A run as it is compared; a document is empty where the run did not come so far."""

    run: Run
    evaluation: Document = field(default_factory=dict)
    training: Document = field(default_factory=dict)
    receipt: Document = field(default_factory=dict)
    job: Document = field(default_factory=dict)
    profile: Document = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How it is called: its version, or its run where it registered none."""
        if self.run.version is not None:
            return f"version {self.run.version}"
        return f"run {self.run.run_id[:12]}"

    @property
    def spec(self) -> Document:
        """The spec as the run had it."""
        found: Document = self.receipt.get("spec") or self.job.get("spec") or {}
        return found


def read_side(run: Run, bucket: str, store: ObjectStore) -> Side:
    """What a run left in the data bucket.

    Raises:
        ArtifactError: a document is not JSON.
        Unavailable: the store does not answer.
    """
    prefix = layout.uri(bucket, layout.run_prefix(run.model, run.run_id))
    training = _document(prefix + layout.TRAINING_JSON, store)
    profile: Document = {}
    if run.dataset_digest:
        dataset = layout.dataset_prefix(run.model, run.dataset_digest) + layout.PROFILE
        profile = _document(layout.uri(bucket, dataset), store)
    return Side(
        run=run,
        evaluation=_document(prefix + layout.EVALUATION_JSON, store),
        training=training,
        receipt=_document(prefix + training.get("receipt", layout.RECEIPT), store),
        job=_document(prefix + layout.JOB, store),
        profile=profile,
    )


def _document(uri: str, store: ObjectStore) -> Document:
    try:
        return dict(json.loads(store.read(uri)))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise ArtifactError(f"{uri} is damaged") from error
