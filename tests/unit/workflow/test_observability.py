"""What a call leaves in the log: constant messages, whose run it was, how it failed."""

from __future__ import annotations

import io
import json
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from perennial.errors import Unforeseen, UnknownModel, UnreadableData
from perennial.observability import about, count, log_error, logger, measure_seconds, observed

FUNCTIONS = Path(__file__).parents[3] / "functions"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", stream)
    yield stream
    logger.clear_state()


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


CONTEXT = SimpleNamespace(aws_request_id="request-1")


def test_every_line_says_whose_it_is(log: io.StringIO) -> None:
    @observed
    def handler(event: dict[str, Any], context: object) -> None:
        logger.info("first")
        logger.info("second")

    handler({"model": "bank", "run_id": "a"}, CONTEXT)
    assert [(e["message"], e["model"], e["run_id"], e["request_id"]) for e in lines(log)] == [
        ("first", "bank", "a", "request-1"),
        ("second", "bank", "a", "request-1"),
    ]


def test_one_call_says_nothing_of_the_one_before(log: io.StringIO) -> None:
    @observed
    def handler(event: dict[str, Any], context: object) -> None:
        logger.info("called")

    handler({"model": "bank", "run_id": "a"}, CONTEXT)
    handler({}, CONTEXT)
    assert "model" not in lines(log)[1]
    assert "run_id" not in lines(log)[1]


def test_a_handler_can_say_later_whose_call_it_is(log: io.StringIO) -> None:
    about(model="bank", run_id=None)
    logger.info("called")
    assert lines(log)[0]["model"] == "bank"


def test_a_failed_call_is_logged_once_and_fails(log: io.StringIO) -> None:
    @observed
    def handler(event: dict[str, Any], context: object) -> None:
        raise UnknownModel("no such model")

    with pytest.raises(UnknownModel):
        handler({"model": "bank"}, CONTEXT)
    failed = [line for line in lines(log) if line["level"] == "ERROR"]
    assert len(failed) == 1
    assert failed[0]["message"] == "call failed"
    assert failed[0]["exception_name"] == "UnknownModel"
    assert failed[0]["model"] == "bank"


def test_the_text_of_an_unforeseen_error_is_told_nowhere(log: io.StringIO) -> None:
    value = "-".join(("jane", "doe"))

    @observed
    def handler(event: dict[str, Any], context: object) -> None:
        raise ValueError(f"cannot convert {value}")

    with pytest.raises(Unforeseen, match=r"^ValueError at .*test_observability\.py") as raised:
        handler({"model": "bank"}, CONTEXT)
    assert value not in "".join(traceback.format_exception(raised.value))
    assert value not in log.getvalue()
    assert lines(log)[0]["exception_name"] == "ValueError"


def test_what_is_behind_an_error_of_ours_is_told_nowhere(log: io.StringIO) -> None:
    """A parser's own error holds the row it stumbled over, and so does the one before it."""
    value = "-".join(("jane", "doe"))

    def parse() -> None:
        try:
            raise ValueError(f"expected 3 values, got 2: {value}")
        except ValueError:
            raise ValueError(f"no number: {value}")  # noqa: B904

    @observed
    def handler(event: dict[str, Any], context: object) -> None:
        try:
            parse()
        except ValueError as error:
            raise UnreadableData("line 5 cannot be read") from error

    with pytest.raises(UnreadableData):
        handler({"model": "bank"}, CONTEXT)
    assert value not in log.getvalue()
    (line,) = lines(log)
    assert (line["exception_name"], line["reason"]) == ("UnreadableData", "line 5 cannot be read")


def test_a_failure_that_is_answered_is_logged_without_the_words_of_others(
    log: io.StringIO,
) -> None:
    value = "-".join(("jane", "doe"))
    log_error("request failed", ValueError(f"no number: {value}"))
    log_error("request failed", UnreadableData("line 5 cannot be read"))
    foreign, own = lines(log)
    assert value not in log.getvalue()
    assert (foreign["message"], foreign["exception_name"]) == ("request failed", "ValueError")
    assert "reason" not in foreign
    assert own["reason"] == "line 5 cannot be read"


@pytest.mark.parametrize(
    "handler", sorted(FUNCTIONS.glob("*/*.py")), ids=lambda one: one.parent.name
)
def test_no_function_logs_an_error_with_its_words(handler: Path) -> None:
    text = handler.read_text(encoding="utf-8")
    assert not re.search(r"exc_info|logger\.exception", text)


def test_a_metric_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    count("RunsEnded", model="bank", status="FAILED")
    measure_seconds("StepSeconds", 1.5, step="train")
    counted, measured = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    directive = counted["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "Perennial"
    assert directive["Dimensions"] == [["model", "status"]]
    assert directive["Metrics"] == [{"Name": "RunsEnded", "Unit": "Count"}]
    assert (counted["model"], counted["status"], counted["RunsEnded"]) == ("bank", "FAILED", [1.0])
    assert measured["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Unit"] == "Seconds"
