"""A prediction request that has been answered: what protocols tell callers and capture keeps."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from perennial.serving.columns import Table
    from perennial.serving.entities import Entities
    from perennial.serving.ports import Reason, Served
    from perennial.serving.predictions import Predictions


class Answered:
    """What was asked, which version answered, and what it said."""

    __slots__ = (
        "digest",
        "entities",
        "model",
        "numbers",
        "predictions",
        "protocol",
        "reasons",
        "request_id",
        "role",
        "rollout_id",
        "rows",
        "table",
        "version",
    )

    def __init__(
        self,
        model: str,
        served: Served,
        request_id: str,
        table: Table,
        predictions: Predictions,
        reasons: Sequence[Reason] | None,
        protocol: str = "native",
        *,
        entities: Entities = None,
        rollout_id: str = "",
    ) -> None:
        """Collect an answer.

        Args:
            model: its name.
            served: what answered.
            request_id: names the request.
            table: what was asked.
            predictions: one for each row.
            reasons: one for each row, or None where the caller asked for none.
            protocol: the module that speaks for the path.
            entities: whom or what the rows are about, as far as the caller said.
            rollout_id: the rollout that this answer counts for; empty where it counts for none.
        """
        self.model = model
        self.version = served.version
        self.digest = served.digest
        self.request_id = request_id
        self.table = table
        self.predictions = predictions
        self.reasons = reasons
        self.protocol = protocol
        self.role = served.role
        self.entities = entities
        self.rollout_id = rollout_id
        self.numbers: Sequence[int] | None = None  # in the request; None where these are all
        self.rows = len(predictions)  # of the whole request

    def as_part(self, numbers: Sequence[int], rows: int) -> Answered:
        """The same, as an answer to some rows of a request.

        Args:
            numbers: places of these rows among all.
            rows: of the whole request.
        """
        self.numbers = numbers
        self.rows = rows
        if isinstance(self.entities, list):
            self.entities = [self.entities[number] for number in numbers]
        return self

    @property
    def ids(self) -> list[str]:
        """The name of each prediction, by row; never given twice."""
        numbers = self.numbers or range(len(self.predictions))
        return [f"{self.request_id}-{number}" for number in numbers]
