"""Logs are searched with CloudWatch's filter patterns, page by page."""

import json
import time
from typing import Any

import pytest

from emulator.log_search.json_patterns import PatternError
from emulator.log_search.patterns import compile_pattern
from tests.emulator.deploying import Cloud

LINE = json.dumps(
    {"level": "ERROR", "run": "r-1", "ms": 120, "deep": {"list": [{"x": None}]}, "ok": True}
)


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ("", LINE, True),
        ("ERROR", LINE, True),
        ("ERROR r-1", LINE, True),
        ("ERROR r-2", LINE, False),
        ("?r-2 ?ERROR", LINE, True),
        ("?r-2 ?r-3", LINE, False),
        ("ERROR -r-1", LINE, False),
        ('"two words"', "with two words", True),
        ('"two words"', "two of words", False),
        ("%r-[0-9]%", LINE, True),
        ('{ $.level = "ERROR" }', LINE, True),
        ('{ $.level = "ERR*" }', LINE, True),
        ('{ $.level != "ERROR" }', LINE, False),
        ('{ $.level = "INFO" || $.ms > 100 }', LINE, True),
        ('{ $.level = "ERROR" && ($.ms < 100 || $.ms >= 121) }', LINE, False),
        ("{ $.ms = 120 }", LINE, True),
        ("{ $.deep.list[0].x IS NULL }", LINE, True),
        ("{ $.ok IS TRUE }", LINE, True),
        ("{ $.gone NOT EXISTS }", LINE, True),
        ("{ $.gone = 1 }", LINE, False),
        ('{ $.level = "ERROR" }', "level ERROR", False),
        ("{ $.run = %^r-% }", LINE, True),
    ],
)
def test_pattern_matches_as_documented(pattern: str, line: str, expected: bool) -> None:
    assert compile_pattern(pattern)(line) is expected


@pytest.mark.parametrize("pattern", ["[a, b]", "{ level = 1 }", "{ $.a", "{ $.a = 1 $.b }"])
def test_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern if pattern.endswith(("}", "]")) else pattern + " }")


@pytest.fixture(scope="module")
def group(cloud: Cloud) -> str:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/search")
    now = int(time.time() * 1000)
    for stream in ("one/a", "two/b"):
        logs.create_log_stream(logGroupName="/search", logStreamName=stream)
        events = [
            {"timestamp": now + number // 4, "message": json.dumps({"n": number, "s": stream})}
            for number in range(30)
        ]
        logs.put_log_events(logGroupName="/search", logStreamName=stream, logEvents=events)
    return "/search"


def found(cloud: Cloud, group: str, **request: Any) -> list[str]:
    pages = cloud.client("logs").get_paginator("filter_log_events")
    return [
        event["message"]
        for page in pages.paginate(logGroupName=group, **request)
        for event in page["events"]
    ]


def test_pages_hold_every_event_once(cloud: Cloud, group: str) -> None:
    messages = found(cloud, group, PaginationConfig={"PageSize": 7})
    assert len(messages) == len(set(messages)) == 60


def test_search_by_pattern_and_stream_prefix(cloud: Cloud, group: str) -> None:
    messages = found(cloud, group, filterPattern="{ $.n >= 28 }", logStreamNamePrefix="two/")
    assert [json.loads(each) for each in messages] == [
        {"n": 28, "s": "two/b"},
        {"n": 29, "s": "two/b"},
    ]
