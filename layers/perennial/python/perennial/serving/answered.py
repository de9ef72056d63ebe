"""A prediction request that has been answered: what protocols tell callers and capture keeps."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from perennial.serving.columns import Table
    from perennial.serving.ports import Reason, Served
    from perennial.serving.predictions import Predictions


class Answered:
    """What was asked, which version answered, and what it said."""

    __slots__ = (
        "digest",
        "model",
        "predictions",
        "protocol",
        "reasons",
        "request_id",
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
        """
        self.model = model
        self.version = served.version
        self.digest = served.digest
        self.request_id = request_id
        self.table = table
        self.predictions = predictions
        self.reasons = reasons
        self.protocol = protocol

    @property
    def ids(self) -> list[str]:
        """The name of each prediction, by row; never given twice."""
        return [f"{self.request_id}-{number}" for number in range(len(self.predictions))]
