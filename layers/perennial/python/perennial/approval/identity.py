"""Who is who: principals of IAM, and whether two of them can be the same person.

IAM gives each user and each role an id that is never used again (`AIDA…`, `AROA…`); a session of a
role is `AROA…:<session name>`. S3 says by this id who brought an object, API Gateway who signed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids

Two principals are one person where nothing proves the contrary:

    the same id                                 the same person
    two sessions of one role                    the same person, since whoever assumes a role may
                                                choose the session's name; but not where IAM
                                                Identity Center chose it, after the user
    sessions of two roles with the same name    the same person under two hats
    a session, and the IAM user of that name    the same person under two hats; not seen where the
                                                user comes first, of whom only the id is known
    root, a service, an account                 nobody: it is not known who that is
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perennial.registry.records import Approval

USER, ROLE = "AIDA", "AROA"
IDENTITY_CENTER = "AWSReservedSSO_"  # begins the names of roles that only it lets people assume


@dataclass(frozen=True, slots=True)
class Principal:
    """A principal of IAM.

    Attributes:
        id: unique, with the session's name after a colon; `root` is the number of the account.
        arn: of the user, or of the session of a role; empty where only the id is known.
    """

    id: str
    arn: str = ""

    @property
    def known(self) -> bool:
        """Whether this is somebody: root, services and accounts are nobody in particular."""
        return self.id.startswith(USER) or (self.id.startswith(ROLE) and bool(self.session))

    @property
    def entity(self) -> str:
        """The id of the user or the role, without a session."""
        return self.id.partition(":")[0]

    @property
    def session(self) -> str:
        """The name of the session of a role; empty for others."""
        return self.id.partition(":")[2]

    @property
    def role(self) -> str:
        """The name of the role, where its ARN is known; empty for others."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        return rest.split("/")[0] if kind == "assumed-role" else ""

    @property
    def user(self) -> str:
        """The name of the IAM user, where the ARN is known; empty for others."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        return rest.rpartition("/")[2] if kind == "user" else ""

    def matches(self, patterns: Iterable[str]) -> bool:
        """Whether this is one of several: ARNs, or names of roles, with `*` for any characters."""
        named = ((self.arn if ":" in one else self.role, one) for one in patterns)
        return any(name and fnmatch.fnmatchcase(name, one) for name, one in named)


def named(by: str, decided: Iterable[Approval]) -> str:
    """Who somebody is, for people: the id of an IAM user with the name its decisions tell.

    A session's id ends in its name, and an ARN has one. What brings data is known by its id alone;
    the user's name is known only where the same user has decided about a version.

    Args:
        by: who it was, as a record has it.
        decided: approvals, of which those that were decided have both id and ARN.
    """
    if not by.startswith(USER):
        return by
    known = (Principal(by, one.decided_by).user for one in decided if one.decided_by_id == by)
    return next((f"{by} ({name})" for name in known if name), by)


def same_person(one: Principal, signer: Principal) -> str:
    """Why two principals have to be taken for one person; empty: they are two.

    Args:
        one: of whom the id is known.
        signer: of whom the ARN is known, too.
    """
    if one.id == signer.id:
        return "it is the same principal"
    if one.entity == signer.entity and not signer.role.startswith(IDENTITY_CENTER):
        return "two sessions of one role may be one person"
    names = {name.casefold() for name in (signer.session, signer.user) if name}
    if one.session and one.session.casefold() in names:
        return f"both are called {one.session}"
    return ""
