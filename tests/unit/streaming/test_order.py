"""Whatever fails on the way: predictions are complete, and in order for each key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from perennial.errors import Unavailable
from perennial.serving.problems import INVALID_ROWS, Problem
from perennial.streaming.batch import Batch
from perennial.streaming.ordering import MOST_RECORDS, write_in_order
from perennial.streaming.records import Answer, Arrival, Refused

from tests.unit.streaming.doubles import Aside, Output, Time, arrival, scripted

KEYS = st.lists(st.sampled_from("abc"), min_size=1, max_size=25)
FAILURES = st.lists(st.booleans(), max_size=60)


def answer(number: int, key: str, data: bytes = b"{}") -> Answer:
    return Answer(arrival(number, b"", key), "bank", data, None, 1.0)


@dataclass
class Answering:
    """Refuses some records for good, and is away whenever its script says so."""

    poison: frozenset[int]
    away: Sequence[bool]

    def __post_init__(self) -> None:
        self._away = scripted(self.away)

    def __call__(self, record: Arrival) -> Answer | Refused:
        if self._away():
            raise Unavailable("the table did not answer")
        if int(record.sequence_number) in self.poison:
            return Refused(record, "bank", Problem(INVALID_ROWS, "bad"))
        return Answer(record, "bank", b"{}", None, 1.0)


def lambda_reads(shard: Sequence[Arrival], batch_of: object, size: int = 7) -> int:
    """Deliver a shard as Lambda does: again from the first failure on. The number of calls."""
    assert callable(batch_of)
    start = calls = 0
    while start < len(shard):
        calls += 1
        assert calls < 500
        batch = batch_of()
        failed: list[int] = []
        for record in shard[start : start + size]:
            try:
                batch.take(record)
            except Unavailable:
                failed.append(int(record.sequence_number))
        failed += [int(record.sequence_number) for record in batch.write()]
        end = min(start + size, len(shard))
        start = min(failed) if failed else end
    return calls


def first_of_each(stored: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """What a consumer is left with that drops what it has seen."""
    return list(dict.fromkeys(stored))


@given(KEYS, st.frozensets(st.integers(0, 24)), FAILURES, FAILURES, FAILURES, FAILURES)
@example(["a", "a"], frozenset(), [], [True], [], [])
@example(["a", "b", "a"], frozenset({1}), [False, True], [True, False], [True], [True])
def test_predictions_are_complete_and_in_order_for_each_key(
    keys: list[str],
    poison: frozenset[int],
    unanswered: list[bool],
    refused: list[bool],
    away: list[bool],
    not_told: list[bool],
) -> None:
    shard = [arrival(number, b"", key) for number, key in enumerate(keys)]
    answering = Answering(poison, unanswered)
    output, aside = Output(scripted(refused), scripted(away)), Aside(scripted(not_told))

    def batch() -> Batch:
        time = Time()  # little of it, so that calls also end with work undone
        return Batch(
            answering,
            output,
            aside,
            stream="rows",
            until=time.now + 0.2,
            clock=time,
            sleep=time.sleep,
        )

    lambda_reads(shard, batch)
    good = [(key, number) for number, key in enumerate(keys) if number not in poison]
    for key in set(keys):
        seen = [pair for pair in first_of_each(output.stored) if pair[0] == key]
        assert seen == [pair for pair in good if pair[0] == key]
    assert set(aside.numbers) == poison & set(range(len(keys)))


@given(KEYS, FAILURES)
def test_a_request_holds_one_record_of_a_key_at_most(keys: list[str], refused: list[bool]) -> None:
    """Kinesis promises no order within a request."""
    output, time = Output(scripted(refused)), Time()
    records = [answer(number, key) for number, key in enumerate(keys)]
    left = write_in_order(records, output, until=1e9, clock=time, sleep=time.sleep)
    assert left == []
    for request in output.requests:
        assert len({record.key for record in request}) == len(request)


def test_different_keys_share_a_request() -> None:
    output = Output()
    records = [answer(number, f"k{number}") for number in range(MOST_RECORDS + 1)]
    assert write_in_order(records, output, until=1e9) == []
    assert [len(request) for request in output.requests] == [MOST_RECORDS, 1]


def test_a_request_is_no_larger_than_kinesis_takes() -> None:
    output = Output()
    records = [answer(number, f"k{number}", b"x" * 1_000_000) for number in range(6)]
    assert write_in_order(records, output, until=1e9) == []
    assert [len(request) for request in output.requests] == [4, 2]


def test_a_key_that_is_refused_holds_up_no_other() -> None:
    def put(records: Sequence[Answer]) -> list[bool]:
        Output.put(output, records)
        return [record.key != "hot" for record in records]

    output, time = Output(), Time()
    output.put = put  # type: ignore[method-assign]
    records = [answer(n, "hot" if n % 2 else f"k{n}") for n in range(10)]
    left = write_in_order(records, output, until=3.0, clock=time, sleep=time.sleep)
    assert [int(each.arrival.sequence_number) for each in left] == [1, 3, 5, 7, 9]


def test_what_cannot_be_written_in_time_comes_again() -> None:
    time = Time()
    output = Output(away=lambda: True)
    records = [answer(number, "k") for number in range(3)]
    assert write_in_order(records, output, until=2.0, clock=time, sleep=time.sleep) == records
    assert 1.0 < time.now <= 2.0
    assert len(output.requests) < 12


def test_nothing_is_answered_after_a_record_that_waits() -> None:
    output, time = Output(), Time()
    batch = Batch(
        Answering(frozenset(), [False, True]),
        output,
        Aside(),
        stream="rows",
        until=9.0,
        clock=time,
        sleep=time.sleep,
    )
    failed = []
    for number in range(4):
        try:
            batch.take(arrival(number, b""))
        except Unavailable:
            failed.append(number)
    assert batch.write() == []
    assert failed == [1, 2, 3]
    assert output.stored == [("k", 0)]


def test_poison_holds_up_nothing() -> None:
    output, aside = Output(), Aside()
    batch = Batch(Answering(frozenset({1}), []), output, aside, stream="rows", until=9e9)
    for number in range(3):
        batch.take(arrival(number, b""))
    assert batch.write() == []
    assert [number for _, number in output.stored] == [0, 2]
    assert aside.numbers == [1]
    assert (dict(batch.predicted), len(batch.refused)) == ({"bank": 2}, 1)


def test_poison_that_cannot_be_told_comes_again() -> None:
    aside = Aside(lambda: True)
    batch = Batch(Answering(frozenset({1}), []), Output(), aside, stream="rows", until=9e9)
    for number in range(3):
        batch.take(arrival(number, b""))
    assert [each.sequence_number for each in batch.write()] == ["1"]
    assert batch.refused == []


def test_a_call_without_time_answers_no_more() -> None:
    time = Time()
    batch = Batch(Answering(frozenset(), []), Output(), Aside(), stream="r", until=10.0, clock=time)
    batch.take(arrival(0, b""))
    time.now = 5.1
    with pytest.raises(Unavailable, match="no time left"):
        batch.take(arrival(1, b""))
