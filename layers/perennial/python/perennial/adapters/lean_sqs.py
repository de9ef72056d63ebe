"""Sends messages to an SQS queue without waiting for the reply."""

from __future__ import annotations

import json

from perennial.adapters.lean import Client
from perennial.adapters.lean_sender import REPLY_SECONDS, LeanSender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.SendMessage",
}


class LeanQueue(LeanSender):
    """One queue. Its methods neither block nor raise."""

    def __init__(
        self,
        url: str,
        lost: Callable[[str, str], None],
        client: Client | None = None,
    ) -> None:
        """Begin to connect.

        Args:
            url: of the queue.
            lost: is told the model of a message that was dropped, and why.
            client: says where SQS is and who signs.
        """
        client = client or Client("sqs", read_timeout=REPLY_SECONDS)
        super().__init__(client, "/", _HEADERS, lost)
        self._head = f'{{"QueueUrl":{json.dumps(url)},"MessageBody":'

    def send(self, text: str, model: str) -> None:
        """Put a message on the wire; `text` is ASCII that SQS takes (no control characters)."""
        self.post(f"{self._head}{json.dumps(text)}}}".encode(), model)
