"""Writing to CloudWatch Logs, and watching what is written."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from emulator import seams
from emulator.errors import ServiceError

Events = list[dict[str, Any]]


class LogStream:
    """One open log stream in the account and region it was opened in."""

    def __init__(self, account: str, region: str, group: str, stream: str) -> None:
        self._account, self._region = account, region
        self.group: Final = group
        self.name: Final = stream

    def open(self, *, create_group: bool) -> None:
        """Create the stream, and its group when asked to.

        Raises:
            ServiceError: there is no such group.
        """
        with seams.scope(self._account, self._region):
            groups = seams.get("services.cloudwatch_logs:_log_groups")
            if self.group not in groups:
                if not create_group:
                    raise ServiceError(
                        "ResourceNotFoundException", "The specified log group does not exist."
                    )
                _call("services.cloudwatch_logs:_create_log_group", logGroupName=self.group)
            _call(
                "services.cloudwatch_logs:_create_log_stream",
                logGroupName=self.group,
                logStreamName=self.name,
            )

    def write(self, lines: list[str]) -> None:
        """Append lines, stamped now."""
        now = int(time.time() * 1000)
        with seams.scope(self._account, self._region):
            _call(
                "services.cloudwatch_logs:_put_log_events",
                logGroupName=self.group,
                logStreamName=self.name,
                logEvents=[{"timestamp": now, "message": line} for line in lines],
            )


def watch(reader: Callable[[Events], None]) -> None:
    """Show `reader` every event that reaches any log group, in the writer's scope."""

    def append(stream: dict[str, Any], events: Events) -> None:
        for event in events:  # those of functions have none
            event.setdefault("eventId", uuid.uuid4().hex)
        original(stream, events)
        reader(events)

    original = seams.replace("services.cloudwatch_logs:_append_log_events", append)


def _call(seam: str, **data: object) -> None:
    status, _, body = seams.get(seam)(data)
    if status >= 400:
        told = json.loads(body)
        raise ServiceError(told.get("__type", "Error"), told.get("message", ""))
