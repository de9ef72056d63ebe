"""A function learns from its environment what it needs, and says clearly what is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from perennial.errors import MissingSetting, UnknownModel
from perennial.settings import DEFAULT_SPECS, Settings, SpecStore
from perennial.spec import ModelSpec

NAMES = {
    "table": "PERENNIAL_TABLE",
    "data_bucket": "PERENNIAL_DATA_BUCKET",
    "artifact_bucket": "PERENNIAL_ARTIFACT_BUCKET",
    "state_machine": "PERENNIAL_STATE_MACHINE",
    "code_version": "PERENNIAL_CODE_VERSION",
}


@pytest.mark.parametrize(("name", "variable"), NAMES.items())
def test_each_setting_is_one_variable(name: str, variable: str) -> None:
    assert getattr(Settings({variable: "value"}), name) == "value"


@pytest.mark.parametrize(("name", "variable"), NAMES.items())
@pytest.mark.parametrize("environment", [{}, {"empty": ""}])
def test_a_missing_variable_is_named(name: str, variable: str, environment: dict[str, str]) -> None:
    with pytest.raises(MissingSetting, match=re.escape(f"{variable} is not set")):
        getattr(Settings(environment | {variable: ""}), name)


def test_the_environment_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    monkeypatch.setenv("PERENNIAL_TABLE", "late")
    assert settings.table == "late"


@pytest.fixture
def specs(tmp_path: Path) -> SpecStore:
    spec = ModelSpec.model_validate(
        {
            "name": "bank",
            "task": "binary",
            "target": "y",
            "positive_class": "yes",
            "features": {"x": {"type": "number"}},
        }
    )
    (tmp_path / "bank.json").write_text(spec.model_dump_json())
    (tmp_path / "notes.txt").write_text("no spec")
    return SpecStore(tmp_path)


def test_a_model_is_deployed_when_its_spec_is_there(specs: SpecStore) -> None:
    assert specs.models() == ("bank",)
    assert specs.spec_of("bank").target == "y"


@pytest.mark.parametrize("name", ["wine", "notes", "../bank", "", "BANK"])
def test_any_other_model_is_unknown(specs: SpecStore, name: str) -> None:
    with pytest.raises(UnknownModel):
        specs.spec_of(name)


def test_without_a_folder_no_model_is_deployed(tmp_path: Path) -> None:
    assert SpecStore(tmp_path / "nothing").models() == ()
    assert Settings({}).specs == SpecStore(Path(DEFAULT_SPECS))
    assert Settings({"PERENNIAL_SPECS": "x"}).specs == SpecStore(Path("x"))


def test_reading_settings_does_not_cost_pydantic() -> None:
    code = "import sys, perennial.settings; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
