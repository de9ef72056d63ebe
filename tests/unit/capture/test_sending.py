"""Messages are on the wire when `send` returns, whatever the queue does."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from perennial.adapters import lean_channel, lean_sender
from perennial.adapters.lean import Client
from perennial.adapters.lean_sqs import LeanQueue

from tests.unit.capture.queue_double import (
    URL,
    QueueDouble,
    answer,
    half_close,
    hang_up,
    queue_double,
    say_nothing,
    talk_nonsense,
)
from tests.unit.serving.test_lean_http import certificate  # noqa: F401  a fixture


class Losses(list[tuple[str, str]]):
    def __call__(self, model: str, why: str) -> None:
        self.append((model, why))


@pytest.fixture
def double() -> Iterator[QueueDouble]:
    with queue_double() as double:
        yield double


@pytest.fixture
def lost() -> Losses:
    return Losses()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may take long to connect; what was refused may go again at once."""
    monkeypatch.setattr(lean_sender, "CONNECT_SECONDS", 10.0)
    monkeypatch.setattr(lean_sender, "RESEND_SECONDS", 0.0)
    monkeypatch.setattr(lean_channel, "PAUSE_SECONDS", 0.0)


def sender(double: QueueDouble, lost: Losses) -> LeanQueue:
    return LeanQueue(URL, lost, Client("sqs", read_timeout=1.0, environment=double.environment))


def settled(queue: LeanQueue) -> None:
    """Take in replies until there is none to come."""
    deadline = time.monotonic() + 20
    while queue.unconfirmed:
        assert time.monotonic() < deadline, f"{queue.unconfirmed} are not confirmed"
        queue.settle()
        time.sleep(0.005)


def test_messages_arrive_signed_and_share_a_connection(double: QueueDouble, lost: Losses) -> None:
    queue = sender(double, lost)
    for number in range(20):
        queue.send(f'{{"n":{number},"text":"\\u00e9\\\\"}}', "bank")
    assert double.wait_for(20) == [f'{{"n":{number},"text":"\\u00e9\\\\"}}' for number in range(20)]
    settled(queue)
    assert double.connections == 1
    assert lost == []


def test_no_reply_is_waited_for(double: QueueDouble, lost: Losses) -> None:
    double.behaviours = [say_nothing] * 10
    queue = sender(double, lost)
    for _ in range(10):
        queue.send("{}", "bank")
    double.wait_for(10)
    assert queue.unconfirmed == 10
    assert lost == []


def test_a_message_without_a_reply_is_sent_again(
    double: QueueDouble, lost: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_sender, "REPLY_SECONDS", 0.05)
    double.behaviours = [say_nothing]
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    time.sleep(0.1)
    queue.send("second", "bank")
    assert sorted(double.wait_for(3)) == ["first", "first", "second"]
    assert double.connections == 2
    assert lost == []


@pytest.mark.parametrize("behaviour", [hang_up, talk_nonsense], ids=lambda b: b.__name__)
def test_a_connection_that_breaks_loses_nothing(
    double: QueueDouble, lost: Losses, behaviour: Any
) -> None:
    double.behaviours = [behaviour]
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    until_noticed(queue, double)
    queue.send("second", "bank")
    assert sorted(double.wait_for(3)) == ["first", "first", "second"]
    settled(queue)
    assert lost == []


def until_noticed(queue: LeanQueue, double: QueueDouble) -> None:
    """The other side's end may take a moment to arrive here."""
    deadline = time.monotonic() + 20
    while double.connections < 2:
        assert time.monotonic() < deadline
        queue.settle()
        time.sleep(0.005)


@pytest.mark.parametrize(
    "behaviour", [half_close, answer(200, "{}", close=True)], ids=["half", "whole"]
)
def test_a_connection_closed_after_a_reply_is_replaced_and_nothing_sent_twice(
    double: QueueDouble, lost: Losses, behaviour: Any
) -> None:
    double.behaviours = [behaviour]
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    until_noticed(queue, double)
    queue.send("second", "bank")
    assert double.wait_for(2) == ["first", "second"]
    settled(queue)
    assert double.bodies == ["first", "second"]
    assert lost == []


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    double: QueueDouble, lost: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    settled(queue)
    monkeypatch.setattr(lean_sender, "IDLE_LIMIT", -1.0)
    queue.send("second", "bank")
    assert double.wait_for(2) == ["first", "second"]
    assert double.connections == 2


