"""A candidate that treats groups too differently is kept out, and told why."""

from __future__ import annotations

from typing import Any

import pytest
from perennial.evaluation import fairness_gates
from perennial.evaluation.record import GateResult
from perennial.training.fairness import fairness_of

from tests.unit.fairness.people import a_spec, answers

ALIKE = {"f": (30, 10, 6, 54), "m": (60, 20, 12, 108)}
APART = {"f": (10, 30, 6, 54), "m": (70, 10, 12, 108)}
FEW = {"f": (3, 1, 0, 6), "m": (60, 20, 12, 108)}
SLIGHT = {"f": (30, 10, 6, 54), "m": (66, 14, 12, 108)}


def judged(cells: dict[str, Any], *gates: dict[str, Any], **given: Any) -> tuple[GateResult, ...]:
    spec = a_spec(fairness={"columns": ["sex"], "gates": list(gates), **given})
    rows, outcome = answers(cells)
    found = fairness_of(spec, rows, outcome, run_id="r", artifact_digest="d")
    return fairness_gates.judge(spec, found)


OPPORTUNITY = {"measure": "equal_opportunity_difference", "maximum": 0.1}
PARITY = {"measure": "demographic_parity_ratio", "minimum": 0.8}


def test_groups_that_are_alike_pass() -> None:
    results = judged(ALIKE, OPPORTUNITY, PARITY)
    assert [one.passed for one in results] == [True, True]
    assert results[0].sentence.startswith("equal_opportunity_difference by sex 0 ≤ 0.1 (95 %")
    assert results[1].sentence.startswith("demographic_parity_ratio by sex 1 ≥ 0.8 (95 % interval")


def test_a_difference_above_its_bound_keeps_out_and_says_between_whom() -> None:
    (result,) = judged(APART, OPPORTUNITY)
    assert not result.passed
    assert result.sentence.startswith("equal_opportunity_difference by sex 0.625 > 0.1 (95 %")
    assert result.sentence.endswith(") between f and m")


def test_a_ratio_below_its_bound_keeps_out() -> None:
    (result,) = judged(APART, PARITY)
    assert not result.passed
    assert "demographic_parity_ratio by sex 0.39 < 0.8" in result.sentence


def test_a_gate_beyond_chance_forgives_what_chance_explains_and_nothing_else() -> None:
    gate = {"measure": "equal_opportunity_difference", "maximum": 0.05}
    (strict,) = judged(SLIGHT, gate)
    (patient,) = judged(SLIGHT, gate | {"beyond_chance": True})
    assert (strict.passed, patient.passed) == (False, True)
    assert patient.sentence.endswith("which is within chance")
    (certain,) = judged(APART, gate | {"beyond_chance": True})
    assert not certain.passed
    assert certain.sentence.endswith("which is beyond chance")


def test_a_gate_that_cannot_be_judged_is_not_passed() -> None:
    (result,) = judged(FEW, OPPORTUNITY)
    assert not result.passed
    assert "cannot be judged: fewer than two groups by sex have 30 rows" in result.sentence


def test_a_group_with_too_few_positives_is_not_judged_by_them() -> None:
    cells = {"f": (5, 0, 20, 75), "m": (60, 20, 12, 108)}
    parity, opportunity = judged(cells, PARITY | {"minimum": 0.1}, OPPORTUNITY)
    assert parity.passed
    assert not opportunity.passed
    assert "fewer than two groups have 30 rows that count for it" in opportunity.sentence


def test_a_gate_on_crossed_columns_is_about_their_intersections_only() -> None:
    from tests.unit.fairness.test_groups import found_of

    gate = {"measure": "accuracy_difference", "maximum": 1.0, "columns": ["age", "sex"]}
    fairness = {"columns": ["sex", "age"], "gates": [gate]}
    found = found_of(fairness, sex=["f", "m"] * 80, age=[20, 20, 50, 50] * 40)
    (result,) = fairness_gates.judge(a_spec(fairness=fairness), found)
    assert result.sentence.startswith("accuracy_difference by sex and age")


@pytest.mark.parametrize("columns", [[], ["sex"]])
def test_a_gate_without_columns_is_about_each_alone(columns: list[str]) -> None:
    from tests.unit.fairness.test_groups import found_of

    gate = {"measure": "accuracy_difference", "maximum": 1.0, "columns": columns}
    fairness = {"columns": ["sex", "age"], "gates": [gate]}
    found = found_of(fairness, sex=["f", "m"] * 80, age=[20, 20, 50, 50] * 40)
    results = fairness_gates.judge(a_spec(fairness=fairness), found)
    assert len(results) == (1 if columns else 2)


def test_of_several_classes_the_one_furthest_apart_decides() -> None:
    import numpy as np
    import pyarrow as pa
    from perennial.evaluation.measures import Classified

    sex = np.repeat(["f", "m"], 300)
    truth = np.tile(np.repeat([0, 1, 2], 100), 2)
    decided = truth.copy()
    decided[(sex == "f") & (truth == 2)] = 1
    outcome = Classified(("a", "b", "c"), truth, np.eye(3)[decided] * 0.7 + 0.1)
    gate = {"measure": "equal_opportunity_difference", "maximum": 0.1}
    spec = a_spec("multiclass", fairness={"columns": ["sex"], "gates": [gate]})
    found = fairness_of(spec, pa.table({"sex": sex}), outcome, run_id="r", artifact_digest="d")
    (result,) = fairness_gates.judge(spec, found)
    assert not result.passed
    assert result.sentence.endswith("between f and m for c")
