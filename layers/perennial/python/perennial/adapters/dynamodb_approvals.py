"""The part of the registry that says whom people let into service.

Approvals lie among the items of their model. The tokens by which workflows wait lie in a
partition of their own, so that whoever may read a model's items does not read them.
"""

from __future__ import annotations

from collections.abc import Sequence

from perennial.adapters.dynamodb_items import approval_of, decode, encode, item_of
from perennial.adapters.dynamodb_routes import DynamoRoutes
from perennial.adapters.dynamodb_table import until_settled
from perennial.adapters.dynamodb_writes import mark, put_revised
from perennial.errors import Conflict
from perennial.registry.records import Approval, Event, VersionStatus

APPROVALS = "APPROVAL#"
TOKENS = "TOKEN#"  # begins the partition of a model's tokens


def approval_sort(version: int) -> str:
    """Sort key of the approval of a version."""
    return f"{APPROVALS}{version:08d}"


class DynamoApprovals(DynamoRoutes):
    """The methods of `perennial.registry.store.Registry` about approvals."""

    def approval(self, model: str, version: int) -> Approval | None:
        """The approval of one version."""
        item = self._table.get(model, approval_sort(version))
        return None if item is None else approval_of(item)

    def approvals(self, model: str, limit: int = 50) -> Sequence[Approval]:
        """Approvals of a model, that of the newest version first."""
        return [approval_of(item) for item in self._table.newest(model, APPROVALS, limit)]

    def save_approval(
        self, approval: Approval, event: Event, *, rejected: Sequence[int] = ()
    ) -> Approval:
        """Put it in place of what it follows, with its event and what it rejects."""

        def attempt() -> Approval:
            present = self.approval(approval.model, approval.version)
            if present == approval:
                return approval
            if (present.revision if present else 0) != approval.revision - 1:
                raise Conflict(
                    f"the approval of version {approval.version} of {approval.model} was changed "
                    "by somebody else first"
                )
            self._check_registered(approval.model, rejected)
            item = item_of(approval, approval_sort(approval.version))
            self._table.transact(
                put_revised(item, approval.revision),
                *(mark(approval.model, one, VersionStatus.REJECTED) for one in rejected),
                *self._told(event),
            )
            return approval

        return until_settled(attempt)

    def keep_token(self, model: str, version: int, token: str) -> None:
        """Put the token, whatever was there."""
        key = {"pk": encode(TOKENS + model), "sk": encode(approval_sort(version))}
        self._table.transact({"Put": {"Item": {**key, "token": encode(token)}}})

    def token(self, model: str, version: int) -> str:
        """The token of a version."""
        item = self._table.at(TOKENS + model, approval_sort(version))
        return "" if item is None else str(decode(item["token"]))
