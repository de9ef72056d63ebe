"""Who sent a request, where events and conditions name them and MiniStack does not.

An event of S3 says which principal changed the object (`userIdentity.principalId`), by the same
unique id that API Gateway reports as `caller`; and a policy may allow items of a table by their
partition (`dynamodb:LeadingKeys`).
"""

import contextvars
import json
from collections.abc import Iterator
from typing import Any

from emulator import seams

_principal: contextvars.ContextVar[str] = contextvars.ContextVar("principal", default="")


def install() -> None:
    """Remember the caller of each request, and tell S3's events and DynamoDB's conditions."""
    _remember_callers()
    _name_uploaders()
    _name_partitions()


def _remember_callers() -> None:
    def pin(headers: dict[str, str], query_params: dict[str, Any] | None = None) -> None:
        key = seams.get("core.router:extract_access_key_id")(headers or {}, query_params or {})
        known = seams.get("core.iam_evaluator:resolve_caller_identity")(key) if key else None
        _principal.set(str((known or {}).get("userId") or ""))
        original(headers, query_params)

    original = seams.replace("core.iam_evaluator:pin_request_caller", pin)


def _name_uploaders() -> None:
    def fire(*given: object, record_extra: dict[str, Any] | None = None, **named: object) -> None:
        # The root of an account is the account itself, as in IAM's `aws:userid`.
        who = {"userIdentity": {"principalId": f"AWS:{_principal.get()}"}}
        original(
            *given,
            record_extra={**(who if _principal.get() else {}), **(record_extra or {})},
            **named,
        )

    original = seams.replace("services.s3:_fire_s3_event", fire)


def _name_partitions() -> None:
    def context(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = original(body)
        keys = sorted({*_partitions(body)})
        return {**found, "dynamodb:LeadingKeys": keys} if keys else found

    original = seams.replace("core.iam_actions:dynamodb_service_context", context)


def _partitions(body: bytes) -> Iterator[str]:
    """The partitions a request names: of a key, of an item, or of a query's condition."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return
    if not isinstance(asked, dict):
        return
    for place in ("Key", "Item"):
        yield from _text((asked.get(place) or {}).get("pk"))
    values = asked.get("ExpressionAttributeValues") or {}
    if "KeyConditionExpression" in asked:
        yield from _text(values.get(":pk"))
    for action in asked.get("TransactItems") or []:
        for one in action.values():
            yield from _text({**one.get("Key", {}), **one.get("Item", {})}.get("pk"))


def _text(attribute: object) -> Iterator[str]:
    if isinstance(attribute, dict) and isinstance(attribute.get("S"), str):
        yield attribute["S"]
