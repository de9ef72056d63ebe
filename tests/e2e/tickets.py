"""Support tickets: texts, times and categories that tell how urgent they are, with some noise."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta

_CALM = ("how do I change my picture", "thank you, all good 👍🏽", "a question about the bill")
_URGENT = ("nothing works, HELP!", "the site is down; we lose money", "urgent: cannot log in")
_CITIES = ("Aarhus", "Bergen", "Córdoba", "Dún Laoghaire", "Évora")


def tickets(rows: int, *, seed: int = 3) -> list[dict[str, str]]:
    """Rows of a training file, every value as text; an empty one is missing."""
    draw = random.Random(seed)
    return [_ticket(draw) for _ in range(rows)]


def _ticket(draw: random.Random) -> dict[str, str]:
    urgent = draw.random() < 0.4
    told = draw.choice(_URGENT if urgent ^ (draw.random() < 0.2) else _CALM)
    opened = datetime(2024, 1, 1) + timedelta(minutes=draw.randrange(500_000))
    months = draw.randrange(0, 48)
    return {
        "opened": opened.isoformat() + "Z",
        "plan": draw.choice(("basic", "plus", "pro")),
        "city": draw.choice(_CITIES[: 3 if urgent else 5]),
        "spent": "" if draw.random() < 0.1 else f"{months * draw.uniform(5, 50):.2f}",
        "months": str(months),
        "said": "" if draw.random() < 0.1 else told,
        "urgent": "yes" if urgent else "no",
    }


def as_csv(rows: list[dict[str, str]]) -> bytes:
    """The rows as a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_sent(row: dict[str, str]) -> dict[str, object]:
    """A row as an application sends it."""
    return {
        "opened": row["opened"],
        "plan": row["plan"],
        "city": row["city"],
        "spent": float(row["spent"]) if row["spent"] else None,
        "months": int(row["months"]),
        "said": row["said"] or None,
    }
