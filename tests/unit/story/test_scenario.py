"""The rows of a story are the file's, in its order, and a broken file is wrong in every row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from perennial.rollout.bounds import share_above
from perennial.rollout.judge import FEWEST
from perennial.rollout.samples import Counts

from examples.story.play import SHADOWED
from examples.story.scenario import BANK, BIKE, SCENARIOS, History, Scenario, read

HEADER = (
    "age;job;marital;education;default;housing;loan;duration;campaign;pdays;previous;"
    "emp.var.rate;cons.price.idx;cons.conf.idx;euribor3m;nr.employed;y"
)
LINE = "{age};services;married;basic.4y;no;no;no;200;1;999;0;1.1;93.994;-36.4;4.857;5191;{y}"


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    lines = [LINE.format(age=20 + row, y=row % 2) for row in range(12)]
    file = tmp_path / "bank.csv"
    file.write_text("\n".join([HEADER, *lines, ""]))
    return replace(BANK, file=file)


def test_rows_have_the_types_the_api_takes(scenario: Scenario) -> None:
    history = read(scenario)
    row = history.rows[1]
    assert (row["age"], row["job"], row["euribor3m"]) == (21, "services", 4.857)
    assert "duration" not in row
    assert history.truths[:3] == ["0", "1", "0"]


def test_thinned_story_keeps_the_order_and_takes_less(scenario: Scenario) -> None:
    history = read(scenario.thinned(4))
    assert [row["age"] for row in history.rows] == [20, 24, 28]


def test_brief_story_ends_early_and_counts_as_the_whole_does(scenario: Scenario) -> None:
    whole, brief = read(scenario), read(scenario.briefly)
    assert len(brief.rows) == 8
    assert brief.place(0.5) == whole.place(0.5) == 6


def test_training_file_has_the_lines_of_the_data(scenario: Scenario) -> None:
    table = read(scenario).table(2, 4).decode().splitlines()
    assert table == [HEADER, LINE.format(age=22, y=0), LINE.format(age=23, y=1)]


def test_flipped_file_is_wrong_in_every_row_and_in_nothing_else(scenario: Scenario) -> None:
    history = read(scenario)
    flipped = history.flipped(0, 12, "y", ";").decode().splitlines()[1:]
    for line, wrong in zip(history.lines, flipped, strict=True):
        assert line[:-1] == wrong[:-1]
        assert {line[-1], wrong[-1]} == {"0", "1"}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_real_data_fits_the_specs_of_the_story(scenario: Scenario) -> None:
    if not scenario.file.exists():
        pytest.skip(f"{scenario.file.name} is not beside this checkout")
    history: History = read(scenario)
    assert len(history.rows) == len(history.truths) == len(history.lines)
    assert scenario.spec.name == scenario.model
    first = history.place(scenario.first)
    assert 1000 < first < len(history.rows) // 2 + 1


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_shadow_cannot_pass_before_its_outcomes_are_told(scenario: Scenario) -> None:
    rules = scenario.spec.rollout
    alpha, written = rules.error_rate / 2, 3.0  # seconds until an outcome can be read
    requests = next(
        count
        for count in range(rules.stages[0].minimum_requests, 1000)
        if share_above(Counts(count, 0), alpha) < rules.tolerated_errors
    )
    told = (requests - written / SHADOWED.every) * SHADOWED.rows - scenario.late
    assert told > rules.stages[0].minimum_requests > FEWEST


def test_bikes_of_one_year_meet_those_of_the_next() -> None:
    if not BIKE.file.exists():
        pytest.skip("bike-sharing-hour.csv is not beside this checkout")
    history = read(BIKE)
    lines, first = history.lines, history.place(BIKE.first)
    assert {line.split(",")[1][:4] for line in lines[: first - 1]} == {"2011"}
    assert {line.split(",")[1][:4] for line in lines[first + 50 :]} == {"2012"}
