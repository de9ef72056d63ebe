"""Concurrency without chance: actors take turns at every call they make, in any order asked for."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")
Chooser = Callable[[int], int]  # of so many that could go next, which one does
PATIENCE = 20  # seconds; a turn that takes longer is a deadlock


@dataclass
class Turns:
    """Runs actors one at a time; what they do between two gated calls is one step."""

    choose: Chooser
    _mine: threading.local = field(default_factory=threading.local)
    _back: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def gated(self, port: T) -> T:
        """A port at whose every call the actor that calls waits for its turn."""
        return cast("T", _Gate(port, self))

    def run(self, *actors: Callable[[], object]) -> list[object]:
        """What each actor returned, or the exception it ended with."""
        results: list[object] = [None] * len(actors)
        turns = [threading.Semaphore(0) for _ in actors]
        waiting = set(range(len(actors)))

        def play(number: int) -> None:
            self._mine.turn = turns[number]
            turns[number].acquire()
            try:
                results[number] = actors[number]()
            except Exception as error:
                results[number] = error
            waiting.discard(number)
            self._back.release()

        for number, turn in enumerate(turns):
            threading.Thread(target=play, args=(number,), daemon=True).start()
            self._give(turn)  # up to its first call
        while waiting:
            able = sorted(waiting)
            self._give(turns[able[self.choose(len(able))]])
        return results

    def wait(self) -> None:
        """Called by an actor before each call."""
        turn: threading.Semaphore | None = getattr(self._mine, "turn", None)
        if turn is not None:  # None: the test itself, outside of any actor
            self._back.release()
            turn.acquire()

    def _give(self, turn: threading.Semaphore) -> None:
        turn.release()
        assert self._back.acquire(timeout=PATIENCE), "an actor does not come back"


class _Gate:
    def __init__(self, port: object, turns: Turns) -> None:
        self._port = port
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            self._turns.wait()
            return found(*given, **named)

        return call


def every_order(play: Callable[[Chooser], None]) -> int:
    """Play a scene once for every order in which its steps can happen; how many there were."""
    trail = _Trail([])
    for played in itertools.count(1):
        play(trail)
        following = trail.following()
        if following is None:
            return played
        trail = _Trail(following)
    raise AssertionError("there is always a last order")


class _Trail:
    """Chooses as it is told, and the first from there on; remembers what else there was."""

    def __init__(self, told: list[int]) -> None:
        self._told = told
        self._taken: list[tuple[int, int]] = []

    def __call__(self, options: int) -> int:
        place = len(self._taken)
        choice = self._told[place] if place < len(self._told) else 0
        self._taken.append((choice, options))
        return choice

    def following(self) -> list[int] | None:
        """What to choose next time: depth first, the last choice that has a sibling left."""
        taken = list(self._taken)
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        return [choice for choice, _ in taken[:-1]] + [taken[-1][0] + 1] if taken else None


def in_order(choices: Sequence[int]) -> Chooser:
    """The order given, repeated as long as it takes."""
    taken = 0

    def choose(options: int) -> int:
        nonlocal taken
        taken += 1
        return choices[(taken - 1) % len(choices)] % options

    return choose
