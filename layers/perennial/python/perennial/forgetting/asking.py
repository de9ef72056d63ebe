"""A request to forget: checked, and put so that nobody it passes learns who is meant.

The id leaves this process as a pseudonym only: the workflow's history, its state and every log
hold that, and what is stored is compared by its own pseudonym.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from perennial.privacy.pseudonyms import MARK, Pseudonyms
from perennial.serving.problems import INVALID_REQUEST, Problem
from perennial.spec import ModelSpec

LONGEST = 1_024  # characters
PERSON, ROW = "person", "row"
KINDS = (PERSON, ROW)


def execution_input(
    spec: ModelSpec,
    id_: object,
    kind: str,
    pseudonyms: Callable[[], Pseudonyms],
    *,
    by: str,
    reason: str,
    at: str,
    dry_run: bool,
) -> dict[str, object]:
    """What the workflow is told.

    Args:
        spec: of the model.
        id_: of the person, or of a row, as data and callers have it.
        kind: `person`, or `row` for a value of the id column.
        pseudonyms: those of the deployment.
        by: who asks.
        reason: why.
        at: when, ISO 8601, UTC.
        dry_run: whether rows are only looked for.

    Raises:
        Problem: the id cannot be one, or the spec does not say in which column persons, or rows,
            are named.
        Unavailable: the key cannot be had.
    """
    column = column_of(spec, kind)
    named = checked(id_)
    pseudonym = pseudonyms().of(named, column)
    digest = hashlib.sha256(f"{spec.name}\n{pseudonym}\n{at}\n{dry_run}".encode()).hexdigest()
    return {
        "model": spec.name,
        "request_id": digest[:32],
        "column": column,
        "pseudonym": pseudonym,
        "marked": named.startswith(MARK),
        "by": by,
        "reason": reason,
        "at": at,
        "dry_run": dry_run,
    }


def checked(id_: object) -> str:
    """An id that data may have.

    Raises:
        Problem: it is no text, empty, too long or holds half a surrogate pair.
    """
    if not isinstance(id_, str) or not id_.strip() or len(id_) > LONGEST:
        raise Problem(INVALID_REQUEST, f"`id` is a text of 1 to {LONGEST} characters.")
    try:
        id_.encode()
    except UnicodeEncodeError:
        raise Problem(INVALID_REQUEST, "`id` holds half a surrogate pair.") from None
    return id_


def column_of(spec: ModelSpec, kind: str) -> str:
    """The column whose values are meant.

    Raises:
        Problem: there is none.
    """
    if kind == ROW:
        if spec.id_column is None or not spec.privacy.needs_key:
            told = "The spec names no id_column, or says nothing of privacy."
            raise Problem(INVALID_REQUEST, told)
        return spec.id_column
    if not spec.privacy.names_persons:
        told = "The spec names no person: privacy.person says in which column they are."
        raise Problem(INVALID_REQUEST, told)
    return spec.privacy.entity_column
