"""Public data sets are accepted by the specs that describe them, and by those drafted from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from perennial.data.infer import infer, render_spec
from perennial.data.validation import validate
from perennial.spec import load_spec
from perennial.spec.source import parse_spec

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
FILES = {
    "bank-marketing": ("bank-marketing.csv", "y", 41_188),
    "telco-churn": ("telco-churn.csv", "Churn", 7_043),
    "bike-sharing": ("bike-sharing-hour.csv", "cnt", 17_379),
}


def data(name: str) -> Path:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the checkout, in ../shared/data")
    return path


@pytest.mark.parametrize("model", FILES)
def test_a_described_file_is_accepted(model: str, tmp_path: Path) -> None:
    name, _, rows = FILES[model]
    spec = load_spec(ROOT / "models" / f"{model}.yaml")
    with data(name).open("rb") as stream:
        validation = validate(stream, name, spec, tmp_path)
    assert (validation.accepted, validation.reason, validation.rows) == (True, "", rows)


@pytest.mark.parametrize("model", FILES)
def test_a_drafted_spec_accepts_its_file(model: str, tmp_path: Path) -> None:
    name, target, rows = FILES[model]
    with data(name).open("rb") as stream:
        draft = infer(stream, name, target)
    spec = parse_spec(render_spec(draft, model), name)
    with data(name).open("rb") as stream:
        validation = validate(stream, name, spec, tmp_path)
    # One line of the bike sharing file holds a control character in a number.
    damaged = model == "bike-sharing"
    assert validation.rows == rows
    assert validation.accepted is not damaged, validation.reason
    assert not damaged or "column 'instant', line 161" in validation.reason
