"""Settings of how the code of the endpoint is released, and kept warm."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ALL_AT_ONCE = "all-at-once"
Release = Literal[
    "canary10percent5minutes",
    "canary10percent10minutes",
    "canary10percent15minutes",
    "canary10percent30minutes",
    "linear10percentevery1minute",
    "linear10percentevery2minutes",
    "linear10percentevery3minutes",
    "linear10percentevery10minutes",
    "all-at-once",
]


class ReleaseSettings(BaseModel):
    """How requests move from one version of the predict function's code to the next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: Release = Field(
        default="canary10percent5minutes",
        description="How requests move to new code: a share first, back again on an alarm; or "
        "`all-at-once`.",
    )
    predict_provisioned: int = Field(
        default=0, ge=0, description="Environments kept warm; cost money at rest."
    )
    snap_start: bool = Field(
        default=False, description="Start from a snapshot; costs money at rest and per start."
    )

    @model_validator(mode="after")
    def _warm_in_one_way(self) -> Self:
        if self.snap_start and self.predict_provisioned:
            raise ValueError(
                "snap_start: Lambda does not combine it with provisioned concurrency; leave "
                "predict_provisioned at 0, or snap_start off"
            )
        return self
