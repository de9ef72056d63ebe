"""Real artifacts of the model `bank`, each with golden rows."""

from __future__ import annotations

import json
from functools import cache

from perennial.serving.artifact import GOLDEN, MANIFEST, digest_of, write_artifact
from perennial.serving.engine import Engine, engine_of
from perennial.serving.stored_zip import stored_entries

from tests.unit.predict.artifacts import artifact

ROWS: list[dict[str, object]] = [
    {"age": 20, "job": "student", "balance": None, "married": False, "seen": None},
    {"age": 55, "job": "admin.", "balance": 0.5, "married": True, "seen": "2020-01-01T00:00:00Z"},
]


@cache
def with_golden_rows(number: int) -> tuple[bytes, str]:
    """The bytes of a version's artifact, and their digest."""
    plain, digest = artifact(number)
    expected = [
        {"value": one.value, "probabilities": one.probabilities}
        for one in engine_of(plain, digest).predict(ROWS)
    ]
    entries = stored_entries(plain)
    manifest = json.loads(entries.pop(MANIFEST))
    golden = json.dumps({"rows": ROWS, "expected": expected}).encode()
    made = write_artifact(manifest, {**entries, GOLDEN: golden})
    return made, digest_of(made)


_LOADED: dict[str, Engine] = {}


def loaded(data: bytes, digest: str) -> Engine:
    """The engine of an artifact, made once per content: hundreds of endpoints load the same."""
    if digest_of(data) != digest or digest not in _LOADED:
        _LOADED[digest] = engine_of(data, digest)
    return _LOADED[digest]
