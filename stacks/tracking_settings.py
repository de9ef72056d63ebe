"""Settings of where runs are told of."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class TrackingSettings(BaseModel):
    """The MLflow tracking server that every run is written to, where there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mlflow_tracking_uri: (
        Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/[^\s?#@]*)?$")] | None
    ) = Field(default=None, description="MLflow tracking server that runs are written to.")
    mlflow_tracking_secret: (
        Annotated[
            str,
            Field(pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$"),
        ]
        | None
    ) = Field(
        default=None,
        description="ARN of a secret for it: a token, or JSON with `username` and `password`.",
    )

    @model_validator(mode="after")
    def _a_secret_for_a_server(self) -> Self:
        if self.mlflow_tracking_secret is None:
            return self
        if self.mlflow_tracking_uri is None:
            raise ValueError("mlflow_tracking_secret: goes with mlflow_tracking_uri")
        if not self.mlflow_tracking_uri.startswith("https://"):
            raise ValueError("mlflow_tracking_secret: is sent by https only")
        return self
