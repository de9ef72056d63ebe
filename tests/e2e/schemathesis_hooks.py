"""What no schema can say about entities: one for each row, and not in two places.

Requests are put right only where everything else about their entities is; so a request that is
meant to be wrong stays wrong.
"""

from __future__ import annotations

from typing import Any

import schemathesis

MEMBER, HEADER, LONGEST, MOST = "entity_ids", "x-entity-id", 256, 1_000


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Give the list as many entries as there are rows, and leave it out beside the header."""
    body = case.body
    if not isinstance(body, dict) or MEMBER not in body:
        return
    entities, rows = body[MEMBER], body.get("rows")
    listed = isinstance(entities, list)
    if not all(map(_fits, entities if listed else [entities])):
        return
    if HEADER in (case.headers or {}):
        case.body = {name: of for name, of in body.items() if name != MEMBER}
    elif listed and isinstance(rows, list) and len(rows) > 0 and 0 < len(entities) <= MOST:
        case.body = {**body, MEMBER: (entities * len(rows))[: len(rows)]}


def _fits(entity: object) -> bool:
    return isinstance(entity, str) and 0 < len(entity) <= LONGEST
