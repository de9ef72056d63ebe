"""Talks to the prediction endpoint over HTTP, as any application would."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

# By the kind of problem: what a person at a prompt may do, besides what the problem says itself.
ADVICE = {
    "model-not-trained": "`perennial train MODEL FILE` trains it; `perennial runs MODEL` shows how "
    "trainings ended.",
    "unknown-version": "`perennial versions MODEL` lists them.",
    "unknown-model": "`perennial models` lists what is deployed.",
    "nowhere-to-go": "`perennial versions MODEL` lists what `perennial route` may put in service.",
}
_SECONDS = 35  # API Gateway itself gives up after 29


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The API of a deployment.

    Attributes:
        url: its base, without a slash at the end.
        key: what callers send as `x-api-key`.
    """

    url: str
    key: str

    @classmethod
    def of(cls, deployment: Deployment) -> Endpoint:
        """The endpoint of a deployment, with the key that was made for it."""
        outputs = deployment.serving
        target = deployment.target
        client: APIGatewayClient = target.client("apigateway")
        key = client.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
        if target.emulator is None:
            return cls(outputs["ApiUrl"].rstrip("/"), key)
        # Not every machine resolves names below localhost, so the API is reached by its path.
        stage = urllib.parse.urlsplit(outputs["ApiUrl"]).path.strip("/") or "live"
        path = f"/_aws/execute-api/{outputs['ApiId']}/{stage}"
        return cls(target.emulator.endpoint + path, key)

    def models(self) -> list[dict[str, Any]]:
        """The deployed models, as the API lists them."""
        answer = self.call("GET", "/v1/models")
        return list(answer["models"])

    def model(self, name: str) -> dict[str, Any]:
        """What the API says of one model."""
        return self.call("GET", f"/v1/models/{urllib.parse.quote(name)}")

    def predict(self, model: str, rows: Sequence[Mapping[str, object]]) -> dict[str, Any]:
        """The predictions for some rows."""
        return self.call("POST", self.predict_path(model), {"rows": list(rows)})

    def predict_path(self, model: str) -> str:
        """Where predictions of a model are asked for, below the base."""
        return f"/v1/models/{urllib.parse.quote(model)}/predict"

    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """One request.

        Raises:
            CommandError: the answer is a problem, or there is none.
        """
        request = urllib.request.Request(  # noqa: S310 - an address from our own stacks
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-api-key": self.key, "content-type": "application/json"},
        )
        return sent(request)


def sent(request: urllib.request.Request) -> dict[str, Any]:
    """Send a request; what it is answered with.

    Raises:
        CommandError: the answer is a problem, or there is none.
    """
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            raise problem_of(error.code, error.read()) from error
    except (urllib.error.URLError, TimeoutError) as error:
        raise CommandError(
            f"{request.full_url} does not answer: {getattr(error, 'reason', error)}.",
            code=Exit.UNAVAILABLE,
        ) from error


def problem_of(status: int, body: bytes) -> CommandError:
    """A refused request in the words of the problem document it was answered with."""
    try:
        told = dict(json.loads(body))
    except ValueError:
        told = {}
    message = str(told.get("detail") or told.get("title") or told.get("message") or "no reason")
    places = [_place(one) for one in told.get("errors", [])]
    code = Exit.FAILED
    if status == 404:
        code = Exit.NOT_FOUND
    elif status == 429 or status >= 500:
        code = Exit.UNAVAILABLE
    return CommandError(
        "\n".join([f"The endpoint answered {status}: {message}", *places]),
        advice=ADVICE.get(str(told.get("type", "")).rpartition(":")[2], ""),
        code=code,
    )


def _place(error: Mapping[str, object]) -> str:
    field = f", {error['field']}" if "field" in error else ""
    return f"  row {error.get('row')}{field}: {error.get('reason')}"
