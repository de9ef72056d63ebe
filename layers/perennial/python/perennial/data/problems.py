"""What can be wrong with a file, counted per column and kind, with a few rows as examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MAXIMUM_EXAMPLES = 20  # per problem
MAXIMUM_VALUE = 60  # characters of a value that are shown


class ProblemKind(StrEnum):
    """Kinds of problems; the order is the order in which a reason names them first."""

    UNREADABLE = "unreadable"
    RAGGED_ROW = "ragged_row"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    EXTRA_COLUMN = "extra_column"
    TOO_FEW_ROWS = "too_few_rows"
    WRONG_TYPE = "wrong_type"
    NOT_AN_INTEGER = "not_an_integer"
    NOT_FINITE = "not_finite"
    TOO_LARGE = "too_large"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    UNSEEN_CATEGORY = "unseen_category"
    TOO_MANY_CATEGORIES = "too_many_categories"
    ALL_NULL = "all_null"
    NULL = "null"
    TOO_MANY_NULLS = "too_many_nulls"
    ONE_CLASS = "one_class"
    POSITIVE_CLASS_ABSENT = "positive_class_absent"
    TOO_MANY_CLASSES = "too_many_classes"
    RARE_CLASS = "rare_class"
    DUPLICATE_ROWS = "duplicate_rows"
    REPEATED_ID = "repeated_id"
    CONSTANT = "constant"
    LEAKAGE = "leakage"
    ASSUMED_ENCODING = "assumed_encoding"
    NAME_DISAGREES = "name_disagrees"


class Severity(StrEnum):
    """Whether a problem keeps the data out."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Example:
    """One row that shows a problem."""

    row: int  # 1 for the first row of data
    line: int | None  # in a text file, 1 for the first line; None in Parquet
    value: str | None  # as it stands in the file; None when it may not be shown or is missing


@dataclass(slots=True)
class Problem:
    """One kind of problem in one column, over the whole file."""

    kind: ProblemKind
    column: str | None
    message: str  # what was found and what was expected, without values
    severity: Severity = Severity.ERROR
    count: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Problems:
    """Collects problems, and how often each was met."""

    found: dict[tuple[ProblemKind, str | None], Problem] = field(default_factory=dict)

    def add(
        self,
        kind: ProblemKind,
        column: str | None,
        message: str,
        *,
        count: int = 1,
        examples: Iterable[Example] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Count a problem; the message of the first one of its kind and column stays."""
        problem = self.found.setdefault(
            (kind, column), Problem(kind, column, message, severity=severity)
        )
        problem.count += count
        room = MAXIMUM_EXAMPLES - len(problem.examples)
        for example, _ in zip(examples, range(room), strict=False):
            problem.examples.append(example)

    def room(self, kind: ProblemKind, column: str | None) -> int:
        """How many more examples of this problem would be kept."""
        problem = self.found.get((kind, column))
        return MAXIMUM_EXAMPLES - len(problem.examples) if problem else MAXIMUM_EXAMPLES

    def of(self, severity: Severity) -> list[Problem]:
        """Problems of a severity, the most fundamental first."""
        order = list(ProblemKind)
        chosen = [problem for problem in self.found.values() if problem.severity is severity]
        return sorted(chosen, key=lambda problem: (order.index(problem.kind), -problem.count))

    @property
    def fatal(self) -> bool:
        """Whether the data is kept out."""
        return any(problem.severity is Severity.ERROR for problem in self.found.values())


def shown(value: str) -> str:
    """A value as an example shows it: not longer than a line."""
    return value if len(value) <= MAXIMUM_VALUE else value[: MAXIMUM_VALUE - 1] + "…"
