"""Work in a process of its own: whatever becomes of it, the caller lives and knows why."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest
from perennial.errors import TrainingFailed
from perennial.training.isolated import WorkFailed, isolated


def fails(work: Callable[[], bytes], *, seconds: float = 20, mib: int = 500) -> str:
    with pytest.raises(WorkFailed) as failed:
        isolated(work, seconds=seconds, mib=mib)
    return str(failed.value)


def test_what_the_work_returns_comes_back_however_long_it_is() -> None:
    assert isolated(lambda: b"x" * 300_000, seconds=20, mib=500) == b"x" * 300_000


def test_nothing_the_work_does_is_seen_here() -> None:
    seen: list[int] = []

    def look() -> bytes:
        seen.append(1)
        return b""

    isolated(look, seconds=20, mib=500)
    assert seen == []


def test_a_crash_is_told_by_its_signal() -> None:
    def crash() -> bytes:
        os.kill(os.getpid(), signal.SIGSEGV)
        return b""

    assert fails(crash) == "its process was ended by SIGSEGV"


def test_a_kill_is_most_likely_for_want_of_memory() -> None:
    def killed() -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    assert "for want of memory (500 MiB)" in fails(killed)


def test_work_that_hangs_is_ended() -> None:
    def hang() -> bytes:
        time.sleep(600)
        return b""

    assert fails(hang, seconds=0.2) == "it took longer than 0 seconds"


def test_work_that_ignores_signals_and_hangs_is_ended() -> None:
    def stubborn() -> bytes:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            pass

    assert "took longer" in fails(stubborn, seconds=0.2)


def test_one_allocation_beyond_the_limit_fails() -> None:
    assert fails(lambda: bytes(300 << 20), mib=100) == "it needs more than 100 MiB of memory"


def test_memory_that_grows_bit_by_bit_is_ended() -> None:
    def grow() -> bytes:
        held = []
        while True:
            held.append(bytearray(os.urandom(1 << 20)))

    assert fails(grow, mib=100) == "it needs more than 100 MiB of memory"


def test_an_error_of_ours_is_told_in_its_words() -> None:
    def refuse() -> bytes:
        raise TrainingFailed("xgboost: max_depth is too large")

    assert fails(refuse) == "xgboost: max_depth is too large"


def test_any_other_error_is_told_by_its_place_and_never_by_its_text() -> None:
    def broken() -> bytes:
        raise ValueError("secret")

    told = fails(broken)
    assert told.startswith("ValueError at ")
    assert "secret" not in told


def test_a_process_that_leaves_is_told_by_its_code() -> None:
    def leave() -> bytes:
        os._exit(9)

    assert fails(leave) == "its process ended by itself with code 9"
