"""Has another Lambda function called later: an asynchronous Invoke, without waiting for the reply.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

from perennial.adapters.lean import Client
from perennial.adapters.lean_sender import REPLY_SECONDS, LeanSender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 1_000_000  # of an event; Lambda takes 1 MB
_HEADERS = {"content-type": "application/json", "x-amz-invocation-type": "Event"}


class LeanEvents(LeanSender):
    """The queue of events in front of one function. Its methods neither block nor raise."""

    def __init__(
        self,
        function: str,
        lost: Callable[[str, str], None],
        client: Client | None = None,
    ) -> None:
        """Begin to connect.

        Args:
            function: its name.
            lost: is told the model of an event that was dropped, and why.
            client: says where Lambda is and who signs.
        """
        client = client or Client("lambda", read_timeout=REPLY_SECONDS)
        super().__init__(client, f"/2015-03-31/functions/{function}/invocations", _HEADERS, lost)

    def send(self, text: str, model: str) -> None:
        """Put an event on the wire; one that Lambda would not take is lost at once."""
        body = text.encode()
        if len(body) > MOST_BYTES:
            self._lost(model, "the event is larger than Lambda takes")
        else:
            self.post(body, model)
