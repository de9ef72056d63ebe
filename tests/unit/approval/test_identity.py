"""Two principals are one person where nothing proves the contrary."""

from __future__ import annotations

import pytest
from perennial.approval.identity import Principal, same_person

ACCOUNT = "123456789012"


def a_session(role_id: str, role: str, name: str) -> Principal:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"
    return Principal(f"AROA{role_id}:{name}", arn)


def a_user(user_id: str, name: str) -> Principal:
    return Principal(f"AIDA{user_id}", f"arn:aws:iam::{ACCOUNT}:user/people/{name}")


ADA, BOB = a_user("1", "ada"), a_user("2", "bob")
CENTER = "AWSReservedSSO_Science_0123456789abcdef"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")


def seen(principal: Principal) -> Principal:
    """What S3 tells of a principal: the id alone."""
    return Principal(principal.id)


@pytest.mark.parametrize(
    ("trainer", "signer"),
    [
        (ADA, ADA),
        (a_session("1", "Science", "ada"), a_session("1", "Science", "ada")),
        (a_session("1", "Science", "ada"), a_session("1", "Science", "another-name")),
        (a_session("1", "Science", "ada"), a_session("2", "Approver", "ada")),
        (a_session("1", "Science", "ADA"), a_session("2", "Approver", "ada")),
        (a_session("1", CENTER, "ada@corp"), a_session("1", CENTER, "ada@corp")),
        (a_session("1", CENTER, "ada@corp"), a_session("2", "AWSReservedSSO_Risk_1", "ada@corp")),
        (a_session("1", "Science", "ada"), ADA),
    ],
)
def test_who_could_be_the_same_person_is_taken_for_one(
    trainer: Principal, signer: Principal
) -> None:
    assert same_person(seen(trainer), signer)


@pytest.mark.parametrize(
    ("trainer", "signer"),
    [
        (ADA, BOB),
        (a_session("1", "Science", "ada"), BOB),
        (ADA, a_session("2", "Approver", "bob")),
        (a_session("1", "Science", "ada"), a_session("2", "Approver", "bob")),
        (a_session("1", CENTER, "ada@corp"), a_session("1", CENTER, "bob@corp")),
    ],
)
def test_who_is_proven_to_be_another_is_another(trainer: Principal, signer: Principal) -> None:
    assert same_person(seen(trainer), signer) == ""


@pytest.mark.parametrize(
    "who",
    [ROOT, Principal(""), Principal("s3"), Principal("AROA1"), Principal("automation")],
)
def test_root_services_and_accounts_are_nobody_in_particular(who: Principal) -> None:
    assert not who.known
    assert ADA.known
    assert a_session("1", "Science", "ada").known


@pytest.mark.parametrize(
    ("who", "pattern", "matches"),
    [
        (ADA, f"arn:aws:iam::{ACCOUNT}:user/people/ada", True),
        (ADA, "arn:aws:iam::*:user/people/*", True),
        (ADA, "ada", False),  # the name of a role; a user is named by an ARN
        (a_session("1", "Risk", "bob"), "Risk", True),
        (a_session("1", "Risk", "bob"), "Ris", False),
        (a_session("1", "AWSReservedSSO_Risk_99", "bob"), "AWSReservedSSO_Risk_*", True),
        (a_session("1", "Risk", "bob"), "arn:aws:sts::*:assumed-role/Risk/bob", True),
        (a_session("1", "Risk", "eve"), "arn:aws:sts::*:assumed-role/Risk/bob", False),
        (ROOT, "*", False),  # a root has no role
        (ROOT, "arn:*", True),
    ],
)
def test_approvers_are_arns_or_roles(who: Principal, pattern: str, matches: bool) -> None:
    assert who.matches([pattern]) is matches
