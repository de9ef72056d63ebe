"""The usual Lambda handler: the pipeline from S3 by boto3 and joblib, rows by pandas."""

from __future__ import annotations

import io
import json
import os
from typing import Any

import boto3
import joblib
import pandas as pd

_body = boto3.client("s3").get_object(
    Bucket=os.environ["MODEL_BUCKET"], Key=os.environ["MODEL_KEY"]
)
PIPELINE = joblib.load(io.BytesIO(_body["Body"].read()))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    frame = pd.DataFrame(json.loads(event["body"])["rows"])
    answers = [{"probability": float(p)} for p in PIPELINE.predict_proba(frame)[:, 1]]
    return {"statusCode": 200, "body": json.dumps({"predictions": answers})}
