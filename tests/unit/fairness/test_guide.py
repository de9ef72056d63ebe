"""The guide says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from perennial.evaluation.fairness import HIDDEN_BELOW
from perennial.spec.fairness import Disparity, Fairness, Goal, Method
from perennial.spec.source import parse_spec
from perennial.training import fairness_errors, fairness_rates
from perennial.training.groups import FEW_VALUES

from tests.unit.fairness.people import a_spec

GUIDE = (Path(__file__).parents[3] / "docs" / "fairness.md").read_text(encoding="utf-8")
HEAD = """name: m
task: binary
target: y
positive_class: yes
features:
  gender: {type: category}
  age: {type: integer}
"""


@pytest.mark.parametrize("measure", Disparity)
def test_every_distance_is_explained(measure: Disparity) -> None:
    assert f"`{measure.value}`" in GUIDE


def test_every_measure_of_a_group_is_explained() -> None:
    of_rates = {name for names in fairness_rates.COMPARED.values() for name in names}
    of_errors = set(fairness_errors.COMPARED.values()) | {fairness_errors.CALIBRATION_ERROR}
    others = {fairness_rates.BASE_RATE, fairness_rates.FALSE_NEGATIVE_RATE}
    for name in of_rates | of_errors | others:
        assert f"`{name}`" in GUIDE, name


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"Of a group below {HIDDEN_BELOW} rows nothing is told" in GUIDE
    assert FEW_VALUES == 10
    assert "up to ten different values are groups" in " ".join(GUIDE.split())
    for name in Fairness.model_fields:
        assert name in GUIDE, name
    for goal in Goal:
        assert f"`{goal.value}`" in GUIDE
    assert {method.value for method in Method} == {"none", "reweighing", "threshold"}


def test_its_examples_are_valid() -> None:
    section, mitigation = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert parse_spec(HEAD + section).fairness.gates[1].columns == ("gender",)
    whole = "fairness:\n  columns: [gender]\n" + mitigation
    assert parse_spec(HEAD + whole).fairness.mitigation.method is Method.THRESHOLD


def test_a_spec_without_it_is_as_it_was() -> None:
    assert a_spec().fairness == Fairness()
