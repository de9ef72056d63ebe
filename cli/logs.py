"""Reads log groups, a line at a time, as records."""

from __future__ import annotations

import difflib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.exits import CommandError, Exit
from cli.outputs import Deployment

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Written by the Lambda runtime around every call; our own lines say all there is to say.
_RUNTIME = re.compile(r"^(START RequestId|END RequestId|REPORT RequestId|INIT_START)")
_SHOWN_APART = ("message", "level", "timestamp", "location", "service", "_aws")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log.

    Attributes:
        at: when it was written, in milliseconds since the epoch.
        text: the line as it was written.
    """

    at: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """The line as JSON; a line that is JSON itself becomes its fields."""
        try:
            content = json.loads(self.text)
        except ValueError:
            content = self.text
        return {"at": datetime.fromtimestamp(self.at / 1000).astimezone().isoformat()} | (
            {"fields": content} if isinstance(content, dict) else {"text": self.text}
        )

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.at / 1000).astimezone().strftime("%H:%M:%S.%f")[:-3]
        fields = self.as_json().get("fields")
        if not isinstance(fields, dict) or "message" not in fields:
            return f"{when}  {self.text}"
        rest = "  ".join(
            f"{name}={value}" for name, value in fields.items() if name not in _SHOWN_APART
        )
        return f"{when}  {fields.get('level', ''):<7} {fields['message']}  {rest}".rstrip()


@dataclass
class Query:
    """Lines of one part's log since a moment.

    Attributes:
        deployment: where.
        part: a function's name, or `train`.
        since: milliseconds since the epoch.
        run_id: the beginning of a run's id, to see its lines only.
    """

    deployment: Deployment
    part: str
    since: int
    run_id: str | None = None
    _seen: set[tuple[str, int, str]] = field(default_factory=set)

    def lines(self) -> Iterator[Line]:
        """The lines there are now, those not given before.

        Raises:
            CommandError: there is no such part.
        """
        client: CloudWatchLogsClient = self.deployment.target.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=self._group(client), startTime=self.since
        )
        events = [event for page in pages for event in page["events"]]
        for event in sorted(events, key=lambda event: event["timestamp"]):
            text = event["message"].rstrip()
            place = (event["logStreamName"], event["timestamp"], event["message"])
            if place in self._seen or not self._wanted(text):
                continue
            self._seen.add(place)
            self.since = max(self.since, event["timestamp"])
            yield Line(event["timestamp"], text)

    def follow(self) -> Iterator[Line]:
        """The lines there are now, and those that come, without end."""
        while True:
            yield from self.lines()
            time.sleep(self.deployment.target.patience)

    def _wanted(self, text: str) -> bool:
        return not _RUNTIME.match(text) and (self.run_id is None or self.run_id in text)

    def _group(self, client: CloudWatchLogsClient) -> str:
        prefix = f"/{self.deployment.target.prefix.lower()}/"
        pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
        if prefix + self.part in names:
            return prefix + self.part
        parts = sorted(name.removeprefix(prefix) for name in names)
        near = difflib.get_close_matches(self.part, parts, n=1)
        raise CommandError(
            f"Nothing called {self.part!r} has a log"
            + (f"; did you mean {near[0]}?" if near else "."),
            advice=f"There are: {', '.join(parts) or 'none; nothing is deployed'}.",
            code=Exit.NOT_FOUND,
        )


def moment_before(span: str) -> int:
    """The moment a span such as `15m` ago, in milliseconds since the epoch.

    Raises:
        CommandError: it is no span.
    """
    told = re.fullmatch(r"(\d+)([smhd])", span)
    if not told:
        raise CommandError(
            f"--since {span!r} is no span of time; write 90s, 15m, 6h or 2d.", code=Exit.USAGE
        )
    return int((time.time() - int(told[1]) * _UNITS[told[2]]) * 1000)
