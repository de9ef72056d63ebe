"""Condition keys of IAM policies, as AWS has them where MiniStack has none or too many.

Each item of a transaction is checked by its own partition (`dynamodb:LeadingKeys`), and a write
that must not overwrite says so (`s3:if-none-match`).
"""

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from emulator import seams

_LEADING = "dynamodb:LeadingKeys"
_PARTITION = "pk"  # of the registry's table; another table's leading keys are not known
# The list in the context of the request being checked; a transaction changes what is in it.
_of_request: ContextVar[list[str] | None] = ContextVar("leading_keys", default=None)


def install() -> None:
    """Put the keys into the contexts that policies are evaluated in."""
    _lead_items()
    _say_what_must_not_be_there()


def _lead_items() -> None:
    def context(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = original(body)
        if "TransactItems" in _read(body):
            found[_LEADING] = []
            _of_request.set(found[_LEADING])
        return found

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> Any:
        items = _read(body).get("TransactItems", [])
        return _InTurn(original_checks(iam_action, body, region, account_id), items)

    original = seams.replace("core.iam_actions:dynamodb_service_context", context)
    original_checks = seams.replace("core.iam_actions:dynamodb_transaction_checks", checks)


class _InTurn(list[tuple[str, str]]):
    """The checks of a transaction; each is made with its own item's key in the context."""

    def __init__(self, checks: list[tuple[str, str]], items: list[Mapping[str, Any]]) -> None:
        super().__init__(checks)
        self._keys = [_of(part) for item in items for part in item.values()]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        shared = _of_request.get()
        for place, check in enumerate(super().__iter__()):
            if shared is not None:
                shared[:] = self._keys[place : place + 1]
            yield check


def _read(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _of(part: Mapping[str, Any]) -> str:
    """The partition of one part of a transaction."""
    item = part.get("Item") or part.get("Key") or {}
    return str(item.get(_PARTITION, {}).get("S", ""))


def _say_what_must_not_be_there() -> None:
    def context(
        iam_action: str,
        query_params: dict[str, Any] | None,
        path: str = "",
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        found: dict[str, Any] = original(iam_action, query_params, path, headers)
        condition = (headers or {}).get("if-none-match")
        return found | ({"s3:if-none-match": condition} if condition else {})

    original = seams.replace("core.iam_actions:s3_service_context", context)
