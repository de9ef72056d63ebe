"""Settings of how long what is stored is kept, by where it lies in the data bucket."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RetentionSettings(BaseModel):
    """Days until objects of a kind are deleted; none means that they stay."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capture_days: int = Field(
        default=180, ge=1, description="How long captured predictions are kept."
    )
    report_days: int = Field(
        default=400,
        ge=1,
        description="How long monitoring reports are kept; not below `capture_days`.",
    )
    upload_days: int | None = Field(
        default=None, ge=1, description="How long uploaded training data and outcomes are kept."
    )
    dataset_days: int | None = Field(
        default=None,
        ge=1,
        description="How long datasets are kept; a version without its dataset cannot be made "
        "again.",
    )
    run_days: int | None = Field(
        default=None, ge=1, description="How long what a run left behind is kept."
    )
    score_days: int | None = Field(
        default=None, ge=1, description="How long scored files and their results are kept."
    )
    personal_days: int = Field(
        default=7,
        ge=1,
        description="How long files as people upload them are kept, of models with "
        "`privacy.pii`: they are what they were, pseudonyms come after.",
    )

    @model_validator(mode="after")
    def _reports_outlive_what_they_are_about(self) -> Self:
        if self.report_days < self.capture_days:
            raise ValueError(
                "report_days: must not be below capture_days; reports say which captured data is "
                "never to be trained on"
            )
        return self
