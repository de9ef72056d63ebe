"""The section of a spec that a model card takes over: what only people know about a model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Card(BaseModel):
    """What a model card says that no program can find out."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    owner: str = Field(default="", max_length=200, description="Who answers for the model.")
    contact: str = Field(default="", max_length=200, description="How to reach them.")
    intended_use: Paragraph | None = Field(default=None, description="What it is for.")
    out_of_scope: tuple[Paragraph, ...] = Field(
        default=(), description="What it must not be used for."
    )
    limitations: tuple[Paragraph, ...] = Field(default=(), description="Where it is known to fail.")
    ethics: tuple[Paragraph, ...] = Field(
        default=(), description="Whom its decisions may harm, and what is done about that."
    )
    data_origin: Paragraph | None = Field(
        default=None, description="Where the data comes from and how it was collected."
    )
    license: str = Field(default="", max_length=200, description="Terms of data and model.")
