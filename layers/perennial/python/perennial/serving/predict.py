"""Answers a prediction request: from API Gateway's event to its response, whatever is in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from perennial.errors import UnknownModel
from perennial.serving.gateway import Call, is_model_name, reply, reply_problem
from perennial.serving.problems import (
    ANSWER_TOO_LARGE,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    UNAVAILABLE,
    UNKNOWN_PATH,
    Problem,
    problem_of,
)
from perennial.serving.rows import read_rows

TYPE_CHECKING = False  # `typing` costs 3 ms to import and is needed by type checkers only
if TYPE_CHECKING:
    from collections.abc import Callable

    from perennial.serving.journal import Journal
    from perennial.serving.ports import Answer
    from perennial.serving.router import Router, Served

RESOURCE = "/v1/models/{model}/predict"
MAX_ANSWER = 6_000_000  # bytes; Lambda carries 6 MiB, with headers and all


class Progress:
    """How far a request has come; what its line in the log is made of."""

    __slots__ = ("model", "rows", "served")

    def __init__(self) -> None:
        self.model = ""  # stays empty until it is known to be deployed
        self.rows = 0
        self.served: Served | None = None


class Endpoint:
    """The predict endpoint of all models."""

    def __init__(self, router: Router, deployed: Callable[[str], bool], journal: Journal) -> None:
        self._router = router
        self._deployed = deployed
        self._journal = journal

    def respond(self, event: Mapping[str, object]) -> dict[str, object]:
        """The proxy response to a proxy event; errors are responses, never exceptions."""
        started = time.perf_counter()
        call = Call(event)
        self._journal.request_id = call.request_id
        progress = Progress()
        slug = None
        try:
            response = self._predict(call, progress)
        except Exception as error:
            problem = problem_of(error)
            slug = problem.kind.slug
            if problem.kind is INTERNAL_ERROR:
                self._journal.failure(error)
            elif problem.kind is UNAVAILABLE:
                self._journal("ERROR", "request cannot be answered now", cause=str(error))
            response = reply_problem(problem, call.request_id)
        self._log(progress, response, slug, started)
        return response

    def _predict(self, call: Call, progress: Progress) -> dict[str, object]:
        model = self._model(call)
        progress.model = model
        rows = read_rows(call)
        progress.rows = len(rows)
        progress.served = served = self._router.served(model)
        answers = served.engine.predict(rows)
        document = {
            "model": model,
            "version": served.version,
            "artifact_digest": served.digest,
            "request_id": call.request_id,
            "predictions": _predictions(answers, call.request_id),
        }
        response = reply(200, document)
        if _carried(str(response["body"])) > MAX_ANSWER:
            raise Problem(ANSWER_TOO_LARGE, f"It has over {MAX_ANSWER} bytes; send fewer rows.")
        return response

    def _model(self, call: Call) -> str:
        if call.resource != RESOURCE:
            raise Problem(UNKNOWN_PATH, f"Predictions are made by POST {RESOURCE}.")
        if call.method != "POST":
            detail = f"Predictions are made by POST {RESOURCE}."
            raise Problem(METHOD_NOT_ALLOWED, detail, headers={"Allow": "POST"})
        model = call.path_model
        if not is_model_name(model) or not self._deployed(model):
            raise UnknownModel("no such model is deployed")
        return model

    def _log(
        self, progress: Progress, response: dict[str, object], slug: str | None, started: float
    ) -> None:
        status = response["statusCode"]
        assert isinstance(status, int)  # noqa: S101  reply() has set it
        self._journal.answered(
            model=progress.model,
            status=status,
            rows=progress.rows,
            milliseconds=(time.perf_counter() - started) * 1e3,
            version=progress.served.version if progress.served else None,
            problem=slug,
        )


def _carried(body: str) -> int:
    """Bytes of a body on its way out of Lambda, where it is a JSON text inside another."""
    return len(body) + body.count('"') + body.count("\\")


def _predictions(answers: Sequence[Answer], request_id: str) -> list[dict[str, object]]:
    """The answers in the order of the rows, each under an id that is never given twice."""
    predictions = []
    for number, answer in enumerate(answers):
        prediction: dict[str, object] = {
            "id": f"{request_id}-{number}",
            "prediction": answer.value,
        }
        if answer.probabilities is not None:
            prediction["probabilities"] = answer.probabilities
        predictions.append(prediction)
    return predictions
