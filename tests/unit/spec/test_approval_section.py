"""Who lets a version into service, as a spec says it."""

from __future__ import annotations

import pytest
from perennial.spec.source import parse_spec

GOOD = """name: m
task: regression
target: y
features:
  a: {type: number}
"""


@pytest.mark.parametrize(
    ("said", "manual"),
    [
        ("", False),
        ("approval: automatic\n", False),
        ("approval: manual\n", True),
        ("approval: {method: manual}\n", True),
    ],
)
def test_a_word_says_as_much_as_the_section(said: str, manual: bool) -> None:
    assert parse_spec(GOOD + said).approval.manual is manual


def test_four_eyes_unless_somebody_says_otherwise() -> None:
    assert parse_spec(GOOD + "approval: manual\n").approval.four_eyes is True


def test_a_spec_that_travelled_says_the_same() -> None:
    spec = parse_spec(GOOD + "approval: {method: manual, approvers: [Risk*], maximum_age: 30d}\n")
    again = type(spec).model_validate_json(spec.model_dump_json())
    assert again == spec
