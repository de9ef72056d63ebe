"""A person's rows go from everywhere, whatever happens on the way, and it is told that they did."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from perennial.errors import Unavailable
from perennial.forgetting.records import read_tombstone
from perennial.registry.stored import Changed
from perennial.serving.problems import Problem
from perennial.spec import ModelSpec

from tests.unit.forgetting.world import ANNA, BUCKET, SPEC, World, named, parquet, table


@pytest.fixture
def world() -> World:
    made = World()
    made.fill()
    return made


def test_no_version_of_any_object_names_the_person_afterwards(world: World) -> None:
    assert len(world.holding()) == 9
    world.forget()
    assert world.holding() == []


def test_a_person_is_found_in_an_upload_that_has_numbers_with_gaps_for_ids(world: World) -> None:
    uploaded = parquet(loan=["l1", "l2"], customer=[12_345_678_901.0, None], age=[41, 42])
    world.store.write(f"{BUCKET}incoming/bank/gaps.parquet", uploaded)
    result = world.forget("12345678901")
    assert result["files"] == {"uploads": 1}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_person_is_found_in_any_column_of_what_was_unpacked_to_be_scored(
    world: World, delimiter: str
) -> None:
    """Parts of a packed file have no header, and columns the model does not know."""
    rows = [["41", "x, y", "a;b", "", "z", "q", who, "n"] for who in ("bert", ANNA)]
    text = "".join(delimiter.join(f'"{one}"' for one in row) + "\r\n" for row in rows)
    prefix = f"{BUCKET}scoring/bank/packed/"
    world.store.write(prefix + "input/00003.csv", text.encode())
    world.store.write(prefix + "plan.json", b"{}")
    world.forget()
    assert not [uri for uri, _ in world.store.everything() if uri.startswith(prefix)]


def test_an_upload_of_another_form_is_named_since_nobody_knows_whom_it_tells_of(
    world: World,
) -> None:
    uri = f"{BUCKET}incoming/bank/people.json"
    world.store.write(uri, b'[{"customer": "anna-4711"}]')
    assert world.forget()["unreadable"] == [uri]


def test_a_part_that_cannot_be_read_is_named_and_stops_nothing(world: World) -> None:
    uri = f"{BUCKET}scoring/bank/odd/input/00000.csv"
    world.store.write(uri, b'1,"' + b"x" * 200_000 + b'"\n')
    result = world.forget()
    assert result["unreadable"] == [uri]
    assert world.holding() == []


def test_rows_of_others_stay(world: World) -> None:
    before = len(world.holding("bert"))
    world.forget()
    assert len(world.holding("bert")) >= before - 5  # what went whole, and the older upload
    kept = table(world.store.read(f"{BUCKET}datasets/bank/{world.digest}/data.parquet"))
    assert [row["loan"] for row in kept] == ["l2"]
    assert world.store.read(f"{BUCKET}incoming/bank/others.csv")
    assert world.store.read(f"{BUCKET}scoring/bank/other/parts/00001-predictions.csv")


def test_what_went_is_counted_by_place(world: World) -> None:
    result = world.forget()
    assert result["rows"] == {
        "truth": 2,
        "retraining": 1,
        "datasets": 2,
        "holdouts": 1,
        "captures": 1,
    }
    assert result["files"] == {"uploads": 1, "outcome files": 1, "scored files": 1, "scoring": 1}
    assert result["complete"]


def test_versions_trained_on_the_person_are_named_and_no_others(world: World) -> None:
    on_it, elsewhere = world.trained(), world.trained("0" * 64)
    result = world.forget()
    assert result["trained_versions"] == [on_it]
    assert elsewhere not in result["trained_versions"]


def test_they_are_named_again_when_asked_again(world: World) -> None:
    number = world.trained()
    world.forget()
    again = world.forget(at="2026-02-02T00:00:00.000Z")
    assert (again["rows"], again["files"], again["trained_versions"]) == ({}, {}, [number])


def test_another_person_is_not_said_to_be_in_them(world: World) -> None:
    world.trained()
    world.forget()
    assert world.forget("nobody")["trained_versions"] == []


def test_a_dataset_says_that_rows_were_removed_and_which_bytes_it_has_now(world: World) -> None:
    world.forget()
    prefix = f"{BUCKET}datasets/bank/{world.digest}/"
    store: Any = world.store
    tombstone = read_tombstone(store, prefix)
    assert tombstone is not None
    assert (tombstone.dataset_digest, tombstone.rows) == (world.digest, 2)
    now = hashlib.sha256(world.store.read(prefix + "data.parquet")).hexdigest()
    assert tombstone.accounts_for(now)
    assert tombstone.accounts_for(world.digest)
    assert not tombstone.accounts_for("0" * 64)


def test_a_tombstone_knows_every_removal(world: World) -> None:
    world.forget()
    world.forget("bert", at="2026-02-02T00:00:00.000Z")
    prefix, store = f"{BUCKET}datasets/bank/{world.digest}/", world.store
    files: Any = store
    tombstone = read_tombstone(files, prefix)
    assert tombstone is not None
    assert [one.rows for one in tombstone.removals] == [2, 1]
    now = hashlib.sha256(store.read(prefix + "data.parquet")).hexdigest()
    assert tombstone.removals[-1].file_digest == now
    assert table(store.read(prefix + "data.parquet")) == []


def test_the_sample_of_a_dataset_loses_the_same_rows(world: World) -> None:
    world.forget()
    sample = world.store.read(f"{BUCKET}datasets/bank/{world.digest}/sample.parquet")
    assert table(sample) == [{"age": 42}]


def test_history_tells_that_and_not_who(world: World) -> None:
    number = world.trained()
    result = world.forget()
    event = world.registry.events("bank")[0]
    assert (event.what, event.by, event.reason) == ("person_forgotten", "ada", "asked")
    assert event.details["trained_versions"] == str(number)
    assert event.details["rows"] == "7"
    assert event.details["requests"] == result["request_id"]
    assert event.subject == f"person {result['subject']}"
    assert ANNA not in str(event)
    assert named(ANNA) not in str(event)


def test_looking_for_a_person_changes_and_tells_nothing(world: World) -> None:
    before = list(world.store.everything())
    result = world.forget(dry_run=True)
    assert result["rows"]["captures"] == 1
    assert list(world.store.everything()) == before
    assert world.registry.events("bank") == []


def test_an_unknown_person_is_found_nowhere(world: World) -> None:
    result = world.forget("nobody")
    assert (result["rows"], result["files"], result["complete"]) == ({}, {}, True)


@pytest.mark.parametrize("person", ["Zoë Ÿ 漢字", "a" * 1_024, "no. 7", "psn_" + "0" * 40])
def test_any_id_is_found(person: str) -> None:
    world = World()
    world.fill(person)
    world.forget(person)
    assert world.holding(person) == []


@pytest.mark.parametrize("person", ["", "  ", "a" * 1_025, "\ud800", 7, None])
def test_what_is_no_id_is_refused(person: Any) -> None:
    with pytest.raises(Problem) as raised:
        World().ask(person)
    assert "`id`" in raised.value.detail


def test_a_model_without_persons_is_refused() -> None:
    spec = ModelSpec.model_validate({**SPEC, "privacy": {}})
    with pytest.raises(Problem) as raised:
        World(spec=spec).ask()
    assert "privacy.person" in raised.value.detail


def test_what_the_workflow_is_told_names_nobody(world: World) -> None:
    assert ANNA not in str(world.ask())


def test_persons_named_as_they_are_are_found_too() -> None:
    spec = ModelSpec.model_validate({**SPEC, "privacy": {"person": "customer"}})
    world = World(spec=spec)
    place = f"{BUCKET}datasets/bank/{'0' * 64}/data.parquet"
    world.store.write(place, parquet(loan=["l1", "l2"], customer=[ANNA, "bert"]))
    assert world.forget()["rows"] == {"datasets": 1}
    assert [row["customer"] for row in table(world.store.read(place))] == ["bert"]


def test_a_row_is_found_by_its_id_and_no_person_of_that_name_goes() -> None:
    world = World()
    world.fill()
    capture = f"{BUCKET}captures/model=bank/version=1/hour=2026-01-01T01/a.parquet"
    world.store.write(capture, parquet(prediction_id=["x"], entity_id=["l2"]))
    result = world.forget("l2", "row")
    assert result["rows"] == {"datasets": 1}
    assert table(world.store.read(capture))


def test_a_call_whose_time_is_up_is_taken_up_by_the_next(world: World) -> None:
    whole = World()
    whole.fill()
    world.out_of_time = lambda: True  # after every single object
    assert world.forget() == whole.forget()
    assert world.holding() == []


class Killed(Exception):
    """The process died."""


def test_wherever_it_dies_asking_again_finishes_it() -> None:
    for step in range(60):
        world, left = World(), [step]
        world.fill()
        number = world.trained()

        def die(_what: str, _uri: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        world.store.before = die
        try:
            world.forget()
        except Killed:
            world.store.before = lambda _what, _uri: None
            result = world.forget(at="2026-02-02T00:00:00.000Z")
            assert world.holding() == [], step
            assert result["trained_versions"] == [number], step
        else:
            assert step > 15
            return
    raise AssertionError("it takes more steps than were tried")


def test_an_object_that_changes_meanwhile_loses_the_row_as_well(world: World) -> None:
    place = f"{BUCKET}captures/model=bank/version=1/hour=2026-01-01T00/a.parquet"
    written: list[bytes] = []

    def write(what: str, uri: str) -> None:
        if what == "replace" and uri == place and not written:
            written.append(parquet(prediction_id=["r9-0", "r9-1"], entity_id=[named(ANNA), None]))
            world.store.write(place, written[0])

    world.store.before = write
    assert world.forget()["complete"]
    assert [row["prediction_id"] for row in table(world.store.read(place))] == ["r9-1"]
    assert world.holding() == []


def test_what_is_written_while_a_pass_is_under_way_is_found_by_the_next(world: World) -> None:
    late = f"{BUCKET}captures/model=bank/version=0/hour=2026-01-01T00/late.parquet"

    def write(what: str, uri: str) -> None:
        if "hour=" in uri and uri != late and what == "remove":
            world.store.before = lambda _what, _uri: None
            world.store.write(late, parquet(prediction_id=["r7-0"], entity_id=[named(ANNA)]))

    world.store.before = write
    result = world.forget()
    assert result["rows"]["captures"] == 2
    assert world.holding() == []


def test_whoever_writes_all_the_time_is_told_of(world: World) -> None:
    place = f"{BUCKET}truth/model=bank/day=2026-01-01/a.parquet"

    def write(what: str, uri: str) -> None:
        if what == "replace" and uri == place:
            number = str(len(list(world.store.versions(place))))
            world.store.write(place, parquet(prediction_id=[number], entity_id=[named(ANNA)]))

    world.store.before = write
    with pytest.raises(Changed):
        world.forget()


def test_a_file_that_cannot_be_read_is_named_and_stops_nothing(world: World) -> None:
    broken = f"{BUCKET}captures/model=bank/version=1/hour=2026-01-01T00/broken.parquet"
    world.store.write(broken, b"PAR1 and no more")
    result = world.forget()
    assert broken in result["unreadable"]
    assert result["complete"]


def test_a_store_that_does_not_answer_ends_the_call(world: World) -> None:
    def fail(_what: str, _uri: str) -> None:
        raise Unavailable("S3 did not answer")

    world.store.before = fail
    with pytest.raises(Unavailable):
        world.forget()
