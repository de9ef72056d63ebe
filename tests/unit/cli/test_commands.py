"""Commands print for people and for programs, and end with the code that says how it went."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from perennial.errors import Unavailable
from perennial.registry.records import RunStatus

from cli import run_report
from cli.endpoint import Endpoint
from cli.exits import Exit
from tests.fakes.records import a_route, a_run, a_version, an_event
from tests.unit.cli.conftest import Line

Fail = Callable[[Exception], None]


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetItem")


def test_an_unknown_model_is_not_found_and_the_nearest_is_named(line: Line) -> None:
    result = line("runs", "wien")
    assert result.exit_code == Exit.NOT_FOUND
    assert "did you mean wine?" in result.stderr
    assert result.stdout == ""


def test_usage_mistakes_have_their_own_code(line: Line) -> None:
    for arguments in (["runs"], ["runs", "wine", "--limit", "0"], ["nonsense"], ["up", "--x"]):
        assert line(*arguments).exit_code == Exit.USAGE


def test_runs_are_listed_newest_first(line: Line) -> None:
    for name, second in (("a" * 32, "01"), ("b" * 32, "02")):
        line.registry.create_run(
            a_run(name, model="wine", created_at=f"2026-01-01T00:00:{second}.000Z")
        )
    told = line("runs", "wine")
    assert told.exit_code == Exit.OK
    assert told.stdout.index("b" * 12) < told.stdout.index("a" * 12)
    listed = json.loads(line("runs", "wine", "--json", "--limit", "1").stdout)
    assert [run["run_id"] for run in listed] == ["b" * 32]


def test_a_run_is_found_by_the_beginning_of_its_id(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(run_report, "present", lambda _, run, **__: shown.append(run.run_id))
    for name in ("aa11", "aa22", "bb33"):
        line.registry.create_run(a_run(name, model="wine"))
    assert line("runs", "wine", "bb").exit_code == Exit.OK
    assert shown == ["bb33"]
    assert "2 runs whose id begins with 'aa'" in line("runs", "wine", "aa").stderr
    assert line("runs", "wine", "cc").exit_code == Exit.NOT_FOUND


def test_versions_tell_which_one_is_in_service(line: Line) -> None:
    assert "no version yet" in line("versions", "wine").stdout
    for name in ("a", "b"):
        line.registry.create_run(a_run(name, model="wine", status=RunStatus.RUNNING))
        line.registry.register_version(a_version(name, model="wine"), an_event(model="wine"))
    line.registry.set_route(a_route(1, champion=1, model="wine"), an_event(model="wine"))
    listed = json.loads(line("versions", "wine", "--json").stdout)
    assert [(one["number"], one["in_service"]) for one in listed] == [(2, False), (1, True)]
    assert "in service" in line("versions", "wine").stdout


def test_models_are_listed_with_what_serves_them(line: Line) -> None:
    (listed,) = json.loads(line("models", "--json").stdout)
    assert (listed["name"], listed["champion"], listed["newest_run"]) == ("wine", None, None)
    assert "wine" in line("models").stdout


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (Unavailable("DynamoDB did not answer"), Exit.UNAVAILABLE, "DynamoDB did not answer"),
        (refusal("AccessDenied"), Exit.FAILED, "may not do this"),
        (refusal("ExpiredTokenException"), Exit.FAILED, "Sign in"),
        (NoCredentialsError(), Exit.FAILED, "No AWS credentials"),
        (EndpointConnectionError(endpoint_url="x"), Exit.UNAVAILABLE, "Could not connect"),
        (FileNotFoundError(2, "No such file", "a.csv"), Exit.FAILED, "a.csv: No such file"),
        (KeyError("x"), Exit.FAILED, "PERENNIAL_DEBUG"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, "Stopped."),
    ],
)
def test_an_error_is_a_message_and_no_traceback(
    line: Line, fail: Fail, error: Exception, code: Exit, told: str
) -> None:
    fail(error)
    result = line("runs", "wine")
    assert result.exit_code == code
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_debugging_shows_where_it_happened(
    line: Line, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_DEBUG", "1")
    fail(KeyError("x"))
    assert isinstance(line("runs", "wine").exception, KeyError)


def test_the_target_is_named_on_stderr(line: Line) -> None:
    assert line("models", "--json").stderr.startswith("Target: AWS, region us-east-1")


def test_predictions_are_asked_for_over_http(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def call(self: Endpoint, method: str, path: str, body: object = None) -> dict[str, Any]:
        asked.append((method, path, body))
        answers = [{"prediction": 1.25}, {"prediction": "x", "probabilities": {"x": 0.5}}]
        return {"version": 3, "predictions": answers[:1]}

    monkeypatch.setattr(Endpoint, "of", lambda _: Endpoint("http://here", "key"))
    monkeypatch.setattr(Endpoint, "call", call)
    result = line("predict", "wine", "--row", '{"a": 1}')
    assert result.exit_code == Exit.OK
    assert "1.25" in result.stdout
    assert asked == [("POST", "/v1/models/wine/predict", {"rows": [{"a": 1}]})]
    assert json.loads(line("predict", "wine", "--row", "{}", "--json").stdout)["version"] == 3


def test_the_version_is_shown(line: Line) -> None:
    assert line("--version").stdout.startswith("perennial 0.")
