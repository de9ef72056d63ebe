"""What has happened cannot be changed unseen, and leads from data to what serves and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from perennial.adapters.s3_files import S3Files
from perennial.adapters.s3_versions import S3Versions
from perennial.provenance.anchors import anchors
from perennial.provenance.audit import Audit, audit
from perennial.provenance.findings import Kind
from perennial.provenance.lineage import Lineage, answering
from perennial.registry.layout import heads_prefix, uri
from perennial.registry.timeline import service_at

from tests.e2e.command import command
from tests.e2e.platform import Platform, until
from tests.e2e.test_permissions import acting_as

MODEL = "wine"
WRITERS = ["trigger", "register", "route", "conclude", "control", "react"]
TELL_NOTHING = ["trigger", "validate", "conclude", "audit"]
TAMPERED = "perennial-history-tampered"


@pytest.fixture(scope="module")
def trained(platform: Platform, wine: bytes) -> Platform:
    """The platform with a version of the model, whose head is anchored."""
    if platform.registry.route(MODEL) is None:
        platform.train(MODEL, wine)
    done = platform.client("lambda").invoke(FunctionName="perennial-anchor", Payload=b"{}")
    assert "FunctionError" not in done, done["Payload"].read()
    return platform


def audited(platform: Platform) -> Audit:
    versions = S3Versions(platform.client("s3"))
    known = anchors(MODEL, versions, platform.outputs["ArtifactBucketName"])
    return audit(MODEL, platform.registry, known)


def audited_by_itself(platform: Platform) -> int:
    """How many findings the function has that is called by schedule."""
    done = platform.client("lambda").invoke(FunctionName="perennial-audit", Payload=b"{}")
    answer = json.load(done["Payload"])
    assert "FunctionError" not in done, answer
    assert answer["unfinished"] == []
    found: int = answer["findings"]
    return found


def goes_on(platform: Platform, alarm: str) -> bool:
    (found,) = platform.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return bool(found["StateValue"] == "ALARM")


def first_event(platform: Platform) -> dict[str, Any]:
    key = {"pk": {"S": f"HISTORY#{MODEL}"}, "sk": {"S": f"EVENT#{1:010d}"}}
    table = platform.outputs["TableName"]
    item: dict[str, Any] = platform.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return item


@contextmanager
def put_in_place(platform: Platform, item: dict[str, Any]) -> Iterator[None]:
    """With another first event, written by somebody with all rights."""
    present, dynamodb = first_event(platform), platform.client("dynamodb")
    dynamodb.put_item(TableName=platform.outputs["TableName"], Item=item)
    yield
    dynamodb.put_item(TableName=platform.outputs["TableName"], Item=present)


def test_the_history_of_a_deployed_model_is_whole_and_anchored(trained: Platform) -> None:
    done = audited(trained)
    assert done.passed, done.findings
    assert done.first_sealed == 1
    assert done.anchors >= 1


@pytest.mark.parametrize("function", WRITERS)
def test_no_function_may_update_or_delete_what_has_happened(
    trained: Platform, function: str
) -> None:
    dynamodb: Any = acting_as(trained, function, "dynamodb")
    event = first_event(trained)
    key, table = {"pk": event["pk"], "sk": event["sk"]}, trained.outputs["TableName"]
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.delete_item(TableName=table, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET #by = :by",
            ExpressionAttributeNames={"#by": "by"},
            ExpressionAttributeValues={":by": {"S": "nobody"}},
        )
    assert first_event(trained) == event


@pytest.mark.parametrize("function", TELL_NOTHING)
def test_who_tells_nothing_may_not_add_a_line(trained: Platform, function: str) -> None:
    dynamodb: Any = acting_as(trained, function, "dynamodb")
    line = first_event(trained) | {"sk": {"S": f"EVENT#{999_999:010d}"}}
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.put_item(TableName=trained.outputs["TableName"], Item=line)


def test_the_head_of_a_history_is_neither_replaced_nor_removed(trained: Platform) -> None:
    s3: Any = acting_as(trained, "anchor", "s3")
    bucket = trained.outputs["ArtifactBucketName"]
    (head, *_) = S3Files(trained.client("s3")).listed(uri(bucket, heads_prefix(MODEL)))
    key = head.uri.partition(f"{bucket}/")[2]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"forged")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"forged", IfNoneMatch="*")


def test_an_edited_event_is_found_by_the_command(trained: Platform, state: Path) -> None:
    edited = first_event(trained) | {"by": {"S": "mallory"}}
    with put_in_place(trained, edited):
        assert [one.kind for one in audited(trained).findings] == [Kind.EDITED_EVENT]
        code, found = command(state, "audit", MODEL)
    assert code == 11, found
    (told,) = found
    assert [one["where"] for one in told["findings"]] == ["event 1"]
    assert audited(trained).passed


def test_tampering_is_found_without_a_person_and_raises_an_alarm(trained: Platform) -> None:
    before = audited_by_itself(trained)
    with put_in_place(trained, first_event(trained) | {"by": {"S": "mallory"}}):
        assert audited_by_itself(trained) == before + 1
        until(lambda: goes_on(trained, TAMPERED), "the alarm to go on", 120)
    assert audited_by_itself(trained) == before


def test_what_served_is_known_for_any_moment(trained: Platform) -> None:
    route = trained.registry.route(MODEL)
    served = service_at(MODEL, route.changed_at, trained.registry)
    assert served is not None
    assert served.differs(route) == []
    assert service_at(MODEL, "2020-01-01T00:00:00.000Z", trained.registry) is None


def test_an_uploaded_file_leads_to_what_serves_and_back(trained: Platform) -> None:
    files = S3Files(trained.client("s3"))
    number = trained.registry.route(MODEL).champion.number
    run = trained.registry.run(MODEL, trained.registry.version(MODEL, number).run_id)
    forward = Lineage(trained.registry, files).of_source(uri(run.source.bucket, run.source.key))
    assert f"{MODEL} version {number}" in [node.label for node in answering(forward)]
    back = Lineage(trained.registry, files).of_version(MODEL, number)
    assert run.source.key in [node.label for node in back.nodes.values()]
    assert back.notes == []
