"""Plays a story from the first training to the last row, and writes down what happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from perennial.registry.records import Route
from perennial.spec import ModelSpec

from examples.story.deployment import Deployment
from examples.story.document import Played
from examples.story.endpoint import Endpoint
from examples.story.events import Event
from examples.story.phases import Phases
from examples.story.replay import Replay
from examples.story.scenario import History, Scenario
from examples.story.watching import Look, Watching, under_way

Tell = Callable[[str], None]
_MANY_ROWS: Final = 50  # of a request while nothing happens
_REACTION: Final = 12.0  # seconds in which something begins after an alarm, or does not
_CACHED: Final = 6.0  # seconds after which every process has read a new route
_LONGEST: Final = 300.0  # for which the story waits for anything


@dataclass(frozen=True)
class Pace:
    """Requests while something happens: of few rows, so that a month does not pass meanwhile.

    Attributes:
        rows: of a request.
        every: seconds between the beginnings of two requests, at least.
        requests: between two looks at what goes on.
    """

    rows: int
    every: float
    requests: int


_TRICKLE: Final = Pace(1, 0.2, 2)  # a report is made, a model is trained
# A shadow is compared row by row, and by what came true of the first rows. A request whose rows
# several versions answered has no latency of its own, so callers come one by one to a canary.
SHADOWED: Final = Pace(6, 0.06, 8)
_SHARED: Final = Pace(1, 0.025, 20)


@dataclass
class Story:
    """A story while it is played.

    Attributes:
        scenario: what is played.
        deployment: where.
        tell: takes a line about what happens.
        phases: where the time goes.
        people: what people did.
    """

    scenario: Scenario
    deployment: Deployment
    tell: Tell
    phases: Phases = field(default_factory=Phases)
    people: list[Event] = field(default_factory=list)

    def play(self) -> Played:
        """From the first training to the last row.

        Raises:
            RuntimeError: a command or a report failed.
        """
        began = time.time()
        scenario, history = self.scenario, self._history
        first = history.place(scenario.first)
        self.phases.turn("first training")
        self._say(f"version 1 is trained on the first {first:,} rows")
        self._train(history.table(0, first), "first.csv", first)
        begin = max(first, history.place(scenario.begin))
        self._begin(begin)
        broken = history.place(scenario.broken_at) if scenario.broken_at else None
        while not self.replay.over:
            if broken is not None and self.replay.following >= broken and self._renewed:
                self._force_broken(broken)
                broken = None
            self._chunk(scenario.chunk)
        self.replay.tell(len(self.replay.answers))
        self.replay.endpoint.close()
        looks, people = self.watching.looks, self.people
        return Played(scenario, self.deployment, self.replay, looks, people, begin, began)

    def _begin(self, first: int) -> None:
        endpoint = Endpoint(self.deployment.url, self.deployment.key)
        positive = self._spec.positive_class
        label = None if positive is None else str(positive)
        model, late = self.scenario.model, self.scenario.late
        self.replay = Replay(model, self._history, endpoint, label, late, first)
        self.watching = Watching(self.deployment, model, time.time(), lambda: endpoint.sent)

    def _chunk(self, rows: int) -> None:
        """Rows that nothing happens to, a report, and what follows from it."""
        self.phases.turn("rows")
        self.replay.send(rows // _MANY_ROWS, _MANY_ROWS)
        self.phases.turn("reports")
        found = self._look()
        self._say(
            f"row {self._shown(self.replay.following):>6,}: "
            + (", ".join(found.alarms) or "nothing found")
        )
        if found.alarms and not self.replay.over:
            self.phases.turn("reactions")
            self._until(lambda: bool(self._under_way), _REACTION)
        if not self.replay.over and (begun := self._under_way):
            self._say(f"             {begun} under way")
            # Nothing is decided without requests: with the last row, the story ends as it stands.
            self._until(lambda: self._settled() or self.replay.over, _LONGEST)
            if begun == "rollback":
                self._until(lambda: False, _CACHED)

    def _settled(self) -> bool:
        """Whether nothing is under way; what is gets the time."""
        begun = self._under_way
        if begun:
            self.phases.turn(begun)
        return not begun

    def _look(self) -> Look:
        """A report, with requests meanwhile."""
        self.watching.begin(self._shown(self.replay.following))
        self._until(lambda: not self.watching.looking, _LONGEST)
        return self.watching.looks[-1]

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        """Send small requests until something is so, or the time is over."""
        deadline = time.monotonic() + seconds
        while not done() and time.monotonic() < deadline:
            pace = self._pace
            if self.replay.over:
                time.sleep(_TRICKLE.every)
            self.replay.send(pace.requests, pace.rows, pace.every)

    @property
    def _rollout(self) -> str:
        """The rollout that goes on; empty: none."""
        route = self._route
        return route.rollout_id if route else ""

    @property
    def _renewed(self) -> bool:
        """Whether another version than the first serves already."""
        route = self._route
        return route is not None and route.champion.number > 1

    @property
    def _route(self) -> Route | None:
        return self.deployment.registry.route(self.scenario.model)

    @property
    def _pace(self) -> Pace:
        route = self._route
        if route is None or not route.rollout_id:
            return _TRICKLE
        return SHADOWED if route.shadow else _SHARED

    def _force_broken(self, row: int) -> None:
        """Somebody uploads a file whose labels are the wrong way round, and will not be told."""
        self.phases.turn("broken version")
        scenario, target = self.scenario, self._spec.target
        rows = 4 * scenario.chunk
        table = self._history.flipped(row - rows, row, target, scenario.separator)
        here = self._shown(self.replay.following)
        self._say(f"row {here:>6,}: an operator trains on flipped labels")
        self._person("a file with flipped labels is uploaded")
        version = self._in_background(lambda: self._train(table, "flipped.csv", rows))
        self._say("             the judge looks at it")
        self._until(lambda: not self._rollout or self.replay.over, _LONGEST)
        self._say(f"             the operator forces version {version} into service")
        self._person(f"version {version} is forced into service")
        reason = "The new numbers look better."
        self.deployment.route(scenario.model, version, reason)
        self._until(lambda: False, _CACHED)
        self._chunk(self.scenario.chunk // 2)

    def _in_background(self, work: Callable[[], int]) -> int:
        """What comes of it, with requests meanwhile."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(work)
            self._until(waiting.done, _LONGEST)
            return waiting.result()

    def _train(self, table: bytes, name: str, rows: int) -> int:
        run = self.deployment.train(self.scenario.model, table, name=name)
        self._say(f"             version {run['version']} is trained on {rows:,} rows")
        return int(run["version"])

    def _person(self, what: str) -> None:
        row = self._shown(self.replay.following)
        self.people.append(Event(time.time(), row, "operator", what, by="operator"))

    def _say(self, line: str) -> None:
        self.tell(line)

    def _shown(self, row: int) -> int:
        """A row in the file's own count."""
        return row * self.scenario.every

    @property
    def _under_way(self) -> str:
        return under_way(self.deployment, self.scenario.model)

    @cached_property
    def _spec(self) -> ModelSpec:
        return self.scenario.spec

    @cached_property
    def _history(self) -> History:
        return self.scenario.history
