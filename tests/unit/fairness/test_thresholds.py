"""Thresholds by group: chosen as asked, and applied alike wherever a version answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import ArtifactError
from perennial.evaluation.scoring import load_scorer
from perennial.features.columns import Columns
from perennial.portable.bundle import bundle
from perennial.registry import layout
from perennial.scoring.model import load_model
from perennial.serving.artifact import digest_of, load_artifact, write_artifact
from perennial.serving.engine import Engine, engine_of
from perennial.spec.fairness import Goal
from perennial.training.group_thresholds import balanced_thresholds

from tests.fakes.records import a_version
from tests.unit.fairness.people import a_spec, people
from tests.unit.training.samples import RUN, FolderStore, trained

LAWFUL = "A law that does not exist asks for it here."
ROWS = 1500


def a_section(**mitigation: Any) -> dict[str, Any]:
    chosen = {"method": "threshold", "lawful": LAWFUL, "column": "sex"} | mitigation
    return {
        "columns": ["sex", "age"],
        "bins": {"age": [30, 50]},
        "minimum_group": 10,
        "mitigation": chosen,
    }


@pytest.fixture(scope="module", params=["sex", "age"])
def mitigated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An artifact with thresholds by labels, or by bins of a number."""
    spec = a_spec(fairness=a_section(column=request.param), parameters={"num_boost_round": 30})
    store, _ = trained(tmp_path_factory.mktemp("trained"), spec, people(ROWS))
    return store.read(RUN + layout.CANDIDATE)


def engine(artifact: bytes) -> Engine:
    return engine_of(artifact, digest_of(artifact))


ASKED = people(120, seed=9).drop_columns(["y"])


def test_every_way_of_answering_gives_the_same_labels(mitigated: bytes) -> None:
    rows = ASKED.to_pylist()
    by_row = [one.value for row in rows for one in engine(mitigated).predict([row])]
    together = engine(mitigated).predict(rows).values
    columns = Columns({name: ASKED[name].to_pylist() for name in ASKED.column_names}, len(rows))
    by_column = engine(mitigated).predict(columns).values
    table = load_model(mitigated, digest_of(mitigated))
    scores = table.scores(table.check(ASKED).codes(slice(None)))
    of_file = table.predictions(scores, ASKED, np.arange(len(rows))).to_pylist()
    scorer = load_scorer(mitigated, digest_of(mitigated))
    (batch,) = ASKED.combine_chunks().to_batches()
    least = scorer.thresholds(batch)
    assert least is not None
    held_out = [("no", "yes")[int(p)] for p in scorer.scores(batch)[0][:, 1] >= least]
    assert by_row == together == by_column == of_file == held_out
    assert {"no", "yes"} == set(by_row)


def test_a_bundle_without_any_library_gives_them_too(mitigated: bytes, tmp_path: Path) -> None:
    version = a_version(artifact_digest=digest_of(mitigated), receipt_digest="a" * 64)
    path = tmp_path / "m.pyz"
    path.write_bytes(bundle(version, mitigated)[0])
    command = [sys.executable, "-I", "-S", str(path)]
    asked = json.dumps({"rows": ASKED.to_pylist()})
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60)
    told = [one["prediction"] for one in json.loads(done.stdout)["predictions"]]
    assert told == engine(mitigated).predict(ASKED.to_pylist()).values


def test_groups_do_have_thresholds_of_their_own(mitigated: bytes) -> None:
    stated = load_artifact(mitigated, digest_of(mitigated)).manifest["group_thresholds"]
    assert len(set(stated["values"])) > 1


def test_a_group_decides_the_label_at_one_and_the_same_probability(mitigated: bytes) -> None:
    loaded = load_artifact(mitigated, digest_of(mitigated))
    stated = loaded.manifest["group_thresholds"]
    found = engine(mitigated).predict(ASKED.to_pylist())
    for row, said in zip(ASKED.to_pylist(), found, strict=True):
        value = row[stated["feature"]]
        if value is None:
            least = stated["missing"]
        elif stated["edges"] is None:
            least = stated["values"]["fm".index(value)]
        else:
            least = stated["values"][sum(value >= edge for edge in stated["edges"])]
        assert said.probabilities is not None
        assert (said.value == "yes") is (said.probabilities["yes"] >= least)


def test_a_file_as_text_is_scored_by_the_same_thresholds(mitigated: bytes) -> None:
    table = load_model(mitigated, digest_of(mitigated))
    texts = pa.table({name: ASKED[name].cast(pa.string()) for name in ASKED.column_names})
    places = np.arange(ASKED.num_rows)
    scores = table.scores(table.check(ASKED).codes(slice(None)))
    assert table.predictions(scores, texts, places) == table.predictions(scores, ASKED, places)


