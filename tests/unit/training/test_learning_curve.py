"""The learning curve: close together at first, to the last round, and never many points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.training.samples import a_spec, table, trained


def curve(folder: Path, **parameters: object) -> list[dict[str, Any]]:
    spec = a_spec("binary", parameters=parameters)
    found: list[dict[str, Any]] = trained(folder, spec, table(300, "binary"))[1]["learning_curve"]
    return found


@pytest.mark.parametrize("patience", [0, 500])
def test_the_curve_has_the_first_rounds_and_the_last_one(tmp_path: Path, patience: int) -> None:
    points = curve(tmp_path, num_boost_round=157, early_stopping_rounds=patience)
    rounds = [point["round"] for point in points]
    assert rounds[:20] == list(range(1, 21))
    assert rounds[-1] == 157
    assert rounds == sorted(set(rounds))
    assert len(rounds) < 50
    assert points[0]["train"] > points[-1]["train"] > 0


def test_the_curve_is_the_same_with_and_without_early_stopping(tmp_path: Path) -> None:
    folders = tmp_path / "stopped", tmp_path / "whole"
    for folder in folders:
        folder.mkdir()
    watched = curve(folders[0], num_boost_round=60, early_stopping_rounds=500)
    assert watched == curve(folders[1], num_boost_round=60, early_stopping_rounds=0)


def test_the_last_of_several_metrics_is_drawn(tmp_path: Path) -> None:
    points = curve(tmp_path, num_boost_round=5, eval_metric="auc")
    assert all(0.5 < point["train"] <= 1 for point in points)
