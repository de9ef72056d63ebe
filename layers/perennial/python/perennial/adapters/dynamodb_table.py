"""One DynamoDB table: reads, conditional transactions, and what to do when they collide."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from perennial.adapters.aws import code_of, translated
from perennial.adapters.dynamodb_items import INDEX, Item, model_key
from perennial.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
else:
    DynamoDBClient = Any

T = TypeVar("T")

ATTEMPTS = 10
LONGEST_PAUSE = 0.5  # seconds
LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class Contended(Exception):
    """Something changed between reading and writing; nothing was written."""


class Table:
    """A table of the registry's layout."""

    def __init__(self, dynamodb: DynamoDBClient, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def get(self, model: str, sort: str) -> Item | None:
        """One item of a model, strongly consistent."""
        return self.at(model_key(model), sort)

    def at(self, partition: str, sort: str) -> Item | None:
        """One item of any partition, strongly consistent."""
        place: Item = {"pk": {"S": partition}, "sk": {"S": sort}}
        with translated("DynamoDB", "reading"):
            answer = self._dynamodb.get_item(TableName=self._name, Key=place, ConsistentRead=True)
        return answer.get("Item")

    def first(self, model: str, prefix: str) -> Item | None:
        """The item of a model with the smallest sort key of a prefix, strongly consistent."""
        found = self._under(model_key(model), prefix, forward=True, limit=1)
        return found[0] if found else None

    def newest(self, model: str, prefix: str, limit: int) -> Sequence[Item]:
        """Items of a model below a prefix, the largest sort key first, strongly consistent."""
        return self.last(model_key(model), prefix, limit)

    def last(self, partition: str, prefix: str, limit: int) -> Sequence[Item]:
        """Items of any partition below a prefix, the largest sort key first."""
        return self._under(partition, prefix, forward=False, limit=limit)

    def between(self, partition: str, first: str, last: str) -> Iterator[Item]:
        """Items with a sort key from `first` to `last`, in order; one page is held at a time."""
        query: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": partition},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ConsistentRead": True,
        }
        while True:
            with translated("DynamoDB", "reading"):
                page = self._dynamodb.query(TableName=self._name, **query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def listed(self, partition: str, limit: int, last: str | None = None) -> Sequence[Item]:
        """Items of a partition of the index, newest first; eventually consistent.

        Args:
            partition: of the index.
            limit: how many at most.
            last: the largest sort key of the index that is wanted; None for all.
        """
        values = {":pk": {"S": partition}, **({} if last is None else {":last": {"S": last}})}
        return self._query(
            limit,
            IndexName=INDEX,
            KeyConditionExpression="gsi1pk = :pk"
            + ("" if last is None else " AND gsi1sk <= :last"),
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
        )

    def transact(self, *writes: Item) -> None:
        """All of the writes or none.

        Raises:
            Contended: a condition no longer holds, or another transaction holds an item.
        """
        named: list[Any] = [
            {verb: {"TableName": self._name, **write} for verb, write in one.items()}
            for one in writes
        ]
        try:
            with translated("DynamoDB", "writing"):
                self._dynamodb.transact_write_items(TransactItems=named)
        except ClientError as error:
            _judge(error)
            raise

    def _under(self, partition: str, prefix: str, *, forward: bool, limit: int) -> Sequence[Item]:
        return self._query(
            limit,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": partition}, ":prefix": {"S": prefix}},
            ScanIndexForward=forward,
            ConsistentRead=True,
        )

    def _query(self, limit: int, **query: Any) -> Sequence[Item]:
        """Up to `limit` items, over as many pages as it takes."""
        items: list[Item] = []
        while len(items) < limit:
            with translated("DynamoDB", "reading"):
                page = self._dynamodb.query(TableName=self._name, Limit=limit - len(items), **query)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return items


def _judge(error: ClientError) -> None:
    """Say what a refused transaction means; returns when it is none of ours to explain."""
    if code_of(error) != "TransactionCanceledException":
        return
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {str(reason.get("Code")) for reason in reasons} - {"None"}
    if codes & LOST:
        raise Contended from error
    if codes & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        raise Unavailable("DynamoDB refused writing: throttled") from error


def until_settled(attempt: Callable[[], T]) -> T:
    """Read, decide and write anew as long as somebody else is faster.

    Raises:
        Unavailable: that went on for too long.
    """
    for number in range(ATTEMPTS):
        try:
            return attempt()
        except Contended:
            pause = min(LONGEST_PAUSE, 0.01 * 2**number)
            time.sleep(random.uniform(0, pause))  # noqa: S311
    raise Unavailable("the registry is being changed by too many at once")
