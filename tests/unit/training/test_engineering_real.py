"""Steps on a public data set: trained, served, scored as a file and explained, all alike."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from perennial.data.validation import validate
from perennial.scoring.model import load_model
from perennial.serving.engine import engine_of
from perennial.spec import ModelSpec, load_spec

from tests.unit.training.samples import RUN, trained

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data" / "telco-churn.csv"
ENGINEERING: dict[str, Any] = {
    "steps": [
        {"step": "ratio", "columns": ["TotalCharges", "tenure"], "name": "per_month"},
        {"step": "difference", "columns": ["MonthlyCharges", "per_month"], "name": "raise"},
        {"step": "log", "column": "TotalCharges"},
        {"step": "bin", "column": "tenure", "method": "edges", "edges": [6, 12, 24, 48]},
        {"step": "one_hot", "column": "PaymentMethod"},
        {"step": "one_hot", "column": "gender"},
        {
            "step": "ordinal",
            "column": "Contract",
            "order": ["Month-to-month", "One year", "Two year"],
        },
        {"step": "target", "column": "InternetService"},
        {"step": "scale", "columns": ["MonthlyCharges"]},
        {
            "step": "reduce",
            "columns": ["tenure", "MonthlyCharges", "TotalCharges"],
            "components": 2,
        },
    ],
    "drop": ["PaymentMethod", "gender"],
    "selection": {"cumulative": 0.995},
}


def test_churn_of_telephone_customers(tmp_path: Path) -> None:
    if not DATA.is_file():
        pytest.skip("telco-churn.csv is not beside the checkout, in ../shared/data")
    plain = load_spec(ROOT / "models" / "telco-churn.yaml").model_dump(mode="json")
    short = {"algorithm": {"name": "xgboost", "parameters": {"num_boost_round": 30}}}
    spec = ModelSpec.model_validate(plain | short | {"engineering": ENGINEERING})
    with DATA.open("rb") as stream:
        validation = validate(stream, DATA.name, spec, tmp_path)
    assert validation.accepted, validation.reason
    rows = pq.read_table(tmp_path / "data.parquet")
    store, found = trained(tmp_path, spec, rows)
    data = store.read(RUN + "candidate.zip")
    digest = hashlib.sha256(data).hexdigest()
    engine, model = engine_of(data, digest), load_model(data, digest)
    checked = model.check(rows)
    assert checked.refused is None
    sent = rows.drop_columns([spec.target]).to_pylist()[:1000]
    codes = np.frombuffer(engine.encoder.encode(sent), np.float32).reshape(len(sent), -1)
    some = checked.codes(slice(0, len(sent)))
    assert codes.tobytes() == some.tobytes()
    served = [one.probabilities["Yes"] for one in engine.predict(sent) if one.probabilities]
    assert served == model.scores(some)[:, 1].tolist()
    names = [one["feature"] for one in engine.explain(sent[:1])[0].document(0)["contributions"]]  # type: ignore[attr-defined]
    assert {"per_month", "raise"} & {*names}
    assert not any("gender=" in name and "ale" in name for name in map(str, found["selection"]))
    left_out = [one for one in found["selection"] if not one["kept"]]
    assert left_out
    assert all("reach" in one["reason"] for one in left_out)
