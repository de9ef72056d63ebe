"""Telco churn as published: fair by gender, unfair by age, and what mending that costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest
from perennial.registry import layout
from perennial.spec import FeatureType, ModelSpec, load_spec

from tests.unit.training.samples import RUN, trained

ROOT = Path(__file__).parents[3]
FILE = ROOT.parent / "shared" / "data" / "telco-churn.csv"
ARROW = {FeatureType.NUMBER: pa.float64(), FeatureType.INTEGER: pa.int64()}


@pytest.fixture(scope="module")
def churn() -> pa.Table:
    if not FILE.exists():
        pytest.skip("telco-churn.csv is not in ../shared/data beside this checkout")
    read = pa.csv.ConvertOptions(strings_can_be_null=True, null_values=["", " "])
    table = pa.csv.read_csv(FILE, convert_options=read)
    spec = load_spec(ROOT / "models" / "telco-churn.yaml")
    kinds = {name: ARROW.get(one.type, pa.string()) for name, one in spec.features.items()}
    kinds[spec.target] = pa.string()
    return pa.table({name: table[name].cast(kinds[name]) for name in spec.columns})


@pytest.fixture(scope="module")
def found(churn: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The shipped model, its rows weighed by age, beside the same without weights."""
    shipped = load_spec(ROOT / "models" / "telco-churn.yaml").model_dump(mode="json")
    shipped["algorithm"]["parameters"] |= {"learning_rate": 0.1}  # in a third of the rounds
    mitigation = {"method": "reweighing", "column": "SeniorCitizen"}
    section = {"columns": ["gender", "SeniorCitizen"], "show_groups": True}
    spec = ModelSpec.model_validate(shipped | {"fairness": section | {"mitigation": mitigation}})
    store, _ = trained(tmp_path_factory.mktemp("churn"), spec, churn, threads=1)
    read: dict[str, Any] = json.loads(store.read(RUN + layout.FAIRNESS))
    return read


def parity(apart: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in apart if one["measure"] == "demographic_parity_difference")


def test_churn_is_told_alike_of_men_and_women_and_not_of_old_and_young(
    found: dict[str, Any],
) -> None:
    gender, _, both = found["groupings"]
    assert parity(gender["apart"])["low"] == 0
    assert parity(found["mitigation"]["apart_before"])["low"] > 0.1
    assert len(both["groups"]) == 4
    assert sum(one["rows"] for one in both["groups"]) == found["rows"]


def test_reweighing_by_age_narrows_the_gap_at_little_cost(found: dict[str, Any]) -> None:
    done = found["mitigation"]
    assert done["apart_changes"]["demographic_parity_difference"]["high"] < 0
    assert done["changes"]["roc_auc"]["low"] > -0.02
