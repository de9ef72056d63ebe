"""Whom or what a request is about, as its caller names it: a customer, a machine, a flat.

During a rollout the same entity is always answered by the same version, and outcomes can be told
by entity. It is text of the caller's choosing, kept with the captured predictions.
"""

from __future__ import annotations

from perennial.serving.problems import INVALID_REQUEST, Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    Entities = str | list[str] | None  # of all rows, of each row, or not told

HEADER = "x-entity-id"
MEMBER = "entity_ids"
LONGEST = 256  # characters
# Of headers only these characters arrive the same whatever is between; others go in the body.
IN_HEADER = r"^[ -~]*[!-~][ -~]*$"
_SHAPE = f"a text of 1 to {LONGEST} characters"


def in_header(text: str) -> str:
    """The entity a header names; spaces around it are not its own.

    Raises:
        Problem: it is empty, too long, or has characters that headers do not carry safely.
    """
    name = text.strip(" ")
    if not (_fits(name) and name.isascii() and name.isprintable()):
        detail = f"The header `{HEADER}` is {_SHAPE}, in ASCII; `{MEMBER}` in the body takes any."
        raise Problem(INVALID_REQUEST, detail)
    return name


def in_body(value: object, rows: int) -> str | list[str]:
    """The entities a body names: one text for all rows, or a list with one for each.

    Raises:
        Problem: it is neither.
    """
    if _fits(value):
        assert isinstance(value, str)  # noqa: S101  _fits has looked
        return value
    if not isinstance(value, list):
        raise Problem(INVALID_REQUEST, f"`{MEMBER}` is {_SHAPE}, or a list of one for each row.")
    if len(value) != rows:
        detail = f"`{MEMBER}` has {len(value)} entries, and there are {rows} rows."
        raise Problem(INVALID_REQUEST, detail)
    for number, one in enumerate(value):
        if not _fits(one):
            raise Problem(INVALID_REQUEST, f"Entry {number} of `{MEMBER}` is not {_SHAPE}.")
    return value


def _fits(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= LONGEST
