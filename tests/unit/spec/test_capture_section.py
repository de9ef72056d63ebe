"""The section `capture` of a spec."""

from __future__ import annotations

import pytest
from perennial.errors import SpecError
from perennial.spec.source import parse_spec

BASE = """\
name: bank
task: binary
target: y
positive_class: "yes"
features:
  age: {type: integer}
  salary: {type: number}
"""


def test_everything_is_kept_unless_a_spec_says_otherwise() -> None:
    capture = parse_spec(BASE).capture
    assert (capture.enabled, capture.sample, capture.exclude) == (True, 1.0, ())


def test_a_column_to_exclude_must_be_a_feature() -> None:
    with pytest.raises(SpecError) as failure:
        parse_spec(BASE + "capture:\n  exclude:\n    - age\n    - salry\n", "bank.yaml")
    told = "bank.yaml:11: capture.exclude.1: 'salry' is no feature; did you mean 'salary'?"
    assert str(failure.value) == told


@pytest.mark.parametrize("sample", ["0", "-0.1", "1.01", ".nan", "half"])
def test_a_share_is_above_nothing_and_at_most_all(sample: str) -> None:
    with pytest.raises(SpecError, match=r"bank\.yaml:9: capture\.sample"):
        parse_spec(f"{BASE}capture:\n  sample: {sample}\n", "bank.yaml")
