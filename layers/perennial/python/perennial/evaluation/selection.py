"""Which columns a model was left to see, and why, as `training.json` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from perennial.report import Section, Table, count, share

SHOWN = 100  # columns; the least important ones are left out


class SelectedColumn(BaseModel):
    """One column, and the reason it is seen or not."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    column: str
    kept: bool
    importance: float
    reason: str


def selection_sections(columns: Sequence[SelectedColumn]) -> Iterator[Section]:
    """The part of a report that tells how columns were chosen; none where they were not."""
    if not columns:
        return
    ranked = sorted(columns, key=lambda one: -one.importance)[:SHOWN]
    kept = sum(one.kept for one in columns)
    table = Table(
        ["column", "kept", "importance", "why"],
        [
            [one.column, "yes" if one.kept else "no", share(one.importance), one.reason]
            for one in ranked
        ],
        caption=f"{count(kept)} of {count(len(columns))} columns are kept",
        numeric=frozenset({2}),
    )
    yield Section("Selection of columns", [table])
