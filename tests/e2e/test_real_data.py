"""Public data sets as published, from the upload to the endpoint, beside a script by hand."""

from __future__ import annotations

import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from perennial.registry.records import RunStatus
from perennial.spec import ModelSpec, SplitMethod
from perennial.training.split import HOLDOUT, split_rows

from tests.e2e import by_hand
from tests.e2e.conftest import shared
from tests.e2e.platform import Platform

FILES = {
    "bank-marketing": "bank-marketing.csv",
    "telco-churn": "telco-churn.csv",
    "bike-sharing": "bike-sharing-hour.csv",
}
TOLERANCE = 0.005  # relative


@pytest.mark.parametrize("model", FILES)
def test_is_no_worse_than_a_script_tuned_by_hand_on_the_same_split(
    platform: Platform, model: str
) -> None:
    file = shared(FILES[model])
    run = platform.train(model, file, FILES[model])
    assert run.status is RunStatus.SUCCEEDED, run.reason

    def left_behind(name: str) -> bytes:
        key = f"runs/{model}/{run.run_id}/{name}"
        bucket = platform.outputs["DataBucketName"]
        return bytes(platform.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    spec = ModelSpec.model_validate(json.loads(left_behind("job.json"))["spec"])
    holdout = pq.read_table(io.BytesIO(left_behind("holdout.parquet")))
    held_out = rows_held_out(spec, file, holdout.num_rows)

    ours = run.metrics["rmse" if model == "bike-sharing" else "roc_auc"]
    script = by_hand.score(model, file, held_out)

    if model == "bike-sharing":
        assert ours <= script * (1 + TOLERANCE)
    else:
        assert ours >= script * (1 - TOLERANCE)


def rows_held_out(
    spec: ModelSpec, file: bytes, count: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows of the file the run kept for its evaluation."""
    lines = file.decode().splitlines()
    rows = len(lines) - 1
    if spec.split.method is SplitMethod.TIME:
        late: NDArray[np.bool_] = np.arange(rows) >= rows - count
        return late
    labels = [line.rpartition(",")[2] for line in lines[1:]]
    codes = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    kept: NDArray[np.bool_] = (
        split_rows(rows, spec.split, spec.split.seed, classes=codes) == HOLDOUT
    )
    return kept
