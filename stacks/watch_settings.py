"""Settings of who is told, and of what is shown."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator


class WatchSettings(BaseModel):
    """Who is told of alarms, and whether each model has a dashboard."""

    alarm_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = Field(
        default=None, description="Who is told of alarms."
    )
    slack_workspace_id: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,255}$")] | None = Field(
        default=None, description="Slack workspace that is told too; authorized in AWS Chatbot."
    )
    slack_channel_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,255}$")] | None = Field(
        default=None, description="The channel of that workspace."
    )
    budget: float | None = Field(
        default=None,
        gt=0,
        description="Dollars a month that the whole account may cost before people are told.",
    )
    model_dashboards: bool = Field(
        default=True, description="A dashboard for each model; three are free."
    )

    @model_validator(mode="after")
    def _a_channel_of_a_workspace(self) -> Self:
        if (self.slack_workspace_id is None) != (self.slack_channel_id is None):
            raise ValueError("slack_workspace_id and slack_channel_id go together")
        return self
