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


def found_of(churn: pa.Table, folder: Path, **given: Any) -> dict[str, Any]:
    shipped = load_spec(ROOT / "models" / "telco-churn.yaml").model_dump(mode="json")
    section = {"columns": ["gender", "SeniorCitizen"], "show_groups": True, **given}
    spec = ModelSpec.model_validate(shipped | {"fairness": section})
    store, _ = trained(folder, spec, churn, threads=2)
    found: dict[str, Any] = json.loads(store.read(RUN + layout.FAIRNESS))
    return found


def apart(grouping: dict[str, Any], measure: str) -> dict[str, Any]:
    return next(one for one in grouping["apart"] if one["measure"] == measure)


def test_churn_is_told_alike_of_men_and_women_and_not_of_old_and_young(
    churn: pa.Table, tmp_path: Path
) -> None:
    found = found_of(churn, tmp_path)
    gender, senior, both = found["groupings"]
    assert apart(gender, "demographic_parity_difference")["low"] == 0
    assert apart(senior, "demographic_parity_difference")["low"] > 0.1
    assert len(both["groups"]) == 4
    assert sum(one["rows"] for one in both["groups"]) == found["rows"]


def test_reweighing_by_age_narrows_the_gap(churn: pa.Table, tmp_path: Path) -> None:
    mitigation = {"method": "reweighing", "column": "SeniorCitizen"}
    done = found_of(churn, tmp_path, mitigation=mitigation)["mitigation"]
    change = done["apart_changes"]["demographic_parity_difference"]
    assert change["high"] < 0
    assert done["changes"]["roc_auc"]["low"] > -0.02
