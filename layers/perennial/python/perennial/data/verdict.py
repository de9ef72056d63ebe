"""What can only be judged once all rows were seen, and the sentence that says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perennial.data.columns import Column, Role
from perennial.data.problems import Problem, ProblemKind, Problems, Severity
from perennial.data.profile import CategoryProfile, NumberProfile
from perennial.report import count, share
from perennial.spec import ModelSpec, Task


def judge_whole(
    spec: ModelSpec,
    columns: Sequence[Column],
    profiles: Mapping[str, NumberProfile | CategoryProfile],
    rows: int,
    problems: Problems,
) -> None:
    """Add what is wrong with the columns as a whole."""
    if rows < spec.data.minimum_rows:
        problems.add(
            ProblemKind.TOO_FEW_ROWS,
            None,
            f"{count(rows)} rows; expected at least {count(spec.data.minimum_rows)}",
            count=rows,
        )
    if not rows:
        return
    for column in columns:
        if column.role is Role.FEATURE:
            _judge_feature(column, profiles[column.name], spec, problems)
    target = profiles[spec.target]
    if isinstance(target, CategoryProfile):
        _judge_classes(spec, target, problems)
    elif target.distinct == 1 and target.distinct_exact:
        problems.add(ProblemKind.ONE_CLASS, spec.target, "the target is the same in every row")


def _judge_feature(
    column: Column,
    profile: NumberProfile | CategoryProfile,
    spec: ModelSpec,
    problems: Problems,
) -> None:
    nulls = profile.nulls / profile.rows if profile.rows else 0.0
    if profile.nulls == profile.rows:
        problems.add(ProblemKind.ALL_NULL, column.name, "no row has a value", count=profile.rows)
    elif column.nullable and nulls > spec.data.maximum_nulls:
        problems.add(
            ProblemKind.TOO_MANY_NULLS,
            column.name,
            f"{share(nulls)} of the values are missing; "
            f"at most {share(spec.data.maximum_nulls)} may be",
            count=profile.nulls,
        )
    elif profile.distinct == 1 and profile.nulls == 0:
        problems.add(
            ProblemKind.CONSTANT,
            column.name,
            "every row has the same value; nothing can be learned from it",
            count=profile.rows,
            severity=Severity.WARNING,
        )


def _judge_classes(spec: ModelSpec, target: CategoryProfile, problems: Problems) -> None:
    if target.distinct == 0:
        return
    if target.distinct == 1:
        problems.add(
            ProblemKind.ONE_CLASS,
            spec.target,
            "the target has one class only; expected at least two",
            count=target.rows,
        )
    if spec.task is Task.BINARY:
        _judge_binary(spec, target, problems)
    for label, rows in target.counts.items():
        if rows < spec.data.minimum_class_rows:
            named = "a class" if spec.target in spec.sensitive else f"class {label!r}"
            problems.add(
                ProblemKind.RARE_CLASS,
                spec.target,
                f"{named} has {rows} rows; expected at least {spec.data.minimum_class_rows}",
                count=rows,
            )


def _judge_binary(spec: ModelSpec, target: CategoryProfile, problems: Problems) -> None:
    if target.distinct > 2:
        problems.add(
            ProblemKind.TOO_MANY_CLASSES,
            spec.target,
            f"the target has {count(target.distinct)} classes; a binary task has two",
            count=target.distinct,
        )
    if spec.positive_class not in target.counts:
        problems.add(
            ProblemKind.POSITIVE_CLASS_ABSENT,
            spec.target,
            f"no row has the positive class {spec.positive_class!r}",
        )


def judge_repeats(spec: ModelSpec, rows: int, repeated: int, problems: Problems) -> None:
    """Note when more rows repeat another than the spec allows."""
    allowed = spec.data.maximum_duplicates
    if rows and repeated / rows > allowed:
        problems.add(
            ProblemKind.DUPLICATE_ROWS,
            None,
            f"{share(repeated / rows)} of the rows repeat another row; "
            f"at most {share(allowed)} may",
            count=repeated,
        )


def judge_identifiers(column: Column, repeated: int, problems: Problems) -> None:
    """Warn when an identifier stands in several rows: training does not need it to be unique."""
    if repeated:
        problems.add(
            ProblemKind.REPEATED_ID,
            column.name,
            "identifies several rows",
            count=repeated,
            severity=Severity.WARNING,
        )


def reason(problems: Problems) -> str:
    """One sentence, the most important thing first; empty when nothing keeps the data out."""
    errors = problems.of(Severity.ERROR)
    if not errors:
        return ""
    more = len(errors) - 1
    rest = f"; and {more} more problem{'s' if more > 1 else ''}" if more else ""
    return _sentence(errors[0]) + rest


def _sentence(problem: Problem) -> str:
    """Where (column, first line), what, and in how many rows."""
    rows = f" ({count(problem.count)} rows)" if problem.count > 1 and problem.examples else ""
    if problem.kind is ProblemKind.RAGGED_ROW:
        return problem.message + rows
    places = [f"column {problem.column!r}"] if problem.column else []
    if problem.examples:
        first = problem.examples[0]
        places.append(f"line {first.line}" if first.line else f"row {first.row}")
    where = ", ".join(places)
    # Some messages go on from the column's name as a sentence does.
    joint = " " if problem.message.startswith(("is ", "alone ", "identifies ")) else ": "
    return (where + joint if where else "") + problem.message + rows
