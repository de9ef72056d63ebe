"""Puts one model where each stack looks for it: artifact, route and pipeline, on the emulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.registry.layout import artifact_key, uri
from perennial.registry.records import Event, Route, RoutedVersion
from perennial.serving.artifact import TREES, write_artifact

from emulator import control

TABLE, BUCKET, MODEL = "registry", "benchmark", "bank"
PIPELINE = "pipeline.joblib"
QUEUE = "BENCHMARK_QUEUE"


@contextmanager
def deployed(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of the functions, while the emulator runs.

    Args:
        folder: where `usual_model` has written its files.
    """
    with control.start(folder / "emulator") as emulator:
        client: Any = _client(emulator.endpoint)
        _storage(client)
        s3 = client("s3")
        if (folder / PIPELINE).exists():
            s3.upload_file(str(folder / PIPELINE), BUCKET, PIPELINE)
        data = artifact(folder)
        digest = hashlib.sha256(data).hexdigest()
        key = artifact_key(MODEL, digest)
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        at = "2026-01-01T00:00:00.000Z"
        route = Route(MODEL, 1, RoutedVersion(1, digest, uri(BUCKET, key)), None, at, "bench", "")
        event = Event(MODEL, 1, at, "bench", "route_changed", "route 1", "")
        DynamoRegistry(TABLE, client("dynamodb")).set_route(route, event)
        (folder / f"{MODEL}.json").write_text(json.dumps(_spec(folder)), encoding="utf-8")
        yield {
            QUEUE: client("sqs").create_queue(QueueName="captures")["QueueUrl"],
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PERENNIAL_TABLE": TABLE,
            "PERENNIAL_SPECS": str(folder),
            "MODEL_BUCKET": BUCKET,
            "MODEL_KEY": PIPELINE,
            "OMP_NUM_THREADS": "1",
        }


def capturing(environment: dict[str, str]) -> dict[str, str]:
    """The environment of a predict function that hands every prediction to the queue."""
    return {**environment, "PERENNIAL_CAPTURE_QUEUE": environment[QUEUE]}


def _spec(folder: Path) -> dict[str, Any]:
    """As much of a spec as the predict function reads."""
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return {
        "target": "y",
        "features": {name: {} for name in [*told["numbers"], *told["categories"]]},
    }


def artifact(folder: Path) -> bytes:
    """The pipeline's own booster as an artifact: the same trees, the same codes."""
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    settings = {"nullable": False, "minimum": None, "maximum": None, "unseen": "missing"}
    numbers = [
        {**settings, "name": name, "type": "number", "categories": None, "unseen": "reject"}
        for name in told["numbers"]
    ]
    categories = [
        {**settings, "name": name, "type": "category", "categories": values}
        for name, values in told["categories"].items()
    ]
    manifest = {
        "format": 1,
        "model": MODEL,
        "task": "binary",
        "algorithm": "xgboost",
        "classes": ["0", "1"],
        "positive": "1",
        "threshold": 0.5,
        "features": numbers + categories,
        "engine": {"kind": "xgboost", "link": "binary"},
        "training": {},
    }
    return write_artifact(manifest, {TREES: (folder / "booster.ubj").read_bytes()})


def _client(endpoint: str) -> Any:
    def make(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}),
        )

    return make


def _storage(client: Any) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    names = ("pk", "sk")
    client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        BillingMode="PAY_PER_REQUEST",
    )
