"""Outcomes are checked one by one, by the same rules in a request and in a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import UnreadableOutcomes
from perennial.outcomes import rules
from perennial.outcomes.columns import truth_table
from perennial.outcomes.message import MOST_BYTES, messages_of, read_message
from perennial.outcomes.rules import MEMBERS, Rules, rules_of
from perennial.outcomes.table import check_table
from perennial.outcomes.taking import Outcome, Taken, take
from perennial.spec.source import parse_spec

from tests.unit.outcomes.world import NUMBERS, SPEC

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
MANY = SPEC.replace("task: binary", "task: multiclass").replace('positive_class: "yes"\n', "")


def asked(text: str = SPEC, classes: tuple[str, ...] | None = ("no", "yes")) -> Rules:
    spec = parse_spec(text)
    return rules_of(spec, None if text == NUMBERS else classes, NOW)


def taken(*documents: object, text: str = SPEC, **how: Any) -> Taken:
    return take(documents, asked(text, **how))


def why(document: object, text: str = SPEC) -> str:
    """Why an outcome is refused."""
    ((place, reason),) = taken(document, text=text).refused
    assert place == 0
    return reason


def test_an_outcome_says_what_was_sent() -> None:
    (one, other) = taken(
        {"prediction_id": "r-0", "outcome": "yes", "observed_at": "2026-11-21T12:00:00+02:00"},
        {"entity_id": "e", "predicted_at": "2026-11-21", "outcome": "no"},
    ).outcomes
    assert one == Outcome("r-0", None, None, "yes", NOW - timedelta(hours=4))
    assert other == Outcome(None, "e", NOW - timedelta(hours=14), "no", NOW)


def test_some_wrong_ones_never_stop_the_others() -> None:
    found = taken(7, {"prediction_id": "a", "outcome": "yes"}, {}, None)
    assert [one.prediction_id for one in found.outcomes] == ["a"]
    assert [place for place, _ in found.refused] == [0, 2, 3]


A = {"prediction_id": "a", "outcome": "yes"}
REFUSED: list[tuple[object, str]] = [
    ([], "an outcome is an object"),
    (A | {"label": 1}, "an outcome has only"),
    ({"outcome": "yes"}, rules.NOT_NAMED),
    ({"entity_id": "e", "outcome": "yes"}, rules.NOT_NAMED),
    ({"predicted_at": "2026-11-21", "outcome": "yes"}, rules.NOT_NAMED),
    (A | {"entity_id": "e", "predicted_at": "2026-11-21"}, rules.NAMED_TWICE),
    (A | {"predicted_at": "2026-11-21"}, rules.NAMED_TWICE),
    (A | {"prediction_id": 7}, rules.NOT_AN_ID),
    (A | {"prediction_id": ""}, rules.NOT_AN_ID),
    (A | {"prediction_id": "x" * 257}, rules.NOT_AN_ID),
    (A | {"prediction_id": "\ud800"}, rules.NOT_AN_ID),
    ({"prediction_id": "a"}, rules.NO_OUTCOME),
    (A | {"outcome": None}, rules.NO_OUTCOME),
    (A | {"outcome": ""}, rules.NO_OUTCOME),
    (A | {"outcome": {}}, rules.NOT_A_LABEL),
    (A | {"outcome": "\ud800"}, rules.NOT_A_LABEL),
    (A | {"outcome": "x" * 513}, rules.NOT_A_LABEL),
    (A | {"outcome": "maybe"}, rules.UNKNOWN_LABEL),
    (A | {"observed_at": "yesterday"}, rules.NOT_A_TIME),
    (A | {"observed_at": 1_795_271_400}, rules.NOT_A_TIME),
    (A | {"observed_at": "0001-01-01T00:00:00+23:00"}, rules.NOT_A_TIME),
    (A | {"observed_at": "2026-11-21T14:05:01Z"}, rules.IN_THE_FUTURE),
    ({"entity_id": "e", "predicted_at": "2027-01-01", "outcome": "yes"}, rules.IN_THE_FUTURE),
    (
        {
            "entity_id": "e",
            "predicted_at": "2026-11-20",
            "observed_at": "2026-11-19",
            "outcome": "no",
        },
        rules.OBSERVED_TOO_EARLY,
    ),
]


@pytest.mark.parametrize(("document", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_wrong_is_named_without_a_value(document: object, reason: str) -> None:
    assert why(document).startswith(reason)


def test_clocks_may_differ_by_minutes() -> None:
    assert taken(A | {"observed_at": "2026-11-21T14:04:59Z"}).refused == []


@pytest.mark.parametrize("value", ["1", True, float("nan"), float("inf"), 10**400, [1]])
def test_a_regression_takes_finite_numbers_only(value: object) -> None:
    assert why({"prediction_id": "a", "outcome": value}, NUMBERS) == rules.NOT_A_NUMBER


def test_labels_are_spelt_as_training_spells_them() -> None:
    text = SPEC.replace('"yes"', "1")
    documents = [{"prediction_id": "a", "outcome": value} for value in (1, 1.0, "1.0", "1", 0)]
    found = taken(*documents, text=text, classes=("0", "1"))
    assert [one.outcome for one in found.outcomes] == ["1", "1", "1", "1", "0"]
    text = SPEC.replace('"yes"', '"true"')
    found = taken({"prediction_id": "a", "outcome": True}, text=text, classes=("true", "false"))
    assert [one.outcome for one in found.outcomes] == ["true"]


def test_a_label_training_never_saw_is_kept_and_counted_where_there_may_be_more() -> None:
    new = {"prediction_id": "a", "outcome": "maybe"}
    assert why(new) == rules.UNKNOWN_LABEL
    found = taken(new, A, text=MANY)
    assert (len(found.outcomes), found.new) == (2, 1)


def test_before_the_first_training_any_label_is_taken() -> None:
    found = taken({"prediction_id": "a", "outcome": "maybe"}, classes=None)
    assert (len(found.outcomes), found.new) == (1, 0)


times = st.sampled_from([None, "2026-11-20T10:00:00Z", "2026-11-21T15:00:00Z", "2026-11-19", "now"])
rows = st.fixed_dictionaries(
    {
        "prediction_id": st.sampled_from([None, "a", "x" * 257]),
        "entity_id": st.sampled_from([None, "e", "y" * 257]),
        "predicted_at": times,
        "outcome": st.sampled_from([None, "yes", "no", "maybe", "1.0", "1", "x" * 600, "-2.5"]),
        "observed_at": times,
    }
)


@pytest.mark.parametrize("text", [SPEC, MANY])
@given(st.lists(rows, max_size=20))
def test_a_file_and_a_request_are_judged_alike(text: str, documents: list[dict[str, Any]]) -> None:
    one_by_one = taken(*documents, text=text)
    schema = pa.schema([(name, pa.string()) for name in MEMBERS])
    together = check_table(pa.Table.from_pylist(documents, schema=schema), asked(text))
    refused = [place for place, _ in one_by_one.refused]
    assert together.refused.tolist() == refused
    spec = parse_spec(text)
    expected = truth_table(spec, [(one, NOW, "x") for one in one_by_one.outcomes])
    assert together.taken.to_pylist() == expected.drop(["received_at", "source"]).to_pylist()
    assert together.new == one_by_one.new


def outcomes(count: int) -> list[Outcome]:
    return [Outcome(f"request-{n}", None, None, "yes", NOW) for n in range(count)]


def test_messages_are_cut_to_size_and_say_the_same() -> None:
    sent = outcomes(10_000)
    texts = messages_of("bank", "r", NOW, sent)
    assert len(texts) > 1
    assert max(map(len, texts)) < MOST_BYTES + 1_000
    read = [read_message(text) for text in texts]
    assert [one for message in read for one in message.outcomes] == sent
    assert {message.request_id for message in read} == {"r"}
    assert [message.part for message in read] == list(range(len(texts)))


def test_times_and_entities_survive_the_queue() -> None:
    when = NOW + timedelta(milliseconds=123)
    sent = Outcome(None, "é", when, 0.1, when)
    (text,) = messages_of("bank", "r", when, [sent])
    message = read_message(text)
    assert message.outcomes == (sent,)
    assert message.received_at == when


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"model": 7},
        {"outcomes": 7},
        {"outcomes": [["a"]]},
        {"outcomes": [["a", None, None, None, 1]]},
        {"outcomes": [["a", None, None, True, 1]]},
        {"outcomes": [["a", None, None, "yes", "now"]]},
        {"received_at": 10**30},
    ],
)
def test_a_message_of_another_form_is_refused_without_its_values(change: Any) -> None:
    (text,) = messages_of("bank", "r", NOW, outcomes(1))
    with pytest.raises(UnreadableOutcomes) as raised:
        read_message(json.dumps(json.loads(text) | change))
    assert "yes" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", "[" * 100_000])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises(UnreadableOutcomes):
        read_message(text)
