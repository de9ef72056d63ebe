"""The two ends of MLflow's own scoring client: what it writes, and how it reads the answer."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def written(data: object, **options: Any) -> str:
    """The body its client sends for a frame or an array."""
    with _imports():
        from mlflow.utils.proto_json_utils import dump_input_data
    body: str = dump_input_data(data, **options)
    return body


def read(document: object) -> Any:
    """The frame its client makes of an answer."""
    with _imports():
        from mlflow.deployments import PredictionsResponse
    response: Any = PredictionsResponse
    return response.from_json(json.dumps(document)).get_predictions()


@contextmanager
def _imports() -> Iterator[None]:
    """Imports warn of things that are not ours, and would report that they happened."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
