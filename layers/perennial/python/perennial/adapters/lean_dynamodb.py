"""The route of a model, read with one raw GetItem.

Attributes it does not know are passed over: a later release may write more than this one reads.
"""

from __future__ import annotations

import json

from perennial.adapters.lean import Client, domain
from perennial.adapters.lean_http import Origin
from perennial.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

READ_TIMEOUT = 2.0  # seconds; a route is one small item


class ChampionItem:
    """`perennial.registry.records.RoutedVersion` without the 13 ms its module takes to import.

    `previous` is the version that was in service before, `rollout` what is on its way into
    service beside it; None where there is none.
    """

    __slots__ = ("artifact_digest", "artifact_uri", "number", "previous", "rollout")

    def __init__(
        self,
        number: int,
        artifact_digest: str,
        artifact_uri: str,
        previous: ChampionItem | None = None,
        rollout: RolloutItem | None = None,
    ) -> None:
        self.number = number
        self.artifact_digest = artifact_digest
        self.artifact_uri = artifact_uri
        self.previous = previous
        self.rollout = rollout


class RolloutItem:
    """The part of a route that a rollout has set: a challenger with its share, or a shadow."""

    __slots__ = ("challenger", "id", "shadow", "share")

    def __init__(
        self, id_: str, challenger: ChampionItem | None, share: float, shadow: ChampionItem | None
    ) -> None:
        self.id = id_
        self.challenger = challenger
        self.share = share
        self.shadow = shadow


class LeanRoutes:
    """Reads routes from the registry's table."""

    def __init__(self, table: str, client: Client | None = None) -> None:
        self._table = table
        self._client = client or Client("dynamodb", read_timeout=READ_TIMEOUT)
        region = self._client.region
        self._origin = self._client.endpoint or Origin(
            "https", f"dynamodb.{region}.{domain(region)}"
        )

    def champion(self, model: str) -> ChampionItem | None:
        """The version in service, strongly consistent; None for a model never put in service.

        Raises:
            Unavailable: the table did not answer, refused, or holds something else.
        """
        question = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": "ROUTE"}},
            "ConsistentRead": True,
        }
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": "DynamoDB_20120810.GetItem",
        }
        body = json.dumps(question).encode()
        reply = self._client.call(self._origin, "POST", "/", headers, body)
        if reply.status != 200:
            raise self._client.refused(reply)
        return _champion(reply.body)


def _champion(body: bytes) -> ChampionItem | None:
    try:
        item = json.loads(body).get("Item")
        if item is None:
            return None
        champion = _version(item["champion"]["M"])
        champion.previous = _other(item, "previous")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("the route in the table is not one this code can read") from error
    champion.rollout = _rollout(item)
    return champion


def _rollout(item: dict[str, Any]) -> RolloutItem | None:
    """What a rollout has set; one that cannot be read must not keep the champion from answering."""
    try:
        challenger, shadow = _other(item, "challenger"), _other(item, "shadow")
        if challenger is None and shadow is None:
            return None
        share = float(item["share"]["N"]) if challenger else 0.0
        return RolloutItem(item["rollout_id"]["S"], challenger, share, shadow)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _other(item: dict[str, Any], name: str) -> ChampionItem | None:
    found = item.get(name, {}).get("M")
    return None if found is None else _version(found)


def _version(item: dict[str, dict[str, str]]) -> ChampionItem:
    return ChampionItem(
        number=int(item["number"]["N"]),
        artifact_digest=item["artifact_digest"]["S"],
        artifact_uri=item["artifact_uri"]["S"],
    )
