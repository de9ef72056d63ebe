"""Answers one record with the model in service, as the endpoint answers a request of one row."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from perennial.errors import NeedsPipelineRuntime, Unavailable
from perennial.serving.answered import Answered
from perennial.serving.journal import Journal
from perennial.serving.models import Models
from perennial.serving.predictions import Prediction
from perennial.serving.problems import ANSWER_TOO_LARGE, INTERNAL_ERROR, Problem, problem_of
from perennial.serving.router import Served
from perennial.streaming.pipelines import Forward, ask
from perennial.streaming.reading import Asked, read
from perennial.streaming.records import Answer, Arrival, Refused

PROTOCOL = "stream"
Answering = Callable[[Arrival], Answer | Refused]
MAX_RECORD = 1_048_576  # bytes Kinesis takes by default, the partition key among them


class Answerer:
    """Answers records; one at a time, for a bad one must not harm its neighbours."""

    def __init__(self, models: Models, journal: Journal, forward: Forward | None = None) -> None:
        """Wire it.

        Args:
            models: finds what serves.
            journal: is told of errors nobody foresaw.
            forward: asks the function that runs users' pipelines.
        """
        self._models = models
        self._journal = journal
        self._forward = forward

    def answer(self, arrival: Arrival) -> Answer | Refused:
        """A prediction, or why there will never be one.

        Raises:
            Unavailable: there is none now; the same record may be answered later.
        """
        model = ""
        try:
            asked = read(arrival.data)
            model = asked.model if self._models.known(asked.model) else ""
            return self._answered(asked, arrival)
        except Unavailable:
            raise
        except Exception as error:
            problem = problem_of(error)
            if problem.kind is INTERNAL_ERROR:
                self._journal.failure(error)
            return Refused(arrival, model, problem)

    def _answered(self, asked: Asked, arrival: Arrival) -> Answer:
        started = time.perf_counter()
        try:
            served = self._models.find(asked.model)
            predictions = served.engine.predict([asked.row])
        except NeedsPipelineRuntime:
            said = ask(self._forward, asked, arrival)
            return Answer(arrival, asked.model, _data(said, asked, arrival), None, 0.0)
        said = _said(asked.model, served, predictions[0])
        position = arrival.position
        answered = Answered(asked.model, served, position, [asked.row], predictions, None, PROTOCOL)
        data = _data(said, asked, arrival)
        return Answer(arrival, asked.model, data, answered, (time.perf_counter() - started) * 1e3)


def _said(model: str, served: Served, prediction: Prediction) -> dict[str, object]:
    said: dict[str, object] = {
        "model": model,
        "version": served.version,
        "artifact_digest": served.digest,
        "prediction": prediction.value,
    }
    if prediction.probabilities is not None:
        said["probabilities"] = prediction.probabilities
    return said


def _data(said: Mapping[str, object], asked: Asked, arrival: Arrival) -> bytes:
    """The record for the stream of predictions.

    Raises:
        ValueError: an output of the model is no finite number.
        Problem: it would be larger than a record can be.
    """
    document = {
        **said,
        "id": asked.id,
        "prediction_id": f"{arrival.position}-0",
        "shard": arrival.shard,
        "sequence_number": arrival.sequence_number,
    }
    data = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    if len(data) + len(arrival.partition_key.encode()) > MAX_RECORD:
        raise Problem(ANSWER_TOO_LARGE, f"It has over {MAX_RECORD} bytes, with its partition key.")
    return data
