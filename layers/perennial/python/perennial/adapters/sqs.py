"""An SQS queue that messages are sent to, by functions that may wait for the reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perennial.adapters.aws import client, translated

_MOST = 10  # messages of one request
_MOST_BYTES = 900_000  # of one request; SQS takes a mebibyte


class SqsQueue:
    """`perennial.streaming.batch.Aside` on one queue."""

    def __init__(self, url: str, sqs: Any = None) -> None:
        """Args: url: of the queue; sqs: the client, where it is not the process's own."""
        self._url = url
        self._sqs = sqs if sqs is not None else client("sqs")

    def send(self, messages: Sequence[str]) -> list[bool]:
        """Send messages; whether each of them is stored.

        Raises:
            Unavailable: SQS did not answer.
        """
        stored = [False] * len(messages)
        for places in _requests(messages):
            entries = [{"Id": str(place), "MessageBody": messages[place]} for place in places]
            with translated("SQS", "sending messages"):
                answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
            for told in answer.get("Successful", []):
                stored[int(told["Id"])] = True
        return stored


def _requests(messages: Sequence[str]) -> list[list[int]]:
    """The places of the messages of each request."""
    requests: list[list[int]] = []
    size = 0
    for place, message in enumerate(messages):
        size += len(message.encode())
        if not requests or len(requests[-1]) == _MOST or size > _MOST_BYTES:
            requests.append([])
            size = len(message.encode())
        requests[-1].append(place)
    return requests
