"""Asks a Lambda function and waits for what it says, or hands it something to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perennial.adapters.aws import client, translated
from perennial.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LambdaFunction:
    """One function by name, at the version behind an alias."""

    def __init__(self, name: str, alias: str, lambda_client: LambdaClient | None = None) -> None:
        """Args: name: of the function; alias: which version; lambda_client: of Lambda."""
        made: Any = lambda_client if lambda_client is not None else client("lambda")
        self._lambda, self._name = made, f"{name}:{alias}"

    def __call__(self, event: Mapping[str, object]) -> Mapping[str, Any]:
        """What the function returns for an event.

        Raises:
            Unavailable: Lambda did not answer, or the function broke or returned no document.
        """
        with translated("Lambda", "calling a function"):
            reply = self._lambda.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
            body = reply["Payload"].read()
        if reply.get("FunctionError"):
            raise Unavailable("the function that was asked broke; its own log says why")
        answer = json.loads(body)
        if not isinstance(answer, dict):
            raise Unavailable("the function that was asked returned no document")
        return answer


def hand_over(name: str, event: Mapping[str, object], lambda_client: Any = None) -> None:
    """Have a function called with an event; nobody waits for what comes of it.

    Raises:
        Unavailable: Lambda did not take it.
    """
    calling = lambda_client if lambda_client is not None else client("lambda")
    with translated("Lambda", "handing a call over"):
        calling.invoke(
            FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
