"""A stand-in for DynamoDB that answers reads as it does: sorted keys, pages of 1 MB, and late.

No emulator here sorts a million items once: they sort them for each query, and what is measured
would be that. SQLite keeps both orders in B-trees on the disk.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = 1 << 20  # bytes of items that one answer holds at most
LATE = 0.01  # seconds until an answer comes


@dataclass
class PagedTable:
    """The reads of a DynamoDB client.

    Attributes:
        path: of the database.
        late: seconds that each answer takes.
        requests: how many were answered.
        items: how many items they held.
    """

    path: Path
    late: float = LATE
    requests: int = 0
    items: int = 0
    _database: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        """Open the database, and make it where it is not there."""
        self._database = sqlite3.connect(self.path)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS items (pk, sk, gsi1pk, gsi1sk, body, "
            "PRIMARY KEY (pk, sk)) WITHOUT ROWID"
        )
        self._database.execute("CREATE INDEX IF NOT EXISTS gsi1 ON items (gsi1pk, gsi1sk)")

    def fill(self, items: Iterable[dict[str, Any]]) -> None:
        """Put items there, in one go."""
        keys = ("pk", "sk", "gsi1pk", "gsi1sk")
        with self._database:
            self._database.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
                (
                    (*(item.get(key, {}).get("S") for key in keys), json.dumps(item))
                    for item in items
                ),
            )

    def get_item(self, **asked: Any) -> dict[str, Any]:
        """One item."""
        place = asked["Key"]["pk"]["S"], asked["Key"]["sk"]["S"]
        found = self._database.execute("SELECT body FROM items WHERE pk = ? AND sk = ?", place)
        row = found.fetchone()
        self._answered(1 if row else 0)
        return {"Item": json.loads(row[0])} if row else {}

    def query(self, **asked: Any) -> dict[str, Any]:
        """A page of items."""
        values = asked["ExpressionAttributeValues"]
        pk, sk = ("gsi1pk", "gsi1sk") if "IndexName" in asked else ("pk", "sk")
        low, high = _range(values)
        forward = asked.get("ScanIndexForward", True)
        after = asked.get("ExclusiveStartKey")
        if after is not None:
            low, high = (after[sk]["S"], high) if forward else (low, after[sk]["S"])
        rows = self._database.execute(
            f"SELECT body, {sk} FROM items WHERE {pk} = ? AND {sk} BETWEEN ? AND ? "
            f"ORDER BY {sk} {'ASC' if forward else 'DESC'}",
            (values[":pk"]["S"], low, high),
        )
        found: list[dict[str, Any]] = []
        size, more = 0, False
        for body, place in rows:
            if after is not None and place == after[sk]["S"]:
                continue
            if size + len(body) > PAGE or len(found) == asked.get("Limit", -1):
                more = True
                break
            found.append(json.loads(body))
            size += len(body)
        rows.close()
        self._answered(len(found))
        return {"Items": found, **({"LastEvaluatedKey": found[-1]} if more else {})}

    def _answered(self, items: int) -> None:
        self.requests += 1
        self.items += items
        time.sleep(self.late)


def _range(values: dict[str, Any]) -> tuple[str, str]:
    if ":last" in values:
        return values.get(":first", {}).get("S", ""), values[":last"]["S"]
    prefix = values.get(":prefix", {}).get("S", "")
    return prefix, f"{prefix}\U0010ffff"
