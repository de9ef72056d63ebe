"""What a report is made of. Plain values: texts are escaped when the page is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from markupsafe import Markup


class Kind(StrEnum):
    """How a callout or a badge is meant; shown by colour and by its word."""

    GOOD = "good"
    NOTE = "note"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first thing a reader wants to know; of a note it is open whether that is good or bad."""

    kind: Kind
    headline: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with its name, and perhaps what to compare it with."""

    label: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Callout:
    """A sentence that must not be overlooked, behind a word; by default that of its kind."""

    kind: Kind
    text: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts; `numeric` names the columns (by position) that are set to the right."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with a caption."""

    chart: Markup
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One subject, such as a feature: name, badges, a few facts and perhaps a chart."""

    title: str
    facts: Sequence[Fact] = ()
    chart: Markup | None = None
    badges: Sequence[tuple[Kind, str]] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Figures or cards side by side, as many as fit."""

    items: Sequence[Figure | Card]


Block = Text | Callout | Table | Figure | Grid


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what belongs under it."""

    title: str
    blocks: Sequence[Block]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report."""

    title: str
    subtitle: str = ""
    verdict: Verdict | None = None
    facts: Sequence[Fact] = ()
    sections: Sequence[Section] = field(default_factory=tuple)
    footer: str = ""
