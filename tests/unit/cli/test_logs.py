"""Log lines are read in order, once each, and told in words."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from cli.exits import CommandError, Exit
from cli.logs import Line, Query, moment_before
from cli.outputs import Deployment
from cli.target import Target


class Logs:
    """CloudWatch Logs with one group."""

    def __init__(self, *lines: tuple[int, str]) -> None:
        self.lines = list(lines)

    def get_paginator(self, name: str) -> Any:
        return Pages(getattr(self, name))

    def describe_log_groups(self, logGroupNamePrefix: str) -> list[dict[str, Any]]:
        names = ["/perennial/train", "/perennial/validate", "/elsewhere"]
        found = [name for name in names if name.startswith(logGroupNamePrefix)]
        return [{"logGroups": [{"logGroupName": name} for name in found]}]

    def filter_log_events(self, logGroupName: str, startTime: int) -> list[dict[str, Any]]:
        events = [
            {"timestamp": at, "message": text + "\n", "logStreamName": "a"}
            for at, text in self.lines
            if at >= startTime
        ]
        return [{"events": events[:1]}, {"events": events[1:]}]


class Pages:
    def __init__(self, answer: Any) -> None:
        self.paginate = answer


def query(logs: Logs, part: str = "validate", run_id: str | None = None) -> Query:
    target = Target("Perennial", "us-east-1")
    target._clients["logs"] = logs
    return Query(Deployment(target), part, 0, run_id)


def test_lines_come_in_order_and_once() -> None:
    logs = Logs((2, "second"), (1, "first"), (2, "START RequestId: x"))
    asked = query(logs)
    assert [line.text for line in asked.lines()] == ["first", "second"]
    logs.lines.append((2, "third"))
    assert [line.text for line in asked.lines()] == ["third"]


def test_lines_of_one_run_are_picked() -> None:
    logs = Logs((1, '{"run_id": "abc1"}'), (2, '{"run_id": "def2"}'))
    assert [line.at for line in query(logs, run_id="abc").lines()] == [1]


def test_an_unknown_part_is_not_found_and_the_nearest_is_named() -> None:
    with pytest.raises(CommandError, match="did you mean validate") as caught:
        list(query(Logs(), "validat").lines())
    assert caught.value.code is Exit.NOT_FOUND
    assert "train, validate" in caught.value.advice


def test_a_structured_line_is_told_in_words() -> None:
    fields = {"level": "INFO", "message": "run ended", "timestamp": "t", "model": "wine"}
    line = Line(0, json.dumps(fields))
    assert str(line).endswith("INFO    run ended  model=wine")
    assert line.as_json()["fields"] == fields
    assert Line(0, "plain").as_json()["text"] == "plain"
    assert Line(0, "[1]").as_json()["text"] == "[1]"


@pytest.mark.parametrize(("span", "seconds"), [("90s", 90), ("15m", 900), ("2d", 172800)])
def test_a_span_is_counted_back_from_now(span: str, seconds: int) -> None:
    assert abs(moment_before(span) / 1000 - (time.time() - seconds)) < 5


@pytest.mark.parametrize("span", ["", "1", "h", "-1h", "1.5h", "1w"])
def test_what_is_no_span_is_refused(span: str) -> None:
    with pytest.raises(CommandError) as caught:
        moment_before(span)
    assert caught.value.code is Exit.USAGE
