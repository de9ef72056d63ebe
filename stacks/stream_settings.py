"""Settings of the optional stack that answers a stream."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class StreamSettings(BaseModel):
    """Whether rows may also come over a stream."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    streams: bool = Field(
        default=False,
        description="Two Kinesis streams, rows in and predictions out; cost money at rest.",
    )
