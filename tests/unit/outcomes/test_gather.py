"""A training file is made of what was predicted and has come true."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from perennial.data.validation import validate
from perennial.errors import NotCaptured, NotEnoughOutcomes
from perennial.outcomes.gather import Gathered, gather
from perennial.outcomes.retraining import training_file
from perennial.provenance.gathered import gathering_of, gatherings_with
from perennial.registry.layout import uri

from tests.unit.outcomes.world import SPEC, START, World, at

LEAST = SPEC + "retraining: {minimum_rows: 20, maximum_rows: 1000}\ndata: {minimum_rows: 20}\n"
NOW = at(4 * 60)


@pytest.fixture
def world() -> World:
    return World(LEAST)


def fill(world: World, *hours: float, each: int = 20, labels: str = "yes no") -> None:
    """Predictions of some hours, all with an outcome an hour later."""
    for hour in hours:
        for number in range(each):
            name = f"{hour}-{number}"
            world.predicted(hour * 60 + number % 60, name, age=float(number), entity="e")
        said = [(f"{hour}-{n}", labels.split()[n % 2]) for n in range(each)]
        world.came_true(hour * 60 + 60, said)


def gathered(world: World, folder: Path) -> tuple[Gathered, dict[str, list[Any]]]:
    found = gather(world.files, "data", world.spec, NOW, folder)
    return found, pq.read_table(folder / "training.parquet").to_pydict()


def test_rows_bear_the_columns_of_a_training_file(world: World, tmp_path: Path) -> None:
    fill(world, 0)
    found, rows = gathered(world, tmp_path)
    assert list(rows) == ["age", "job", "y"]
    assert (found.rows, found.first, found.last) == (20, at(0), at(19))
    assert rows["age"][:3] == [0.0, 1.0, 2.0]
    assert rows["y"][:3] == ["yes", "no", "yes"]


def test_id_and_time_are_those_of_the_prediction(world: World, tmp_path: Path) -> None:
    world.text += "id_column: id\ntime_column: at\n"
    fill(world, 0)
    _, rows = gathered(world, tmp_path)
    assert list(rows) == ["id", "at", "age", "job", "y"]
    assert (rows["id"][1], rows["at"][1]) == ("0-1", at(1))


def test_a_time_that_is_a_feature_is_that_of_the_caller(world: World, tmp_path: Path) -> None:
    world.text += "time_column: age\n"
    fill(world, 0)
    assert list(gathered(world, tmp_path)[1]) == ["age", "job", "y"]


def test_rows_stand_in_the_order_of_time_over_days(world: World, tmp_path: Path) -> None:
    world.text += "time_column: at\n"
    fill(world, 3, -30, -200, 0, -500, 1)
    _, rows = gathered(world, tmp_path)
    assert len(rows["at"]) == 120
    assert rows["at"] == sorted(rows["at"])


def test_only_the_latest_rows_are_taken_and_what_is_older_is_not_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, -300, each=20)
    fill(world, 0, 1, each=600)
    read, opened = world.files.read, list[str]()

    def spy(place: str) -> bytes:
        opened.append(place)
        return read(place)

    monkeypatch.setattr(world.files, "read", spy)
    monkeypatch.setattr(world.files, "listed", _without_reading(world))
    found, _ = gathered(world, tmp_path)
    assert (found.rows, found.last) == (1000, at(60 + 59))
    old = f"hour={START - timedelta(hours=300):%Y-%m-%dT%H}"
    assert not [place for place in opened if old in place]


def _without_reading(world: World) -> Any:
    from perennial.registry.files import Listed

    def listed(prefix: str, after: str = "") -> Any:
        found = sorted(place for place in world.files.content_types if place.startswith(prefix))
        yield from (Listed(place, 0) for place in found if place > after)

    return listed


def test_what_a_shadow_answered_is_no_second_row(world: World, tmp_path: Path) -> None:
    fill(world, 0)
    for number in range(20):
        world.predicted(number, f"0-{number}", version=4, role="shadow")
    assert gathered(world, tmp_path)[0].rows == 20


def test_answers_of_a_challenger_are_rows_too(world: World, tmp_path: Path) -> None:
    fill(world, 0)
    world.predicted(30, "c", version=4, role="challenger")
    world.came_true(40, [("c", "yes")])
    assert gathered(world, tmp_path)[0].rows == 21


def report(world: World, start: float, end: float, state: str = "alarm") -> None:
    name = f"{at(end):%Y%m%dT%H%M%SZ}-{int((end - start) * 60)}s"
    document = {
        "window": {"start": at(start).isoformat(), "end": at(end).isoformat()},
        "verdicts": {"quality": {"state": state, "sentence": "..."}},
    }
    place = uri("data", f"reports/bank/{name}/report.json")
    world.files.write(place, json.dumps(document).encode(), "x/y")


def test_windows_of_bad_quality_are_left_out(world: World, tmp_path: Path) -> None:
    fill(world, 0, 1, 2)
    report(world, 60, 120)
    report(world, 120, 180, state="ok")
    found, rows = gathered(world, tmp_path)
    assert (found.rows, found.distrusted, len(rows["y"])) == (40, 20, 40)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"verdicts": {"quality": 7}}', b"\xff"])
def test_a_report_that_cannot_be_read_says_nothing(
    world: World, tmp_path: Path, body: bytes
) -> None:
    fill(world, 0)
    for name in (f"{at(60):%Y%m%dT%H%M%SZ}-3600s", "by-hand"):
        world.files.write(uri("data", f"reports/bank/{name}/report.json"), body, "x/y")
    assert gathered(world, tmp_path)[0].rows == 20


def test_too_few_outcomes_are_told_with_their_number(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughOutcomes, match=r"^0 predictions have an outcome"):
        gathered(world, tmp_path)
    fill(world, 0, 1, each=15)
    report(world, 0, 60)
    with pytest.raises(NotEnoughOutcomes, match=r"^15 predictions .* asks for 20; 15 more lie"):
        gathered(world, tmp_path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("sensitive: [age]\n", "'age' of predictions is not kept"),
        ("capture: {exclude: [age, job]}\n", "'age', 'job' of predictions is not kept"),
        ("sensitive: [y]\n", "the target 'y' is sensitive"),
    ],
)
def test_what_is_not_kept_cannot_be_learned_from(
    world: World, tmp_path: Path, text: str, named: str
) -> None:
    world.text += text
    with pytest.raises(NotCaptured, match=named):
        gathered(world, tmp_path)


def test_gathering_again_leaves_the_same_object(world: World) -> None:
    fill(world, 0)
    first = training_file(world.files, "data", world.spec, "r-1", lambda: NOW)
    fill(world, 1)
    again = training_file(world.files, "data", world.spec, "r-1", lambda: NOW)
    assert first == again
    assert (first.source.key, first.source.version_id, first.rows) == (
        "retraining/bank/r-1.parquet",
        "1",
        20,
    )
    assert training_file(world.files, "data", world.spec, "r-2", lambda: NOW).rows == 40


def test_what_a_file_was_gathered_from_is_written_down(world: World) -> None:
    fill(world, 0)
    found = training_file(world.files, "data", world.spec, "r-1", lambda: NOW)
    told = gathering_of(found.source, world.files)
    assert told is not None
    kinds = {uri.removeprefix("s3://data/").partition("/")[0] for uri in told.sources}
    assert kinds == {"captures", "truth"}
    assert told.versions
    assert told.first <= told.last
    (again,) = gatherings_with(told.sources[0], world.files, "data")
    assert again == told


def test_the_same_rows_give_the_same_bytes(world: World, tmp_path: Path) -> None:
    fill(world, 0, 1, 2)
    bodies = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        gathered(world, tmp_path / name)
        bodies.add((tmp_path / name / "training.parquet").read_bytes())
    assert len(bodies) == 1


def test_training_takes_the_file(world: World, tmp_path: Path) -> None:
    world.text += "id_column: id\ntime_column: at\n"
    fill(world, 0, 1, 2)
    gathered(world, tmp_path)
    body = (tmp_path / "training.parquet").read_bytes()
    validation = validate(io.BytesIO(body), "training.parquet", world.spec, tmp_path)
    assert validation.accepted, validation.reason
    assert validation.rows == 60
