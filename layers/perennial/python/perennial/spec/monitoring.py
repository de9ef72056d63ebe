"""The sections of a spec that say what is watched in service, and what follows from it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perennial.spec.duration import Duration, seconds
from perennial.spec.metrics import Metric
from perennial.spec.text import ColumnName


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NumberTest(StrEnum):
    """How the values of a numeric column are compared with those of the training data."""

    WASSERSTEIN = "wasserstein"
    KOLMOGOROV_SMIRNOV = "kolmogorov-smirnov"
    PSI = "psi"
    JENSEN_SHANNON = "jensen-shannon"


class CategoryTest(StrEnum):
    """How the labels of a column are compared with those of the training data."""

    CHI_SQUARE = "chi-square"
    PSI = "psi"
    JENSEN_SHANNON = "jensen-shannon"


class Drift(_Strict):
    """When the data in service counts as other than the training data."""

    numbers: NumberTest = Field(
        default=NumberTest.WASSERSTEIN, description="Effect size of numeric columns."
    )
    categories: CategoryTest = Field(
        default=CategoryTest.JENSEN_SHANNON, description="Effect size of columns of labels."
    )
    minimum_effect: float | None = Field(
        default=None,
        gt=0,
        description="Effect below which a shift does not matter; left out, one for each statistic.",
    )
    false_alarms: float = Field(
        default=0.005,
        gt=0,
        le=0.1,
        description="Probability that a report without any drift alarms, all columns together.",
    )
    minimum_rows: int = Field(
        default=100, ge=30, description="Predictions below which there is no verdict."
    )
    exclude: tuple[ColumnName, ...] = Field(
        default=(), description="Features whose drift is shown and alarms nobody."
    )
    multivariate: bool = Field(
        default=True, description="Whether a classifier tries to tell service from training."
    )


class Quality(_Strict):
    """What the data in service as a whole must satisfy, beside the spec of each feature."""

    maximum_missing: float = Field(
        default=0.05, ge=0, le=1, description="Share of missing values above the training data's."
    )
    maximum_unseen: float = Field(
        default=0.05, ge=0, le=1, description="Share of labels training never saw, by column."
    )
    maximum_out_of_range: float = Field(
        default=0.05, ge=0, le=1, description="Share of values beyond those of training, by column."
    )
    minimum_rows: int = Field(
        default=0, ge=0, description="Predictions a window must have at least."
    )


class Performance(_Strict):
    """What the version in service must achieve once outcomes are there."""

    metric: Metric | None = Field(
        default=None, description="What is watched; left out, the primary metric."
    )
    floor: float | None = Field(
        default=None, description="Worst value that is all right, in units of the metric."
    )
    collapse: float | None = Field(
        default=None, description="Value so bad that the version is rolled back at once."
    )
    tolerance: float = Field(
        default=0.0, ge=0, description="How much worse than the version before it may be."
    )
    minimum_outcomes: int = Field(
        default=100, ge=10, description="Outcomes below which there is no verdict."
    )
    slices: tuple[ColumnName, ...] = Field(
        default=(), description="Features by whose values performance is shown."
    )


class Endpoint(_Strict):
    """What the endpoint of the model must satisfy."""

    maximum_errors: float = Field(
        default=0.01, gt=0, le=1, description="Share of requests that may fail on our side."
    )
    minimum_failures: int = Field(
        default=5,
        ge=1,
        description="Failed requests that, above the same share of an hour's, are too many where "
        "it happens hour after hour.",
    )
    maximum_latency_ms: float = Field(
        default=1000.0, gt=0, description="Milliseconds of 99 % of the requests."
    )


class Monitoring(_Strict):
    """What is watched in service."""

    enabled: bool = Field(default=True, description="Whether reports are made and alarms set.")
    every: Duration = Field(default="1d", description="How often a report is made.")
    window: Duration = Field(default="1d", description="How much of the past a report looks at.")
    maximum_silence: Duration | None = Field(
        default=None, description="Time without a prediction after which the data is stale."
    )
    maximum_age: Duration | None = Field(
        default=None, description="Age after which the version in service is stale."
    )
    maximum_dollars: float | None = Field(
        default=None, gt=0, description="What the model may cost in 30 days at the present rate."
    )
    drift: Drift = Field(default_factory=Drift, description="Data and prediction drift.")
    quality: Quality = Field(default_factory=Quality, description="Data quality.")
    performance: Performance = Field(
        default_factory=Performance, description="Performance, by outcomes."
    )
    endpoint: Endpoint = Field(default_factory=Endpoint, description="Errors and latency.")

    @model_validator(mode="after")
    def _no_gap_between_reports(self) -> Self:
        if seconds(self.every) < 60:
            raise ValueError("every is at least 1m; a schedule knows no shorter rate")
        if seconds(self.window) < seconds(self.every):
            raise ValueError(
                f"window ({self.window}) is shorter than every ({self.every}): "
                "what happens in between would be in no report"
            )
        return self


class Outcomes(_Strict):
    """How long the truth is waited for."""

    window: Duration = Field(
        default="30d", description="How late after its prediction an outcome still counts."
    )


class RetrainingCause(StrEnum):
    """What may start a training by itself."""

    DRIFT = "drift"
    PERFORMANCE = "performance"
    STALENESS = "staleness"


class Retraining(_Strict):
    """When a model is trained anew by itself, on what was predicted and came true since."""

    on: tuple[RetrainingCause, ...] = Field(
        default=(RetrainingCause.DRIFT, RetrainingCause.PERFORMANCE, RetrainingCause.STALENESS),
        description="What starts it; none: only a person does.",
    )
    cooldown: Duration = Field(default="1d", description="Time between two of them at least.")
    per_week: int = Field(default=3, ge=1, le=168, description="How many in seven days at most.")
    minimum_rows: int = Field(
        default=1000, ge=20, description="Predictions with outcomes there must be at least."
    )
    maximum_rows: int = Field(
        default=1_000_000, ge=1000, description="The latest of them that are trained on."
    )
    failures: int = Field(
        default=3, ge=1, description="Failed or gated ones in a row that end all automatic action."
    )

    @model_validator(mode="after")
    def _rows_make_sense(self) -> Self:
        if self.minimum_rows > self.maximum_rows:
            raise ValueError(
                f"minimum_rows ({self.minimum_rows}) is above maximum_rows ({self.maximum_rows})"
            )
        return self
