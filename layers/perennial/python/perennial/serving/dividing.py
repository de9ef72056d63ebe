"""Answers a request while a rollout is under way: by the champion, the challenger, or by both.

Nobody gets an error because of a rollout. What the challenger cannot answer, for whatever reason,
the champion answers, and it is counted against the challenger.
"""

from __future__ import annotations

import time

from perennial.errors import NeedsPipelineRuntime, PerennialError, Unavailable, origin
from perennial.serving.answering import answer_of, carried, rows_of
from perennial.serving.problems import problem_of
from perennial.serving.protocols.native import document_of_both
from perennial.serving.router import CHALLENGER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perennial.serving.answered import Answered
    from perennial.serving.columns import Table
    from perennial.serving.gateway import Call
    from perennial.serving.ports import Protocol, Served
    from perennial.serving.predict import Endpoint, Progress, Response
    from perennial.serving.split import Split


class Division:
    """One request on its way through a rollout."""

    def __init__(
        self, endpoint: Endpoint, protocol: Protocol, call: Call, progress: Progress, split: Split
    ) -> None:
        """Args: as the endpoint has them; the version that serves is the champion."""
        assert progress.served is not None  # noqa: S101  the endpoint has found it
        self._endpoint = endpoint
        self._protocol = protocol
        self._call = call
        self._progress = progress
        self._split = split
        self._champion = progress.served
        self._table: Table | None = None
        self._spoken = ""

    def response(self, spoken: str) -> Response:
        """The response to the request.

        Args:
            spoken: the protocol, by its module. Our own is the only one whose body names
                entities, and its rows are read alike for every version.

        Raises:
            Problem, PerennialError: the champion cannot answer either.
        """
        self._spoken = spoken
        if spoken == "native":
            self._table = self._rows(self._champion)
        picks = self._picks()
        if not any(picks):
            return self._by_champion()
        numbers = [number for number, pick in enumerate(picks) if not pick]
        try:
            champions = self._part(self._champion, numbers) if numbers else None
        except Exception:
            return self._by_champion()  # says what is wrong, and with which row of all
        try:
            return self._by_both(champions, picks) if champions else self._by_challenger()
        except NeedsPipelineRuntime as error:
            return self._elsewhere(error)
        except Exception as error:
            return self._rescued(error)

    def _picks(self) -> list[bool]:
        """Whether the challenger answers: for each row, or once for all of them."""
        entities = self._call.entities
        if isinstance(entities, list):
            return [self._split.draws(entity) for entity in entities]
        if self._call.assigned:
            return [self._call.assigned == CHALLENGER]
        if entities is None:
            return [self._split.next_turn()]
        return [self._split.draws(entities)]

    def _rows(self, served: Served) -> Table:
        if self._table is not None:
            return self._table
        table = rows_of(self._protocol, self._call, served)
        self._progress.rows = len(table)
        return table

    def _by_champion(self) -> Response:
        self._progress.compared = True
        self._progress.timed = not self._split.loaded_since(self._progress.started)
        response = self._by(self._champion, self._split.id)
        shadow = self._endpoint.shadow
        if shadow is not None and self._split.shadow is not None:
            shadow(self._call.event, self._call.path_model, self._split.routed)
        return response

    def _by_challenger(self) -> Response:
        response = self._by(self._challenger(), self._split.id)
        self._progress.compared = True
        self._progress.timed = not self._split.loaded_since(self._progress.started)
        return response

    def _challenger(self) -> Served:
        """The challenger, and what loading it took."""
        began = time.perf_counter()
        try:
            return self._split.challenger()
        finally:
            self._progress.loading = time.perf_counter() - began

    def _by(self, served: Served, rollout_id: str) -> Response:
        answered = answer_of(self._call, served, self._rows(served), self._spoken, rollout_id)
        response = carried(self._protocol.document(answered, self._call))
        self._progress.served = served
        self._endpoint.keep(answered, self._progress)
        return response

    def _by_both(self, champions: Answered, picks: list[bool]) -> Response:
        """Each row by the version that answers for its entity, and all of them in order."""
        numbers = [number for number, pick in enumerate(picks) if pick]
        parts = (champions, self._part(self._challenger(), numbers))
        response = carried(document_of_both(parts, self._call))
        for part in parts:
            self._endpoint.keep(part, self._progress)
            self._count(part.version, len(part.predictions), failed=False)
        return response

    def _part(self, served: Served, numbers: list[int]) -> Answered:
        table: Any = self._table
        rows = [table[number] for number in numbers]
        answered = answer_of(self._call, served, rows, self._spoken, self._split.id)
        return answered.as_part(numbers, len(table))

    def _elsewhere(self, error: NeedsPipelineRuntime) -> Response:
        """The answer of the function that runs pipelines, which has the champion as well."""
        try:
            event = {**self._call.event, "assigned": CHALLENGER}
            response = self._endpoint.forwarded(event)
        except Exception as refused:
            return self._rescued(refused)
        if int(str(response.get("statusCode", 500))) >= 500:
            return self._rescued(Unavailable(f"{error}, and could not be asked"))
        self._progress.told = True
        return response

    def _rescued(self, error: Exception) -> Response:
        """The champion's answer; a challenger has failed unless both refuse what the caller sent.

        It counts for the model alone: those a challenger failed for are no sample of all.
        """
        self._progress.served = self._champion
        failed = problem_of(error).kind.status >= 500
        try:
            response = self._by(self._champion, "")
            failed = True
            return response
        finally:
            challenger = self._split.routed.challenger
            if challenger is not None:
                self._count(challenger.number, self._progress.rows, failed=failed)
                if failed:
                    self._endpoint.journal(
                        "ERROR",
                        "the challenger cannot answer, the champion does",
                        model=self._call.path_model,
                        version=challenger.number,
                        cause=str(error) if isinstance(error, PerennialError) else origin(error),
                    )

    def _count(self, version: int, rows: int, *, failed: bool) -> None:
        self._endpoint.journal.counted(
            model=self._call.path_model,
            version=version,
            rows=rows,
            failed=failed,
            milliseconds=None,
        )
