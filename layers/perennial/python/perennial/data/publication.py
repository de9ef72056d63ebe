"""Puts what came of a validation where others look for it."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.order import Code, Order
from perennial.data.outcome import Snapshot, Validation
from perennial.data.page import validation_page
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.report import render
from perennial.spec import ModelSpec

_LARGEST_AT_ONCE = 5 << 30  # bytes; beyond, S3 takes parts and knows no condition
_JSON, _HTML, _PARQUET = "application/json", "text/html; charset=utf-8", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Published:
    """Where a validation left its dataset and its report."""

    run_uri: str
    report_uri: str
    dataset: dict[str, str | int] | None  # digest, uri, rows, profile_uri; None when rejected


def publish(
    order: Order,
    spec: ModelSpec,
    code: Code,
    validation: Validation,
    bucket: str,
    objects: ObjectStore,
) -> Published:
    """Write dataset, sample and profile (once per digest), the report, and the job for the trainer.

    The job comes last: where it is, everything it names is there.
    """
    run_uri = layout.uri(bucket, layout.run_prefix(order.model, order.run_id))
    report_uri = run_uri + layout.VALIDATION_HTML
    dataset = None
    if validation.snapshot is not None and validation.profile is not None:
        dataset = _store(order.model, validation.snapshot, validation, bucket, objects)
    document = validation_document(order, spec, validation)
    objects.write(run_uri + layout.VALIDATION_JSON, _json(document), _JSON)
    page = render(validation_page(order, spec, validation))
    objects.write(report_uri, page.encode(), _HTML)
    if dataset is not None:
        objects.write(run_uri + layout.JOB, _json(_job(order, spec, code, dataset)), _JSON)
    return Published(run_uri, report_uri, dataset)


def _store(
    model: str, snapshot: Snapshot, validation: Validation, bucket: str, objects: ObjectStore
) -> dict[str, str | int]:
    prefix = layout.uri(bucket, layout.dataset_prefix(model, snapshot.digest))
    if not objects.exists(prefix + layout.DATA):
        once = snapshot.path.stat().st_size < _LARGEST_AT_ONCE
        objects.upload(snapshot.path, prefix + layout.DATA, _PARQUET, once=once)
    if snapshot.sample is not None:
        objects.write(prefix + layout.SAMPLE, _parquet(snapshot.sample), _PARQUET, once=True)
    profile = validation.profile
    body = profile.model_dump_json().encode() if profile else b""
    objects.write(prefix + layout.PROFILE, body, _JSON, once=True)
    return {
        "digest": snapshot.digest,
        "uri": prefix + layout.DATA,
        "rows": snapshot.rows,
        "profile_uri": prefix + layout.PROFILE,
    }


def validation_document(order: Order, spec: ModelSpec, validation: Validation) -> dict[str, Any]:
    """The content of validation.json."""
    return {
        "format": 1,
        "model": order.model,
        "run_id": order.run_id,
        "outcome": "ACCEPTED" if validation.accepted else "REJECTED",
        "reason": validation.reason,
        "rows": validation.rows,
        "repeated_rows": validation.repeated_rows,
        "source": {**asdict(order.source), "found": _facts(validation)},
        "spec_digest": spec.digest,
        "errors": [asdict(problem) for problem in validation.errors],
        "warnings": [asdict(problem) for problem in validation.warnings],
        "dataset_digest": validation.snapshot.digest if validation.snapshot else None,
    }


def _facts(validation: Validation) -> dict[str, Any] | None:
    return asdict(validation.source) if validation.source else None


def _job(
    order: Order, spec: ModelSpec, code: Code, dataset: dict[str, str | int]
) -> dict[str, Any]:
    """What the training container is asked to do."""
    return {
        "model": order.model,
        "run_id": order.run_id,
        "spec": spec.model_dump(mode="json"),
        "spec_digest": spec.digest,
        "dataset": dataset,
        "source": asdict(order.source),
        "code": asdict(code),
        "seed": spec.split.seed,
    }


def _parquet(table: pa.Table) -> bytes:
    body = io.BytesIO()
    pq.write_table(table, body, compression="zstd")
    return body.getvalue()


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
