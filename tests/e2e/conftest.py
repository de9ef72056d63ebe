"""One emulator with everything deployed, for all end-to-end tests of a session."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from emulator import control
from tests.e2e.platform import Platform

ROOT = Path(__file__).parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"
SPECS = ROOT / "build" / "e2e" / "models"
# What is deployed beside the defaults; and how fast alarms, schedules and waits are.
SETTINGS = {
    "PERENNIAL_SETTINGS": f"streams=true models={SPECS.relative_to(ROOT)}",
    "PERENNIAL_TIME_SCALE": "20",
}


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the emulator of this session keeps everything."""
    return tmp_path_factory.mktemp("emulator")


@pytest.fixture(scope="session")
def platform(state: Path) -> Iterator[Platform]:
    """Everything deployed by the command a person uses, with IAM enforced."""
    _collect_specs()
    environment = os.environ | {"PERENNIAL_STATE": str(state)} | SETTINGS
    command = [str(Path(sys.executable).parent / "perennial"), "up"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    emulator = control.running(state)
    assert emulator is not None
    assert emulator.enforce_iam
    deployed = Platform(emulator)
    deployed.read_outputs()
    yield deployed
    found = control.running(state)
    if found is not None:
        found.stop()


def _collect_specs() -> None:
    """The specs a user has, and those of the tests beside this file, in one folder.

    It stays, so that the templates are made anew only when a spec has changed.
    """
    SPECS.mkdir(parents=True, exist_ok=True)
    wanted = {
        path.name: _patient(path)
        for folder in (ROOT / "models", Path(__file__).with_name("models"))
        for path in folder.iterdir()
        if path.is_file()
    }
    for path in SPECS.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = SPECS / name
        if not path.exists() or path.read_bytes() != text:
            path.write_bytes(text)


def _patient(path: Path) -> bytes:
    """A spec whose model is not taken back because this machine is busy and answers late."""
    text = path.read_bytes()
    if path.suffix != ".yaml" or b"\nmonitoring:" in text:
        return text
    return text + b"\nmonitoring: {endpoint: {maximum_latency_ms: 30000}}\n"


@pytest.fixture(scope="session")
def breast_cancer() -> bytes:
    """Binary: 569 rows, 30 measurements, two diagnoses."""
    data = load_breast_cancer()
    labels = [str(data.target_names[code]) for code in data.target]
    return _table([*map(str, data.feature_names), "diagnosis"], data.data, labels)


@pytest.fixture(scope="session")
def wine() -> bytes:
    """Multiclass: 178 rows, 13 measurements, three growers."""
    data = load_wine()
    return _table([*map(str, data.feature_names), "cultivar"], data.data, data.target.tolist())


@pytest.fixture(scope="session")
def diabetes() -> bytes:
    """Regression: 442 rows, 10 measurements."""
    data = load_diabetes(scaled=False)
    return _table([*map(str, data.feature_names), "progression"], data.data, data.target.tolist())


def _table(header: list[str], rows: object, targets: Sequence[object]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row, target in zip(rows, targets, strict=True):  # type: ignore[call-overload]
        writer.writerow([*row.tolist(), target])
    return text.getvalue().encode()


def shared(name: str) -> bytes:
    """One of the real data sets that lie beside the checkout."""
    path = SHARED_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in ../shared/data beside this checkout")
    return path.read_bytes()
