"""What somebody wants scored. Needs next to nothing: the door to scoring reads it too."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from perennial.registry.records import SourceObject


@dataclass(frozen=True, slots=True)
class Request:
    """One file to score.

    Attributes:
        model: whose predictions are wanted.
        run_id: of the scoring; the name of its execution.
        source: exactly the object version that was uploaded.
    """

    model: str
    run_id: str
    source: SourceObject

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """The input of an execution."""
        source = SourceObject(**document["source"])
        return cls(document["model"], document["run_id"], source)

    def to_json(self) -> dict[str, Any]:
        """As the input of an execution."""
        return asdict(self)
