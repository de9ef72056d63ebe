"""What AWS may answer, in our own words."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from perennial.adapters import dynamodb_table
from perennial.adapters.aws import translated
from perennial.adapters.dynamodb import DynamoRegistry
from perennial.adapters.dynamodb_items import decode, encode
from perennial.adapters.s3 import S3ObjectStore
from perennial.adapters.stepfunctions import StepFunctionsWorkflow
from perennial.errors import Unavailable

from tests.fakes.records import AT, a_run


def refusal(code: str, status: int = 400, **more: Any) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "Anything")  # type: ignore[arg-type]


class Refusing:
    """A client all of whose calls end in an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            self.calls += 1
            raise self.error

        return call


PASSING = [
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("SlowDown", 503),
    refusal("InternalServerError", 500),
    refusal("SomethingNew", 502),
    EndpointConnectionError(endpoint_url="http://localhost"),
    ReadTimeoutError(endpoint_url="http://localhost"),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda e: str(e)[:60])
def test_what_may_pass_is_unavailable_everywhere(error: Exception) -> None:
    client: Any = Refusing(error)
    registry = DynamoRegistry("table", client)
    calls: list[Callable[[], object]] = [
        lambda: registry.run("bank", "a"),
        lambda: registry.runs("bank"),
        lambda: registry.create_run(a_run()),
        lambda: S3ObjectStore(client).read("s3://data/x"),
        lambda: S3ObjectStore(client).write("s3://data/x", b"", "text/plain"),
        lambda: StepFunctionsWorkflow("arn", client).start("a", {}),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()


def test_a_mistake_stays_what_it_is() -> None:
    with pytest.raises(ClientError), translated("S3", "reading"):
        raise refusal("AccessDenied", 403)


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


class Contended(Refusing):
    """Reads find nothing; every transaction is cancelled."""

    def __getattr__(self, name: str) -> Any:
        if name == "transact_write_items":
            return super().__getattr__(name)
        return lambda **given: {"Items": []}


def test_endless_contention_ends_as_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    client: Any = Contended(cancelled("None", "TransactionConflict"))
    with pytest.raises(Unavailable, match="too many at once"):
        DynamoRegistry("table", client).create_run(a_run())
    assert client.calls == dynamodb_table.ATTEMPTS


def test_a_throttled_transaction_is_unavailable_at_once() -> None:
    client: Any = Contended(cancelled("None", "ThrottlingError"))
    with pytest.raises(Unavailable, match="throttled"):
        DynamoRegistry("table", client).create_run(a_run())
    assert client.calls == 1


def test_a_transaction_that_is_wrong_is_not_tried_again() -> None:
    client: Any = Contended(cancelled("ValidationError"))
    with pytest.raises(ClientError):
        DynamoRegistry("table", client).create_run(a_run())
    assert client.calls == 1


@pytest.mark.parametrize("number", [0.0, -0.1, 1 / 3, 1e-17, 1e20, 123456789.123456789, 7])
def test_numbers_come_back_as_they_were(number: float) -> None:
    assert decode(encode(number)) == number


def test_a_number_too_small_for_dynamodb_is_zero() -> None:
    assert decode(encode(5e-324)) == 0


@pytest.mark.parametrize("number", [math.nan, math.inf, 1e300])
def test_a_number_dynamodb_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="DynamoDB holds"):
        encode(number)


def test_a_type_no_record_has_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encode(b"")


def test_an_execution_that_exists_counts_as_started() -> None:
    client: Any = Refusing(refusal("ExecutionAlreadyExists"))
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:train"
    started = StepFunctionsWorkflow(machine, client).start("a", {})
    assert started == "arn:aws:states:eu-central-1:123456789012:execution:train:a"


def test_a_workflow_that_does_not_exist_is_a_mistake() -> None:
    client: Any = Refusing(refusal("StateMachineDoesNotExist"))
    with pytest.raises(ClientError):
        StepFunctionsWorkflow("arn", client).start("a", {"at": AT})
