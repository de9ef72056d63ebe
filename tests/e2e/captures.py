"""Captured predictions as an analyst finds them: Parquet files in the data bucket."""

from __future__ import annotations

import io
from typing import Any

import pyarrow.parquet as pq

from tests.e2e.platform import Platform, until

SECONDS = 60.0


def keys(platform: Platform, model: str) -> list[str]:
    """The files of a model."""
    pages = platform.client("s3").get_paginator("list_objects_v2")
    bucket = platform.outputs["DataBucketName"]
    return [
        found["Key"]
        for page in pages.paginate(Bucket=bucket, Prefix=f"captures/model={model}/")
        for found in page.get("Contents", [])
    ]


def captured(platform: Platform, model: str) -> list[dict[str, Any]]:
    """Every captured prediction of a model, with the key of the file it is in."""
    bucket, s3 = platform.outputs["DataBucketName"], platform.client("s3")
    rows: list[dict[str, Any]] = []
    for key in keys(platform, model):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        rows += [{**row, "key": key} for row in pq.read_table(io.BytesIO(body)).to_pylist()]
    return rows


def wait_for(platform: Platform, model: str, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The captured predictions of these ids, once all are there."""
    found: dict[str, dict[str, Any]] = {}

    def there() -> bool:
        found.update({row["prediction_id"]: row for row in captured(platform, model)})
        return ids <= found.keys()

    until(there, f"{len(ids)} predictions of {model} to be captured", SECONDS)
    return {name: found[name] for name in ids}
