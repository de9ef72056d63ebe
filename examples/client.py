"""Ask a model for predictions from any Python program, with the standard library only.

    export PERENNIAL_URL=https://<id>.execute-api.<region>.amazonaws.com/live
    export PERENNIAL_KEY=<the API key>
    python examples/client.py wine rows.json

`rows.json` holds a list of rows: [{"alcohol": 13.2, ...}, ...].
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROWS_IN_ONE_REQUEST = 1000
ATTEMPTS = 4


def predict(model: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The predictions for rows, in their order.

    Raises:
        ValueError: the rows do not fit the model; the message names row, field and reason.
    """
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), ROWS_IN_ONE_REQUEST):
        found += _ask(model, rows[start : start + ROWS_IN_ONE_REQUEST])
    return found


def _ask(model: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - the address is yours
        f"{os.environ['PERENNIAL_URL'].rstrip('/')}/v1/models/{model}/predict",
        data=json.dumps({"rows": rows}).encode(),
        headers={"x-api-key": os.environ["PERENNIAL_KEY"], "content-type": "application/json"},
    )
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=35) as answer:  # noqa: S310
                return list(json.load(answer)["predictions"])
        except urllib.error.HTTPError as error:
            with error:
                problem = json.loads(error.read() or b"{}")
            passes = error.code in (429, 502, 503, 504)
            if not passes or attempt == ATTEMPTS - 1:
                raise ValueError(_told(error.code, problem)) from error
            time.sleep(0.2 * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _told(status: int, problem: dict[str, Any]) -> str:
    """A problem document (RFC 9457) as one message."""
    places = [
        f"row {one['row']}, {one.get('field', 'the row')}: {one['reason']}"
        for one in problem.get("errors", [])
    ]
    return "; ".join([f"{status} {problem.get('detail') or problem.get('message')}", *places])


if __name__ == "__main__":
    try:
        for one in predict(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())):
            print(json.dumps(one))
    except ValueError as error:
        sys.exit(str(error))
