"""In the emulator, policies see of each item of a transaction which partition it is in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator import condition_keys, seams

SEAMS = (
    "core.iam_actions:dynamodb_service_context",
    "core.iam_actions:dynamodb_transaction_checks",
    "core.iam_actions:s3_service_context",
)


@pytest.fixture
def installed() -> Iterator[None]:
    before = {name: seams.get(name) for name in SEAMS}
    condition_keys.install()
    yield
    for name, old in before.items():
        seams.replace(name, old)


def _item(verb: str, partition: str) -> dict[str, Any]:
    place = {"pk": {"S": partition}, "sk": {"S": "x"}}
    return {verb: {"TableName": "registry", ("Item" if verb == "Put" else "Key"): place}}


def test_each_item_of_a_transaction_is_checked_by_its_own_partition(installed: None) -> None:
    items = [_item("Update", "MODEL#bank"), _item("Put", "HISTORY#bank")]
    body = json.dumps({"TransactItems": items}).encode()
    context = seams.get(SEAMS[0])(body)
    checks = seams.get(SEAMS[1])("dynamodb:TransactWriteItems", body, "eu-central-1", "1")
    seen = [(action, list(context["dynamodb:LeadingKeys"])) for action, _ in checks]
    assert seen == [
        ("dynamodb:UpdateItem", ["MODEL#bank"]),
        ("dynamodb:PutItem", ["HISTORY#bank"]),
    ]


def test_a_write_that_must_not_overwrite_says_so(installed: None) -> None:
    told = seams.get(SEAMS[2])("s3:PutObject", {}, "/b/k", {"if-none-match": "*"})
    assert told["s3:if-none-match"] == "*"
    assert "s3:if-none-match" not in seams.get(SEAMS[2])("s3:PutObject", {}, "/b/k", {})
