"""Shows a person what is under way: a calm live list on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cli import terminal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live


class State(StrEnum):
    """Where a step stands."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # it ended as it should not


@dataclass(slots=True)
class Step:
    """One line of the list.

    Attributes:
        title: what is done, as a verb phrase.
        detail: what can be said of it right now.
        seconds: how long it took, once it has ended.
    """

    title: str
    detail: str = ""
    state: State = State.RUNNING
    seconds: float | None = None
    since: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds it took, or has taken so far."""
        return time.monotonic() - self.since if self.seconds is None else self.seconds


class Steps:
    """The list. Steps may overlap and be told of from several threads."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or terminal.stderr()
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self._live = self._make_live() if self._console.is_terminal else None
        self._marks = _marks(self._console)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            for step in self._steps:
                if step.state is State.RUNNING:
                    self.end(step, State.STOPPED)
        if self._live is not None:
            self._live.stop()

    def begin(self, title: str, detail: str = "") -> Step:
        """Add a step that runs from now on."""
        step = Step(title, detail)
        with self._lock:
            self._steps.append(step)
        return step

    def end(
        self,
        step: Step,
        state: State = State.DONE,
        *,
        detail: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Close a step; `seconds` when somebody measured it better than this list did."""
        step.seconds = step.elapsed if seconds is None else seconds
        step.state = state
        step.detail = step.detail if detail is None else detail
        if self._live is None:
            with self._lock:
                self._console.print(self._line(step), soft_wrap=True)

    @contextmanager
    def step(self, title: str, detail: str = "") -> Iterator[Step]:
        """A step for the length of a block; it is stopped when the block raises."""
        step = self.begin(title, detail)
        try:
            yield step
        except BaseException:
            self.end(step, State.STOPPED)
            raise
        if step.state is State.RUNNING:
            self.end(step)

    def _make_live(self) -> Live:
        from rich.live import Live

        return Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=8,
            redirect_stdout=False,
        )

    def _render(self) -> RenderableType:
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=1)
        grid.add_column()
        grid.add_column(justify="right", min_width=7)
        grid.add_column(style="dim", overflow="ellipsis", no_wrap=True)
        for step in list(self._steps):
            # As text: a name with brackets in it is no markup.
            detail = Text(step.detail)
            grid.add_row(self._mark(step), step.title, f"{step.elapsed:.1f} s", detail)
        return grid

    def _mark(self, step: Step) -> RenderableType:
        from rich.text import Text

        if step.state is State.RUNNING:
            frames = self._marks[State.RUNNING]
            return Text(frames[int(step.elapsed * 8) % len(frames)], style="cyan")
        style = "green" if step.state is State.DONE else "red"
        return Text(self._marks[step.state], style=style)

    def _line(self, step: Step) -> RenderableType:
        from rich.text import Text

        mark = self._marks[step.state]
        line = f"{mark} {step.title:<22} {step.elapsed:>7.1f} s  {step.detail}"
        return Text(line.rstrip())


def _marks(console: Console) -> dict[State, str]:
    """Signs for the states, in ASCII where the terminal knows nothing else."""
    if console.encoding.lower().startswith("utf"):
        return {State.RUNNING: "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", State.DONE: "✓", State.STOPPED: "✗"}
    return {State.RUNNING: "|/-\\", State.DONE: "+", State.STOPPED: "x"}
