"""A search goes on round by round, whatever becomes of its jobs, until its budget is used up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from perennial.errors import TrainingFailed
from perennial.spec import Algorithm
from perennial.tuning import budget
from perennial.tuning.files import SearchFiles
from perennial.tuning.records import Proposal, Search, State, Trial
from perennial.tuning.step import Step, next_step

from tests.unit.training.samples import RUN, FolderStore, table
from tests.unit.tuning.searching import SIZE, a_search, begun

HOUR = {"jobs": 1.0, "job_seconds": 3600.0, "vcpu_seconds": 3600.0, "gib_seconds": 7200.0}


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A run whose search begins, and trials that end as a test says."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.clock = Clock()
        self.store: FolderStore
        self.store, self.job = begun(folder, a_search(**given), table(60, "binary"))
        self.files = SearchFiles(RUN, self.store)

    def step(self, ran: int, usage: dict[str, float] | None = None) -> Step:
        return next_step(self.files, ran, usage or {}, SIZE, self.clock)

    def proposals(self, number: int) -> tuple[Proposal, ...]:
        found = self.files.round(number)
        assert found is not None
        return found.proposals

    def end(self, number: int, *, skip: tuple[int, ...] = (), **given: Any) -> None:
        for one in self.proposals(number):
            if one.number not in skip:
                trial = Trial(
                    number=one.number,
                    round=number,
                    algorithm=one.algorithm,
                    parameters=one.parameters,
                    state=State.COMPLETE,
                    value=0.5 + one.number / 100,
                )
                self.files.write_trial(trial.model_copy(update=given))

    def found(self) -> Search:
        search = self.files.search()
        assert search is not None
        return search


def test_a_round_is_divided_into_jobs(tmp_path: Path) -> None:
    found = World(tmp_path, trials_per_round=5, trials_per_job=2, concurrency=7).step(0)
    assert found.jobs == ((0, 1), (2, 3), (4,))
    assert (found.ended, found.round, found.concurrency) == (False, 1, 7)


def test_the_workflow_is_told_references_and_text(tmp_path: Path) -> None:
    told = World(tmp_path, trial_minutes=1).step(0).to_json(SIZE)
    assert told == {
        "outcome": "TRIALS",
        "round": 1,
        "jobs": [
            {"round": "1", "trials": "0,1", "vcpus": "1", "memory": "2048"},
            {"round": "1", "trials": "2", "vcpus": "1", "memory": "2048"},
        ],
        "concurrency": 4,
        "timeout": 600 + 2 * 60,
    }


def test_a_step_that_is_repeated_proposes_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.step(0)
    proposed = world.files.round(1)
    world.clock.now += 50
    assert world.step(0) == first
    assert world.files.round(1) == proposed


def test_a_search_that_is_begun_again_runs_only_what_has_not_ended(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.step(0)
    world.end(1, skip=(1,))
    assert world.step(0).jobs == ((1,),)
    world.end(1)
    assert world.step(0).jobs == ()


def test_what_a_job_left_undone_is_lost_and_the_search_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.step(0)
    world.files.begin(2, 1)
    world.end(1, skip=(1, 2))
    assert not world.step(1).ended
    one, two = world.files.trial(1), world.files.trial(2)
    assert one is not None
    assert two is not None
    assert (one.state, one.reason) == (State.LOST, "its job ended before it began")
    assert (two.state, two.reason) == (State.LOST, "its job ended before it did")


def test_a_search_of_which_everything_is_lost_fails_with_the_reason(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.step(0)
    world.end(1, state=State.FAILED, value=None, reason="xgboost: no such thing")
    with pytest.raises(TrainingFailed, match="none of 3 trials was completed; xgboost: no such"):
        world.step(1)


def test_trials_end_a_search(tmp_path: Path) -> None:
    world = World(tmp_path, trials=4)
    world.step(0)
    world.end(1)
    assert [len(job) for job in world.step(1).jobs] == [1]
    world.end(2)
    assert world.step(2).ended
    found = world.found()
    assert (found.ended_by, found.best, len(found.trials)) == ("trials", 3, 4)
    assert found.margin is not None
    assert found.margin.value == pytest.approx(0.03)


def test_minutes_end_a_search_between_rounds_and_jobs_before(tmp_path: Path) -> None:
    world = World(tmp_path, minutes=2)
    began = world.clock.now
    world.step(0)
    found = world.files.round(1)
    assert found is not None
    assert found.deadline == began + 120
    world.end(1, skip=(2,))
    world.clock.now += 130
    assert world.step(1).ended
    assert world.found().ended_by == "minutes"
    assert world.found().trials[2].reason == "the budget was used up before it began"


def test_dollars_end_a_search_and_limit_the_jobs_of_a_round(tmp_path: Path) -> None:
    world = World(tmp_path, dollars=0.10, trials=20)
    world.step(0)
    first = world.files.round(1)
    assert first is not None
    assert first.job_seconds == pytest.approx(0.10 / (2 * SIZE.dollars_per_second))
    world.end(1)
    spent = budget.spent(HOUR)
    assert 0.03 < spent < 0.10
    world.step(1, HOUR)
    second = world.files.round(2)
    assert second is not None
    assert second.job_seconds == pytest.approx((0.10 - spent) / (2 * SIZE.dollars_per_second))
    world.end(2)
    assert world.step(2, {name: 3 * value for name, value in HOUR.items()}).ended
    assert world.found().ended_by == "dollars"
    assert world.found().spent.dollars == pytest.approx(3 * spent, abs=1e-6)


def test_a_space_without_new_points_ends_a_search(tmp_path: Path) -> None:
    few = {"algorithm": "xgboost", "parameters": {"max_depth": [1, 2]}}
    world = World(tmp_path, search=[few], trials=20)
    world.step(0)
    world.end(1)
    assert world.step(1).ended
    assert (world.found().ended_by, world.found().points) == ("exhausted", 2)


def test_a_search_that_has_ended_stays_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, trials=3)
    world.step(0)
    world.end(1)
    world.step(1)
    found = world.found()
    world.clock.now += 1000
    assert world.step(1).ended
    assert world.step(0).ended
    assert world.found() == found


def test_the_earliest_of_equal_trials_wins(tmp_path: Path) -> None:
    world = World(tmp_path, trials=3)
    world.step(0)
    world.end(1, value=0.7)
    world.step(1)
    assert world.found().best == 0


def test_a_loss_is_better_when_it_is_less(tmp_path: Path) -> None:
    world = World(tmp_path, trials=3, metric="log_loss")
    world.step(0)
    world.end(1)
    world.step(1)
    assert world.found().best == 0


def test_a_margin_over_folds_has_an_interval(tmp_path: Path) -> None:
    world = World(tmp_path, trials=2, trials_per_round=2, cross_validation={"folds": 3})
    world.step(0)
    world.end(1, folds=(0.5, 0.6, 0.7), skip=(1,))
    world.end(1, folds=(0.6, 0.71, 0.82), skip=(0,))
    world.step(1)
    margin = world.found().margin
    assert margin is not None
    assert margin.low is not None
    assert margin.high is not None
    assert margin.low < 0.11 < margin.high


def test_a_default_that_fails_is_no_end_of_the_search(tmp_path: Path) -> None:
    world = World(tmp_path, trials=3)
    world.step(0)
    world.end(1, skip=(1, 2), state=State.FAILED, value=None, reason="refused")
    world.end(1, skip=(0,))
    assert world.step(1).ended
    found = world.found()
    assert (found.best, found.margin, found.default.state) == (2, None, State.FAILED)
    assert found.winner.algorithm in (Algorithm.XGBOOST, Algorithm.LOGISTIC_REGRESSION)


@pytest.mark.parametrize("name", ["job.json", "trials/round-001.json", "trials/0000.json"])
def test_a_damaged_file_of_a_search_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    world = World(tmp_path)
    world.step(0)
    world.end(1)
    world.store.write(RUN + name, b"{", "application/json")
    with pytest.raises(TrainingFailed, match=f"{name} of the run is damaged"):
        world.step(1)


@pytest.mark.parametrize("edit", [{"number": 4}, {"parameters": {"C": 1.0}}])
def test_a_trial_of_another_search_is_refused(tmp_path: Path, edit: dict[str, Any]) -> None:
    world = World(tmp_path)
    world.step(0)
    world.end(1)
    trial = world.files.trial(1)
    assert trial is not None
    other = trial.model_copy(update=edit)
    world.store.write(f"{RUN}trials/0001.json", other.model_dump_json().encode(), "")
    with pytest.raises(TrainingFailed, match="trial 1 was not run as it was proposed"):
        world.step(1)


def test_a_run_whose_data_was_never_accepted_has_no_search(tmp_path: Path) -> None:
    files = SearchFiles(RUN, FolderStore(tmp_path))
    with pytest.raises(TrainingFailed, match="no job"):
        next_step(files, 0, {}, SIZE, Clock())