def test_an_artifact_without_them_is_byte_for_byte_what_it_was(tmp_path: Path) -> None:
    spec = a_spec(parameters={"num_boost_round": 5})
    store, _ = trained(tmp_path, spec, people(300))
    data = store.read(RUN + layout.CANDIDATE)
    manifest = load_artifact(data, digest_of(data)).manifest
    assert "group_thresholds" not in manifest
    assert not store.exists(RUN + layout.FAIRNESS)


@pytest.mark.parametrize(
    "damage",
    [{"feature": "gone"}, {"values": ["x"]}, {"missing": None}, {"edges": "abc"}],
)
def test_damaged_thresholds_are_refused_at_load(mitigated: bytes, damage: dict[str, Any]) -> None:
    loaded = load_artifact(mitigated, digest_of(mitigated))
    stated = loaded.manifest["group_thresholds"] | damage
    entries = {name: data for name, data in loaded.entries.items() if name != "artifact.json"}
    broken = write_artifact({**loaded.manifest, "group_thresholds": stated}, entries)
    with pytest.raises(ArtifactError, match="thresholds by group are damaged"):
        engine(broken)


def test_thresholds_are_the_same_in_every_training(tmp_path: Path) -> None:
    spec = a_spec(fairness=a_section(), parameters={"num_boost_round": 10})
    found = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        found.add(trained(tmp_path / name, spec, people(600))[0].read(RUN + layout.CANDIDATE))
    assert len(found) == 1


@pytest.mark.parametrize("goal", list(Goal))
def test_the_rate_of_the_goal_is_made_equal(goal: Goal) -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 2, 4000)
    truth = random.random(4000) < np.where(codes == 0, 0.2, 0.6)
    scores = np.clip(0.3 * truth + 0.3 * codes + random.normal(0.2, 0.15, 4000), 0, 1)
    (first, second), rows = balanced_thresholds(scores, truth, codes, 2, goal, fewest=30, alike=0.5)
    called = scores >= np.where(codes == 0, first, second)
    counting = truth if goal is Goal.EQUAL_OPPORTUNITY else np.ones(4000, dtype=bool)
    rates = [called[counting & (codes == group)].mean() for group in (0, 1)]
    assert rates[0] == pytest.approx(rates[1], abs=0.01)
    assert first < second
    assert sum(rows) == counting.sum()


def test_a_group_too_small_keeps_the_threshold_of_all() -> None:
    random = np.random.default_rng(0)
    codes = np.array([0] * 200 + [1] * 200 + [2] * 8)
    truth, scores = random.random(408) < 0.4, random.random(408)
    found, rows = balanced_thresholds(
        scores, truth, codes, 3, Goal.DEMOGRAPHIC_PARITY, fewest=30, alike=0.321
    )
    assert (found[2], rows[2]) == (0.321, 0)
    assert 0.321 not in found[:2]


@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.sampled_from(list(Goal)))
def test_any_rows_give_usable_thresholds(seed: int, rows: int, goal: Goal) -> None:
    random = np.random.default_rng(seed)
    scores = np.round(random.random(rows), random.integers(0, 4))
    found, _ = balanced_thresholds(
        scores,
        random.random(rows) < 0.5,
        random.integers(0, 3, rows),
        3,
        goal,
        fewest=5,
        alike=0.5,
    )
    assert all(0 <= one <= 1 for one in found)


def test_what_it_changed_and_cost_is_shown_with_intervals(tmp_path: Path) -> None:
    section = a_section(goal="demographic_parity") | {"show_groups": True}
    spec = a_spec(fairness=section, parameters={"num_boost_round": 40})
    store, _ = trained(tmp_path, spec, people(3000))
    done = mitigation_of(store)
    before, after = (
        next(
            one["value"]
            for one in done[f"apart_{when}"]
            if one["measure"] == "demographic_parity_difference"
        )
        for when in ("before", "after")
    )
    assert before > 0.3 > after
    change = done["apart_changes"]["demographic_parity_difference"]
    assert change["value"] == pytest.approx(after - before)
    assert change["low"] < change["value"] < change["high"] < 0
    cost = done["changes"]["accuracy"]
    assert cost["value"] == pytest.approx(done["after"]["accuracy"] - done["before"]["accuracy"])
    assert cost["low"] < cost["value"] < cost["high"]
    assert done["changes"]["roc_auc"]["value"] == 0
    assert done["lawful"] == LAWFUL
    thresholds = {one["label"]: one["threshold"] for one in done["groups"]}
    assert thresholds["f"] < done["threshold"] < thresholds["m"]


def mitigation_of(store: FolderStore) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.read(RUN + layout.FAIRNESS))["mitigation"]
    return found
