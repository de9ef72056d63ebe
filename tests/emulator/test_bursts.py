"""A burst of invocations waits for its turn; it does not take all memory of the machine."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emulator.lambdas import invocation


def test_a_burst_starts_no_more_processes_than_the_machine_bears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, end = threading.Semaphore(0), threading.Event()

    def run(*_: Any) -> dict[str, Any]:
        begun.release()
        assert end.wait(30)
        return {"body": "done"}

    monkeypatch.setattr(invocation, "_run", run)
    calls, function = invocation.AT_ONCE + 4, {"FunctionName": "burst"}
    with ThreadPoolExecutor(calls) as threads:
        answers = [threads.submit(invocation._execute, function, {}, "id") for _ in range(calls)]
        assert all(begun.acquire(timeout=30) for _ in range(invocation.AT_ONCE))
        assert not begun.acquire(timeout=0.2)
        other = threads.submit(invocation._execute, {"FunctionName": "other"}, {}, "id")
        end.set()
    assert [one.result() for one in [*answers, other]] == [{"body": "done"}] * (calls + 1)
