"""What evaluation makes of `fairness.json`: gates, the report, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from perennial.errors import ArtifactError
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.record import Evaluation
from perennial.evaluation.report import report
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import Subject, read_subject
from perennial.registry import layout

from tests.unit.fairness.people import a_spec, people
from tests.unit.fairness.test_thresholds import LAWFUL
from tests.unit.training.samples import RUN, FolderStore, trained

GATE = {"measure": "demographic_parity_difference", "maximum": 0.1, "columns": ["sex"]}
QUICK = {"num_boost_round": 30}


def a_run(folder: Path, **fairness: Any) -> FolderStore:
    section = {"columns": ["sex", "member"], **fairness}
    spec = a_spec(fairness=section, parameters=QUICK, sensitive=["sex"])
    return trained(folder, spec, people(1500))[0]


def subject(store: FolderStore) -> Subject:
    return read_subject(RUN, None, store, load_scorer)


def page(store: FolderStore) -> tuple[Evaluation, str]:
    about = subject(store)
    found = evaluate(about)
    return found, report(found, about.training)


def test_a_candidate_is_gated_because_of_what_it_does_to_a_group(tmp_path: Path) -> None:
    found = evaluate(subject(a_run(tmp_path, gates=[GATE])))
    assert found.outcome == "GATED"
    assert found.reason.startswith("demographic_parity_difference by sex 0.")
    assert "between group 2 and group 1" in found.reason


def test_a_candidate_that_is_fair_enough_passes_and_says_so(tmp_path: Path) -> None:
    found = evaluate(subject(a_run(tmp_path, gates=[GATE | {"columns": ["member"]}])))
    assert found.outcome == "PASSED"
    assert any("by member" in sentence for sentence in found.gates)
    assert found.fairness is not None
    assert Evaluation.model_validate_json(found.model_dump_json()) == found


def test_a_mitigated_candidate_passes_the_gate_that_kept_it_out(tmp_path: Path) -> None:
    mitigation = {
        "method": "threshold",
        "column": "sex",
        "goal": "demographic_parity",
        "lawful": LAWFUL,
    }
    loose = GATE | {"maximum": 0.2}
    for name in ("plain", "mitigated"):
        (tmp_path / name).mkdir()
    assert evaluate(subject(a_run(tmp_path / "plain", gates=[loose]))).outcome == "GATED"
    found = evaluate(subject(a_run(tmp_path / "mitigated", gates=[loose], mitigation=mitigation)))
    assert found.outcome == "PASSED", found.reason


def test_metrics_and_groups_are_about_the_same_decisions(tmp_path: Path) -> None:
    """Thresholds by group are those of the evaluation, too."""
    mitigation = {"method": "threshold", "column": "sex", "lawful": LAWFUL}
    found = evaluate(subject(a_run(tmp_path, mitigation=mitigation, minimum_group=10)))
    assert found.fairness is not None
    assert found.fairness.mitigation is not None
    assert found.metrics["accuracy"] == found.fairness.mitigation.after["accuracy"]
    assert found.metrics["accuracy"] != found.fairness.mitigation.before["accuracy"]


def test_no_report_names_the_groups_of_a_sensitive_column(tmp_path: Path) -> None:
    for name, shown in (("closed", False), ("open", True)):
        (tmp_path / name).mkdir()
        mitigation = {"method": "reweighing", "column": "sex"}
        store = a_run(tmp_path / name, show_groups=shown, mitigation=mitigation)
        _, text = page(store)
        assert (">f<" in text) is shown
        assert (">group 1<" in text) is not shown
        assert ">true<" in text  # of a column that is not sensitive


def test_the_report_shows_groups_intersections_and_what_a_mitigation_cost(tmp_path: Path) -> None:
    mitigation = {"method": "threshold", "column": "sex", "lawful": LAWFUL}
    _, text = page(a_run(tmp_path, mitigation=mitigation, minimum_group=10))
    for told in (
        "Fairness by sex",
        "Fairness by member",
        "Fairness by sex and member",
        "true positive rate",
        "Groups by sex have thresholds of their own.",
        LAWFUL,
        "95 % interval of the change",
        "by the threshold of each group by sex",
    ):
        assert told in text, told


def test_a_report_without_groups_says_nothing_of_them(tmp_path: Path) -> None:
    store, _ = trained(tmp_path, a_spec(parameters=QUICK), people(400))
    found, text = page(store)
    assert found.fairness is None
    assert "Fairness" not in text


def test_a_comparison_that_is_missing_or_about_another_candidate_is_refused(
    tmp_path: Path,
) -> None:
    store = a_run(tmp_path)
    document = json.loads(store.read(RUN + layout.FAIRNESS))
    changed = json.dumps(document | {"artifact_digest": "0" * 64}).encode()
    store.write(RUN + layout.FAIRNESS, changed, "application/json")
    with pytest.raises(ArtifactError, match=r"fairness\.json of the run is about another"):
        subject(store)
    store.path(RUN + layout.FAIRNESS).unlink()
    with pytest.raises(ArtifactError, match=r"fairness\.json of the run is missing"):
        subject(store)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_every_task_has_its_report(task: str, tmp_path: Path) -> None:
    section = {"columns": ["sex", "age"], "minimum_group": 10}
    spec = a_spec(task, fairness=section, parameters=QUICK)
    store, _ = trained(tmp_path, spec, people(900, task=task))
    found, text = page(store)
    assert found.fairness is not None
    assert all(one.apart for one in found.fairness.groupings)
    assert "Fairness by sex and age" in text
    assert "age has many values and is cut at its quartiles" in text.lower()