@pytest.mark.parametrize(
    "behaviour",
    [
        answer(503, ""),
        answer(500, '{"__type":"InternalError"}'),
        answer(400, '{"__type":"com.amazonaws.sqs#RequestThrottled"}'),
        answer(403, '{"__type":"ThrottlingException"}'),
    ],
    ids=["503", "500", "throttled-400", "throttled-403"],
)
def test_what_was_refused_for_now_is_sent_again(
    double: QueueDouble, lost: Losses, behaviour: Any
) -> None:
    double.behaviours = [behaviour]
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    time.sleep(0.05)
    queue.send("second", "bank")
    deadline = time.monotonic() + 20
    while len(double.bodies) < 3 and time.monotonic() < deadline:
        queue.settle()
    assert sorted(double.wait_for(3)) == ["first", "first", "second"]
    settled(queue)
    assert lost == []


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_was_refused_for_good_is_counted_and_dropped(
    double: QueueDouble, lost: Losses, status: int
) -> None:
    double.behaviours = [answer(status, '{"__type":"com.amazonaws.sqs#AccessDenied"}')]
    queue = sender(double, lost)
    queue.send("refused", "bank")
    double.wait_for(1)
    settled(queue)
    assert lost == [("bank", f"status {status}")]
    queue.send("next", "bank")
    assert double.wait_for(2) == ["refused", "next"]


def test_a_message_is_given_up_after_its_attempts(double: QueueDouble, lost: Losses) -> None:
    double.behaviours = [answer(503, "")] * lean_sender.ATTEMPTS
    queue = sender(double, lost)
    for attempt in range(lean_sender.ATTEMPTS):
        queue.send(str(attempt), "bank") if attempt == 0 else queue.flush()
        double.wait_for(attempt + 1)
        deadline = time.monotonic() + 20
        while queue.waiting == 0 and not lost and time.monotonic() < deadline:
            queue.settle()
    assert lost == [("bank", "status 503")]
    assert queue.unconfirmed == 0


def test_a_queue_that_is_away_costs_no_message_until_memory_is_full(
    lost: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = QueueDouble()
    away.port = port
    queue = sender(away, lost)
    for number in range(10):
        queue.send(str(number), "bank")
    assert queue.unconfirmed == 10
    assert lost == []
    monkeypatch.setattr(lean_sender, "MOST_BYTES", 0)
    queue.send("too much", "bank")
    assert lost == [("bank", "too much is waiting")]
    monkeypatch.undo()
    with queue_double(port) as back:
        deadline = time.monotonic() + 20
        while queue.unconfirmed and time.monotonic() < deadline:
            queue.settle()
            queue.flush()
        assert back.bodies == [str(number) for number in range(10)]


def test_a_queue_that_stops_reading_stops_nobody(
    double: QueueDouble, lost: Losses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More is sent than any buffer of the kernel takes; what is over stays in memory."""
    monkeypatch.setattr(lean_sender, "WRITE_SECONDS", 0.0)
    queue = sender(double, lost)
    queue.send("first", "bank")
    double.wait_for(1)
    double.reading.clear()
    large = "x" * 1_000_000
    for _ in range(30):
        queue.send(large, "bank")
    assert {why for _, why in lost} == {"too much is waiting"}
    double.reading.set()
    arriving = 31 - len(lost)
    deadline = time.monotonic() + 20
    while queue.unconfirmed and time.monotonic() < deadline:
        queue.settle()
        queue.flush()
    assert len(double.bodies) == arriving
    assert set(double.bodies[1:]) == {large}


def test_messages_go_over_tls_as_they_do_on_aws(
    certificate: Path,  # noqa: F811
    lost: Losses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with queue_double(context=context) as double:
        queue = sender(double, lost)
        sent = [f"{number}" * 50_000 for number in range(10)]
        for text in sent:
            queue.send(text, "bank")
        deadline = time.monotonic() + 20
        while queue.unconfirmed and time.monotonic() < deadline:
            queue.settle()
            queue.flush()
        assert double.bodies == sent
        assert double.connections == 1
    assert lost == []


def test_a_queue_that_nobody_vouches_for_is_told_nothing(
    certificate: Path,  # noqa: F811
    lost: Losses,
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with queue_double(context=context) as double:
        queue = sender(double, lost)
        queue.send("first", "bank")
        queue.send("second", "bank")
        assert queue.unconfirmed == 2
        assert double.bodies == []
