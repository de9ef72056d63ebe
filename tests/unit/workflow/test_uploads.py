"""An upload is known with who brought it, as S3's own notification says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import MissingSetting
from perennial.registry.records import SourceObject
from perennial.registry.uploads import notified

NOTIFICATION = Path(__file__).parent / "events" / "s3-notification.json"


def told(**stored: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(NOTIFICATION.read_text())
    event["Records"][0]["s3"]["object"] |= stored
    return event


def test_a_notification_names_the_object_and_the_principal() -> None:
    (request,) = notified(json.dumps(told()))
    assert request.source == SourceObject(
        "data", "incoming/bank/a b+cé.csv", "v1", "b1946ac92492d2347c6235b4d2611184", 184
    )
    assert (request.model, request.trigger) == ("bank", "upload")
    assert request.by == "AROAEXAMPLEEXAMPLE01:ada"


def test_a_notification_that_names_nobody_is_taken_and_says_so() -> None:
    event = told()
    del event["Records"][0]["userIdentity"]
    (request,) = notified(json.dumps(event))
    assert request.by == "s3"


@pytest.mark.parametrize("key", ["incoming/bank/", "runs/bank/x.csv", "incoming/loose.csv"])
def test_what_is_no_upload_to_a_model_starts_nothing(key: str) -> None:
    assert notified(json.dumps(told(key=key))) == []


def test_the_test_message_of_a_new_destination_starts_nothing() -> None:
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "data"}
    assert notified(json.dumps(test)) == []


def test_a_bucket_without_versions_is_refused() -> None:
    event = told()
    del event["Records"][0]["s3"]["object"]["versionId"]
    with pytest.raises(MissingSetting, match="keeps no versions"):
        notified(json.dumps(event))
