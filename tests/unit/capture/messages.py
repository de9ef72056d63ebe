"""Specs and messages for tests of what is captured."""

from __future__ import annotations

import json
from typing import Any

from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec

SPEC = """\
name: bank
task: binary
target: y
positive_class: "yes"
features:
  age: {type: integer}
  balance: {type: number, nullable: true}
  job: {type: category}
  housing: {type: boolean}
  since: {type: timestamp}
  secret: {type: number}
sensitive: [secret]
"""
# 2026-11-21T14:30:00Z
AT = 1_795_271_400_000


def spec(text: str = SPEC) -> ModelSpec:
    """A parsed spec."""
    return parse_spec(text)


def message(**changes: Any) -> str:
    """What predict sends about a request of two rows, with changes."""
    document: dict[str, Any] = {
        "format": 1,
        "model": "bank",
        "version": 3,
        "digest": "ab" * 32,
        "request_id": "r",
        "protocol": "native",
        "at": AT,
        "milliseconds": 1.25,
        "rows": 2,
        "first": 0,
        "count": 2,
        "features": {
            "age": [41, 20],
            "balance": [1204.5, None],
            "job": ["admin.", "student"],
            "housing": [True, False],
            "since": ["2026-01-31T10:00:00Z", "2026-01-31"],
        },
        "predictions": ["yes", "no"],
        "labels": ["no", "yes"],
        "probabilities": [0.25, 0.75, 0.9, 0.1],
    }
    document |= changes
    return json.dumps({name: of for name, of in document.items() if of is not ...})


def one_row(request_id: str, **changes: Any) -> str:
    """What predict sends about a request of one row."""
    features = {
        "age": [41],
        "balance": [1.5],
        "job": ["admin."],
        "housing": [True],
        "since": ["2026-01-31"],
    }
    one: dict[str, Any] = {
        "request_id": request_id,
        "rows": 1,
        "count": 1,
        "features": features,
        "predictions": ["yes"],
        "probabilities": [0.25, 0.75],
    }
    return message(**(one | changes))
