"""Pseudonyms: the same for the same, told from everything else, and made once."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from perennial.privacy.pseudonyms import Pseudonyms

KEY, OTHER = b"k" * 32, b"o" * 32


def made(key: bytes = KEY) -> Pseudonyms:
    return Pseudonyms(lambda: key)


@given(st.text(max_size=300), st.text(min_size=1, max_size=40))
def test_a_value_has_one_pseudonym_whoever_makes_it(value: str, column: str) -> None:
    assert made().of(value, column) == made().of(value, column)


@given(st.text(max_size=300))
def test_a_pseudonym_says_nothing_and_has_one_form(value: str) -> None:
    assert re.fullmatch("psn_[0-9a-f]{40}", made().of(value, "patient"))


@given(st.text(max_size=50), st.text(max_size=50))
def test_two_values_have_two_pseudonyms(one: str, other: str) -> None:
    assert (made().of(one, "c") == made().of(other, "c")) is (one == other)


def test_columns_and_keys_have_pseudonyms_of_their_own() -> None:
    everyone = {made().of("anna", "a"), made().of("anna", "b"), made(OTHER).of("anna", "a")}
    assert len(everyone) == 3


def test_a_column_cannot_be_confused_with_the_beginning_of_a_value() -> None:
    assert made().of("bc", "a") != made().of("c", "ab")
    assert made().of("1:c", "a") != made().of("c", "a1:")


@given(st.text(max_size=100), st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_a_pseudonym_stays_what_it_is_in_any_column(value: str, one: str, other: str) -> None:
    pseudonym = made().of(value, one)
    assert made().of(pseudonym, other) == pseudonym


def test_what_merely_looks_like_a_pseudonym_is_replaced() -> None:
    for forged in ("psn_" + "0" * 40, "psn_" + "é" * 40, made(OTHER).of("anna", "a")):
        assert made().of(forged, "a") != forged


def test_the_key_is_fetched_once_and_not_before_it_is_needed() -> None:
    asked: list[int] = []

    def secret() -> bytes:
        asked.append(1)
        return KEY

    pseudonyms = Pseudonyms(secret)
    assert not asked
    for number in range(5):
        pseudonyms.of(f"p-{number}", "patient")
    assert asked == [1]


def test_a_number_is_the_same_person_however_a_file_spells_it() -> None:
    assert made().of("4711.0", "patient") == made().of("4711", "patient")
    assert made().of("4711.5", "patient") != made().of("4711", "patient")


def test_a_trace_tells_whether_it_is_the_same_person_and_not_who() -> None:
    anna, bert = made().of("anna", "p"), made().of("bert", "p")
    assert made().trace(anna) == made().trace(anna)
    assert made().trace(anna) != made().trace(bert)
    assert anna not in made().trace(anna)
    assert not made().made(made().trace(anna))


def test_half_a_surrogate_pair_has_a_pseudonym_too() -> None:
    assert made().of("\ud800", "c") != made().of("\udfff", "c")
