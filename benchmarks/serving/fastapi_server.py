"""The usual web server: FastAPI with the pipeline from S3 by boto3 and joblib."""

from __future__ import annotations

import io
import os
from typing import Any

import boto3
import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

_body = boto3.client("s3").get_object(
    Bucket=os.environ["MODEL_BUCKET"], Key=os.environ["MODEL_KEY"]
)
PIPELINE = joblib.load(io.BytesIO(_body["Body"].read()))
app = FastAPI()


class Request(BaseModel):
    rows: list[dict[str, Any]]


@app.post("/predict")
def predict(request: Request) -> dict[str, Any]:
    frame = pd.DataFrame(request.rows)
    return {"predictions": [{"probability": float(p)} for p in PIPELINE.predict_proba(frame)[:, 1]]}
