"""A record on its way through: what arrived, and what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from perennial.errors import RowProblem
from perennial.serving.answered import Answered
from perennial.serving.problems import MAX_ERRORS, Problem


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of the stream of rows.

    Attributes:
        shard: the id of its shard.
        sequence_number: its place in the shard; a decimal number, too large for most readers.
        partition_key: what its order is kept by.
        data: the bytes a producer sent.
    """

    shard: str
    sequence_number: str
    partition_key: str
    data: bytes

    @property
    def position(self) -> str:
        """What names it among all records of the stream, however often it is delivered."""
        return f"{self.shard}:{self.sequence_number}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A record that has its prediction.

    Attributes:
        arrival: the record.
        model: the name of its model.
        data: the record for the stream of predictions.
        answered: what is captured; None where another function has captured it.
        milliseconds: how long it took.
    """

    arrival: Arrival
    model: str
    data: bytes
    answered: Answered | None
    milliseconds: float

    @property
    def key(self) -> str:
        """Its partition key, which is the one it arrived with."""
        return self.arrival.partition_key


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that no attempt will ever answer.

    Attributes:
        arrival: the record.
        model: the name of its model; empty where it names none that is deployed.
        problem: what is wrong with it.
    """

    arrival: Arrival
    model: str
    problem: Problem

    @property
    def reason(self) -> str:
        """The code of what is wrong, as the API has it."""
        return self.problem.kind.slug

    def message(self, stream: str) -> str:
        """What is told of it, as JSON: why, and where it lies in the stream; no value of it."""
        document: dict[str, object] = {
            "reason": self.reason,
            "title": self.problem.kind.title,
            "detail": self.problem.detail,
            "stream": stream,
            "shard": self.arrival.shard,
            "sequence_number": self.arrival.sequence_number,
        }
        if self.model:
            document["model"] = self.model
        if self.problem.errors:
            document["errors"] = [_told(error) for error in self.problem.errors[:MAX_ERRORS]]
        return json.dumps(document)


def _told(error: RowProblem) -> dict[str, str]:
    return {"field": error.field[:128], "reason": error.reason}
