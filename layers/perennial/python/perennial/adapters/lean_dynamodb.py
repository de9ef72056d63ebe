"""The route of a model, read with one raw GetItem."""

from __future__ import annotations

import json

from perennial.adapters.lean import Client, domain
from perennial.adapters.lean_http import Origin
from perennial.errors import Unavailable

READ_TIMEOUT = 2.0  # seconds; a route is one small item


class ChampionItem:
    """`perennial.registry.records.RoutedVersion` without the 13 ms its module takes to import.

    `previous` is the version that was in service before; None where there is none.
    """

    __slots__ = ("artifact_digest", "artifact_uri", "number", "previous")

    def __init__(
        self,
        number: int,
        artifact_digest: str,
        artifact_uri: str,
        previous: ChampionItem | None = None,
    ) -> None:
        self.number = number
        self.artifact_digest = artifact_digest
        self.artifact_uri = artifact_uri
        self.previous = previous


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
        previous = item.get("previous", {}).get("M")
        return _version(item["champion"]["M"], None if previous is None else _version(previous))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("the route in the table is not one this code can read") from error


def _version(item: dict[str, dict[str, str]], previous: ChampionItem | None = None) -> ChampionItem:
    return ChampionItem(
        number=int(item["number"]["N"]),
        artifact_digest=item["artifact_digest"]["S"],
        artifact_uri=item["artifact_uri"]["S"],
        previous=previous,
    )
