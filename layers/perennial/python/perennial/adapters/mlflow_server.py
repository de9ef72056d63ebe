"""An MLflow tracking server over its REST API (https://mlflow.org/docs/latest/rest-api.html)."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from perennial.adapters.aws import client, translated
from perennial.errors import Unavailable
from perennial.registry.tracked import Point, TrackedRun

_API = "/api/2.0/mlflow/"
_SECONDS = 10  # for one call
_LONGEST_ANSWER = 1 << 20  # bytes
_OURS, _WHOLE = "perennial.run_id", "perennial.whole"
# Of one call to `runs/log-batch`, which takes a thousand in all.
_METRICS, _PARAMETERS, _TAGS = 800, 100, 100


def authorization_of(secret: str, secrets: Any = None) -> str:
    """What to send as `Authorization`, from a secret of Secrets Manager.

    The secret is a token, or JSON with `username` and `password`.

    Args:
        secret: its name or ARN.
        secrets: the client, where it is not the process's own.

    Raises:
        Unavailable: Secrets Manager does not answer.
    """
    service = secrets if secrets is not None else client("secretsmanager")
    with translated("Secrets Manager", "reading the token of the tracking server"):
        text = str(service.get_secret_value(SecretId=secret)["SecretString"]).strip()
    try:
        told = json.loads(text)
        pair = f"{told['username']}:{told['password']}"
    except (ValueError, KeyError, TypeError):
        return f"Bearer {text}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like another: urllib would send the token on, wherever it leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Go nowhere."""


_OPENER = urllib.request.build_opener(_NoRedirects)


class MlflowServer:
    """`perennial.portable.tracking.TrackingServer` over HTTP."""

    def __init__(self, url: str, authorization: str = "") -> None:
        """Args: url: of the server, without a path of the API; authorization: to send, if any."""
        self._url = url.rstrip("/") + _API
        self._headers = {"Content-Type": "application/json"}
        if authorization:
            self._headers["Authorization"] = authorization

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made where there is none."""
        query = "experiments/get-by-name?" + urllib.parse.urlencode({"experiment_name": name})
        try:
            return str(self._call("GET", query)["experiment"]["experiment_id"])
        except _Refused as error:
            if error.code != "RESOURCE_DOES_NOT_EXIST":
                raise
        try:
            return str(self._call("POST", "experiments/create", {"name": name})["experiment_id"])
        except _Refused as error:
            if error.code != "RESOURCE_ALREADY_EXISTS":
                raise
            return str(self._call("GET", query)["experiment"]["experiment_id"])

    def known(self, experiment_id: str, run_id: str) -> str | None:
        """The server's own id of the run tagged with ours that is whole; None without one."""
        wanted = f"tags.`{_OURS}` = '{run_id}' and tags.`{_WHOLE}` = 'true'"
        asked = {"experiment_ids": [experiment_id], "filter": wanted, "max_results": 1}
        for run in self._call("POST", "runs/search", asked).get("runs") or ():
            return str(run["info"]["run_id"])
        return None

    def record(self, experiment_id: str, run: TrackedRun, parent: str | None) -> str:
        """Write a run, whole; returns the server's id of it.

        One that broke off is left behind as running, and is not found by `known`.
        """
        tags = run.tags | {_OURS: run.run_id, "mlflow.source.name": "perennial"}
        if parent is not None:
            tags |= {"mlflow.parentRunId": parent}
        made = self._call(
            "POST",
            "runs/create",
            {
                "experiment_id": experiment_id,
                "run_name": run.name,
                "start_time": run.started,
                "tags": _pairs({"mlflow.user": run.user}),
            },
        )
        own = str(made["run"]["info"]["run_id"])
        for batch in _batches(run, tags):
            self._call("POST", "runs/log-batch", {"run_id": own, **batch})
        ended = {"status": "FINISHED" if run.finished else "FAILED", "end_time": run.ended}
        self._call("POST", "runs/update", {"run_id": own, **ended})
        whole = {"run_id": own, "key": _WHOLE, "value": "true"}
        self._call("POST", "runs/set-tag", whole)
        return own

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  http and https only, by the setting
            self._url + path, data=data, headers=self._headers, method=method
        )
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                return dict(json.loads(answer.read(_LONGEST_ANSWER) or b"{}"))
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error) from None
        except (OSError, ValueError) as error:
            kind = type(getattr(error, "reason", error)).__name__
            raise Unavailable(f"the MLflow tracking server did not answer: {kind}") from None


class _Refused(Unavailable):
    """The server does not take a call; `code` is MLflow's name for why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the MLflow tracking server answered {status} {code}".rstrip())
        self.code = code


def _refused(error: urllib.error.HTTPError) -> _Refused:
    try:
        code = str(json.loads(error.read(_LONGEST_ANSWER)).get("error_code", ""))
    except (OSError, ValueError, AttributeError):
        code = ""
    return _Refused(error.code, code)


def _batches(run: TrackedRun, tags: dict[str, str]) -> Iterator[dict[str, object]]:
    """Everything of a run, in as many calls as the API's limits make of it."""
    metrics = [_metric(point, run.ended) for point in run.metrics]
    parameters, marks = _pairs(run.parameters), _pairs(tags)
    while metrics or parameters or marks:
        yield {
            "metrics": metrics[:_METRICS],
            "params": parameters[:_PARAMETERS],
            "tags": marks[:_TAGS],
        }
        metrics, parameters, marks = metrics[_METRICS:], parameters[_PARAMETERS:], marks[_TAGS:]


def _metric(point: Point, at: int) -> dict[str, object]:
    return {"key": point.name, "value": point.value, "timestamp": at, "step": point.step}


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": name, "value": value} for name, value in values.items()]
