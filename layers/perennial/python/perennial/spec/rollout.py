"""The section of a spec that says how a new version comes into service."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perennial.spec.duration import Duration


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Strategy(StrEnum):
    """What a challenger is exposed to."""

    SHADOW = "shadow"  # is asked everything the champion is asked, and answers nobody
    CANARY = "canary"  # answers a share of the requests that grows step by step
    AB = "ab"  # answers a fixed share for a time, the same callers throughout


class TooLittleTraffic(StrEnum):
    """What becomes of a stage that has waited long enough and still cannot tell."""

    HOLD = "hold"  # stay where it is and tell a person
    ADVANCE = "advance"  # nothing speaks against it: go on
    REJECT = "reject"  # end the rollout; the champion stays


class Stage(_Strict):
    """One stage of a rollout."""

    strategy: Strategy = Field(description="`shadow`, `canary` or `ab`.")
    steps: tuple[float, ...] = Field(
        default=(),
        description="Shares of the requests, ascending: of a `canary` by default "
        "0.05, 0.25, 0.5; of `ab` one, by default 0.5.",
    )
    bake: Duration = Field(default="1h", description="How long a step lasts at most.")
    minimum_requests: int = Field(
        default=200, ge=1, description="Answers of each version before a step is decided."
    )

    @model_validator(mode="after")
    def _steps_make_sense(self) -> Self:
        if self.strategy is Strategy.SHADOW and self.steps:
            raise ValueError("steps do not apply to a shadow; it answers nobody")
        if self.strategy is Strategy.AB and len(self.steps) > 1:
            raise ValueError("ab has one step: its share stays as it is")
        if any(not 0 < share < 1 for share in self.steps):
            raise ValueError("a step is a share of the requests between 0 and 1")
        if any(later <= sooner for sooner, later in zip(self.steps, self.steps[1:], strict=False)):
            raise ValueError("steps must ascend")
        return self

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of the requests the challenger answers, step by step."""
        if self.strategy is Strategy.SHADOW:
            return (0.0,)
        return self.steps or ((0.5,) if self.strategy is Strategy.AB else (0.05, 0.25, 0.5))


class Rollout(_Strict):
    """How a version comes into service; without stages, at once."""

    stages: tuple[Stage, ...] = Field(
        default=(), description="What it goes through, in this order; none: at once."
    )
    check_every: Duration = Field(default="1m", description="How often the judge looks.")
    too_little_traffic: TooLittleTraffic = Field(
        default=TooLittleTraffic.HOLD,
        description="When a step has baked and cannot be decided: `hold`, `advance` or `reject`.",
    )
    tolerated_errors: float = Field(
        default=0.01, ge=0, lt=1, description="Share of failed requests it may have more."
    )
    tolerated_latency: float = Field(
        default=1.5, ge=1, description="Times the champion's latency it may take."
    )
    tolerated_shift: float = Field(
        default=0.25,
        gt=0,
        description="How far its predictions may lie from the champion's: distance of the "
        "distributions, 0 to 1.",
    )
    tolerated_loss: float = Field(
        default=0.1, ge=0, description="Share of the champion's loss it may lose more."
    )
    error_rate: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Probability that a challenger as good as the champion is ever rejected, "
        "and that a worse one is ever promoted, however often the judge looks.",
    )


class Rollback(_Strict):
    """When the version in service is taken back."""

    automatic: bool = Field(
        default=True, description="Whether alarms roll back; a person always may."
    )
    flapping: Duration = Field(
        default="1d", description="Two rollbacks within this time end all automatic action."
    )
