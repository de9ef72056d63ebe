"""What is tested, what trains and what serves is one set of versions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.infrastructure.templates import ROOT

LOCKS = sorted(
    path for place in ("layers", "functions") for path in ROOT.glob(f"{place}/*/requirements.lock")
)
PIN = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)
Pin = tuple[str, str, str]


def pins(lock: Path) -> set[Pin]:
    """Name, version and marker of everything in a lock file."""
    return set(PIN.findall(lock.read_text("utf-8")))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_has_the_versions_that_are_tested(lock: Path) -> None:
    tested = {(name, version) for name, version, _ in pins(ROOT / "requirements.lock")}
    ours = {(name, version) for name, version, _ in pins(lock)}
    assert ours
    assert ours <= tested


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_every_package_is_pinned_by_its_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text("utf-8").strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_a_model_is_served_by_the_library_that_trained_it() -> None:
    trained = pins(ROOT / "functions" / "train" / "requirements.lock")
    served = pins(ROOT / "layers" / "serving" / "requirements.lock")
    assert {pin for pin in served if pin[0] == "xgboost-cpu"} == {
        pin for pin in trained if pin[0] == "xgboost-cpu"
    }
