"""The section of a spec that says who lets a version into service once its gates are passed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from perennial.spec.duration import Duration, seconds

if TYPE_CHECKING:
    from perennial.spec.schema import ModelSpec

LONGEST_WAIT = 90 * 86_400  # seconds; the workflow waits with the version
_LONGEST_TEXT = "90d"

_CONDITIONS = ("approvers", "four_eyes", "expires_after", "maximum_age", "required_gates")
_APPROVER = re.compile(r"[A-Za-z0-9+=,.@_*/:-]{1,256}")
Found = tuple[tuple[str | int, ...], str]


class Method(StrEnum):
    """Who lets a version into service."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Approval(BaseModel):
    """Who lets a version that passed its gates into service, and under which conditions.

    `Approvals` takes a word, too: `approval: manual` is `approval: {method: manual}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    method: Method = Field(
        default=Method.AUTOMATIC,
        description="`automatic`, or `manual`: a person has to approve each version.",
    )
    approvers: tuple[str, ...] = Field(
        default=(),
        description="Who may decide: ARNs or names of roles, with `*`; none: whoever IAM lets.",
    )
    four_eyes: bool = Field(
        default=True, description="Whoever brought the training data may not approve."
    )
    expires_after: Duration = Field(
        default="7d", description="How long a version waits for a decision; 90d at most."
    )
    maximum_age: Duration | None = Field(
        default=None, description="An older version may not be approved any more."
    )
    required_gates: tuple[str, ...] = Field(
        default=(),
        description="Metrics of gates that the version must have passed when it was evaluated.",
    )

    @field_validator("approvers")
    @classmethod
    def _could_be_somebody(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            if not _APPROVER.fullmatch(one):
                raise ValueError(f"{one!r} can be neither an ARN nor the name of a role")
        return given

    @field_validator("expires_after")
    @classmethod
    def _ends_some_day(cls, given: str) -> str:
        if seconds(given) > LONGEST_WAIT:
            raise ValueError(f"must be {_LONGEST_TEXT} at most")
        return given

    @property
    def manual(self) -> bool:
        """Whether a person has to approve each version."""
        return self.method is Method.MANUAL


def _of_a_word(given: Any) -> Any:
    return {"method": given} if isinstance(given, str) else given


Approvals = Annotated[
    Approval, BeforeValidator(_of_a_word, json_schema_input_type=Method | Approval)
]


def contradictions(spec: ModelSpec) -> Iterator[Found]:
    """What the section cannot say beside the rest of the spec."""
    section = spec.approval
    meant = Approval()
    conditions = [name for name in _CONDITIONS if getattr(section, name) != getattr(meant, name)]
    if not section.manual and conditions:
        names = ", ".join(conditions)
        yield ("approval",), f"{names} only apply with method manual"
    gated = sorted({gate.metric.value for gate in spec.gates})
    for place, name in enumerate(section.required_gates):
        if name not in gated:
            known = ", ".join(gated) or "none"
            yield (
                ("approval", "required_gates", place),
                f"{name!r} is the metric of no gate of this spec; there are {known}",
            )
