"""Events for another function go over the wire as messages for a queue do: nobody waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from perennial.adapters import lean_channel, lean_sender
from perennial.adapters.lean import Client
from perennial.adapters.lean_events import MOST_BYTES, LeanEvents

from tests.unit.capture.queue_double import FUNCTION, QueueDouble, answer, hang_up, queue_double


class Losses(list[tuple[str, str]]):
    def __call__(self, model: str, why: str) -> None:
        self.append((model, why))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may take long to connect; what was refused may go again at once."""
    monkeypatch.setattr(lean_sender, "CONNECT_SECONDS", 10.0)
    monkeypatch.setattr(lean_sender, "RESEND_SECONDS", 0.0)
    monkeypatch.setattr(lean_channel, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def double() -> Iterator[QueueDouble]:
    with queue_double() as made:
        yield made


@pytest.fixture
def lost() -> Losses:
    return Losses()


@pytest.fixture
def events(double: QueueDouble, lost: Losses) -> LeanEvents:
    client = Client("lambda", read_timeout=1.0, environment=double.environment)
    return LeanEvents(FUNCTION, lost, client)


def settled(events: LeanEvents) -> None:
    deadline = time.monotonic() + 20
    while events.unconfirmed:
        assert time.monotonic() < deadline, f"{events.unconfirmed} are not confirmed"
        events.settle()
        events.flush()
        time.sleep(0.005)


def test_events_arrive_signed_and_share_a_connection(
    double: QueueDouble, lost: Losses, events: LeanEvents
) -> None:
    double.behaviours = [answer(202, "")] * 20
    sent = [json.dumps({"n": number, "text": "ü"}) for number in range(20)]
    for text in sent:
        events.send(text, "bank")
    assert double.wait_for(20) == sent
    settled(events)
    assert (double.connections, lost) == (1, [])


@pytest.mark.parametrize("status", [429, 503])
def test_what_lambda_has_no_room_for_is_sent_again(
    double: QueueDouble, lost: Losses, events: LeanEvents, status: int
) -> None:
    double.behaviours = [answer(status, '{"Type":"x","message":"TooManyRequestsException"}')]
    events.send("{}", "bank")
    settled(events)
    assert (double.bodies, lost) == (["{}", "{}"], [])


def test_what_lambda_refuses_is_lost(double: QueueDouble, lost: Losses, events: LeanEvents) -> None:
    double.behaviours = [answer(403, '{"Message":"not authorized"}')]
    events.send("{}", "bank")
    settled(events)
    assert lost == [("bank", "status 403")]


def test_a_connection_that_breaks_loses_nothing(
    double: QueueDouble, lost: Losses, events: LeanEvents
) -> None:
    double.behaviours = [hang_up]
    events.send("{}", "bank")
    double.wait_for(1)
    settled(events)
    assert (double.bodies, lost) == (["{}", "{}"], [])


def test_an_event_larger_than_lambda_takes_is_not_sent(
    double: QueueDouble, lost: Losses, events: LeanEvents
) -> None:
    events.send("x" * (MOST_BYTES + 1), "bank")
    assert lost == [("bank", "the event is larger than Lambda takes")]
    events.send("x" * MOST_BYTES, "bank")
    assert [len(body) for body in double.wait_for(1)] == [MOST_BYTES]
