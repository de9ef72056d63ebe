"""A run that failed in training is concluded with the container's own words, where it left any."""

from __future__ import annotations

import pytest
from perennial.errors import Unavailable
from perennial.registry.refusal import FAILURE, refusal

from tests.fakes.objects import InMemoryObjects

RUN = "s3://data/runs/bank/a/"


def test_the_container_says_why_it_gave_up() -> None:
    store = InMemoryObjects()
    body = b'{"error": "TrainingFailed", "message": "one class only"}'
    store.write(RUN + FAILURE, body, "application/json")
    assert refusal(RUN, store) == "TrainingFailed: one class only"


def test_a_container_that_was_killed_says_nothing() -> None:
    assert refusal(RUN, InMemoryObjects()) is None


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"error": "X"}', b"\xff"])
def test_words_cut_short_do_not_keep_a_run_from_ending(body: bytes) -> None:
    store = InMemoryObjects()
    store.write(RUN + FAILURE, body, "application/json")
    assert refusal(RUN, store) is None


def test_storage_that_refuses_does_not_keep_a_run_from_ending() -> None:
    class Refusing(InMemoryObjects):
        def read(self, uri: str) -> bytes:
            raise Unavailable("S3 does not answer")

    assert refusal(RUN, Refusing()) is None
