"""The report of a run shows what its search tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import ArtifactError
from perennial.evaluation.search_section import read_search, search_sections
from perennial.report import Page, render
from perennial.tuning.records import Search

from tests.fakes.objects import InMemoryObjects

RUN = "s3://data/runs/m/r1/"


def trial(number: int, value: float | None, **given: Any) -> dict[str, Any]:
    return {
        "number": number,
        "round": 1,
        "algorithm": "xgboost",
        "parameters": {"max_depth": number + 2, "eta": 0.1},
        "state": "COMPLETE",
        "value": value,
        "curve": [{"round": 1, "train": 0.6, "validation": 0.7}],
        "seconds": 1.0,
    } | given


def written(*trials: dict[str, Any], best: int = 0, metric: str = "roc_auc") -> InMemoryObjects:
    """A search as it is written, by the record that writes it."""
    found = Search.model_validate(
        {
            "method": "random",
            "metric": metric,
            "seed": 0,
            "points": None,
            "trials": trials,
            "best": best,
            "default": {"state": "COMPLETE", "value": 0.5},
            "margin": None,
            "ended_by": "trials",
            "spent": {"minutes": 1.0, "dollars": 0.1, "prices_of": "2026-01-01"},
        }
    )
    store = InMemoryObjects()
    store.write(RUN + "search.json", found.model_dump_json().encode(), "")
    return store


def page(store: InMemoryObjects) -> str:
    sections = list(search_sections(read_search(RUN, store)))
    return render(Page(title="m", sections=sections))


def test_every_trial_is_drawn_and_the_best_are_listed_first() -> None:
    failed = trial(2, None, state="FAILED", reason="out of memory", curve=[])
    shown = page(written(trial(0, 0.7), trial(1, 0.9), failed, best=1))
    assert "3 trials by random search, judged by roc_auc; 2 came to their end" in shown
    assert shown.index("1 (best)") < shown.index(">0<")
    assert "out of memory" in shown
    assert "Learning curves of all trials" in shown
    assert "Trials by max_depth" in shown  # eta was the same in all


@pytest.mark.parametrize(("metric", "first"), [("roc_auc", "1"), ("log_loss", "0")])
def test_a_loss_is_the_better_the_lower_it_is(metric: str, first: str) -> None:
    whole = page(written(trial(0, 0.2), trial(1, 0.4), best=int(first), metric=metric))
    shown = whole.partition("<table")[2]
    assert shown.index(f"{first} (best)") < shown.index(f">{1 - int(first)}<")


def test_several_algorithms_have_an_axis_of_their_own() -> None:
    other = trial(1, 0.8, algorithm="ridge", parameters={"alpha": 1.0}, curve=[])
    assert "Trials by algorithm, max_depth, eta, alpha" in page(written(trial(0, 0.7), other))


def test_a_run_without_a_search_has_no_such_section() -> None:
    assert not list(search_sections(read_search(RUN, InMemoryObjects())))


def test_a_search_in_which_nothing_was_finished_has_nothing_to_show() -> None:
    lost = trial(0, None, state="LOST", reason="its job ended first", curve=[])
    with pytest.raises(ValueError, match="trial 0 is not there, or was not completed"):
        written(lost)


def test_a_damaged_search_is_told() -> None:
    store = InMemoryObjects()
    store.write(RUN + "search.json", json.dumps({"format": 1}).encode(), "")
    with pytest.raises(ArtifactError, match=r"search\.json of the run is damaged"):
        read_search(RUN, store)
