"""Searching logs: filter patterns in full, and answers in pages."""

import base64
import json
from typing import Any, Final

from emulator import seams
from emulator.log_search.json_patterns import PatternError
from emulator.log_search.patterns import compile_pattern

_LARGEST: Final = 10_000

Response = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Match patterns and page through events as CloudWatch Logs does."""
    seams.replace("services.cloudwatch_logs:_compile_filter_pattern", compile_pattern)
    seams.replace("services.cloudwatch_logs:_subscription_pattern_matches", _delivered)

    def search(data: dict[str, Any]) -> Response:
        try:
            return _page(data, original)
        except PatternError as error:
            body = {"__type": "InvalidParameterException", "message": str(error)}
            return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()

    original = seams.replace("services.cloudwatch_logs:_filter_log_events", search)


def _delivered(pattern: str | None, message: str) -> bool:
    try:
        return compile_pattern(pattern or "")(message)
    except PatternError:
        return False


def _page(data: dict[str, Any], search: Any) -> Response:
    """One page; its token says at which moment it ended, and how many of its events it had."""
    limit = min(int(data.get("limit") or _LARGEST), _LARGEST)
    asked = {**data, "limit": _LARGEST}
    skip = 0
    if data.get("nextToken"):
        asked["startTime"], skip = json.loads(base64.b64decode(data["nextToken"]))
    if data.get("logStreamNamePrefix"):
        asked["logStreamNames"] = _streams(data) or [""]
    response: Response = search(asked)
    if response[0] != 200:
        return response
    told = json.loads(response[2])
    found = told["events"][skip:]
    told["events"] = found[:limit]
    if len(found) > limit or len(told["events"]) + skip == _LARGEST:
        last = told["events"][-1]["timestamp"]
        seen = sum(event["timestamp"] == last for event in told["events"])
        if asked.get("startTime") == last:
            seen += skip
        told["nextToken"] = base64.b64encode(json.dumps([last, seen]).encode()).decode()
    return response[0], response[1], json.dumps(told).encode()


def _streams(data: dict[str, Any]) -> list[str]:
    name = data.get("logGroupName") or str(data.get("logGroupIdentifier")).split(":")[-1]
    group = seams.get("services.cloudwatch_logs:_log_groups").get(name) or {"streams": {}}
    return [each for each in group["streams"] if each.startswith(data["logStreamNamePrefix"])]
