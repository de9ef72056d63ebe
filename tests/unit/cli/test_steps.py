"""Progress is plain lines where nobody watches, and says how a step ended."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.steps import State, Steps


def plain() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=False, width=200), stream


def test_each_step_is_one_line_when_it_has_ended() -> None:
    console, stream = plain()
    with Steps(console) as steps:
        with steps.step("Synthesize") as step:
            step.detail = "4 stacks"
        steps.end(steps.begin("Train model"), seconds=2.25, detail="87 rounds")
    lines = stream.getvalue().splitlines()
    assert [line.split() for line in lines] == [
        ["✓", "Synthesize", "0.0", "s", "4", "stacks"],
        ["✓", "Train", "model", "2.2", "s", "87", "rounds"],
    ]


def test_a_step_that_raises_is_stopped_and_the_error_passes() -> None:
    console, stream = plain()
    with pytest.raises(KeyError), Steps(console) as steps, steps.step("Deploy"):
        raise KeyError
    assert stream.getvalue().startswith("✗ Deploy")


def test_what_still_runs_is_stopped_when_the_list_ends_badly() -> None:
    console, stream = plain()
    steps = Steps(console)
    step = steps.begin("Train model")
    with pytest.raises(KeyboardInterrupt), steps:
        raise KeyboardInterrupt
    assert step.state is State.STOPPED
    assert "✗ Train model" in stream.getvalue()


def test_a_terminal_without_unicode_gets_ascii() -> None:
    binary = io.BytesIO()
    stream = io.TextIOWrapper(binary, encoding="ascii")
    with Steps(Console(file=stream, force_terminal=False)) as steps, steps.step("Deploy"):
        pass
    stream.flush()
    assert binary.getvalue().startswith(b"+ Deploy")


def test_a_terminal_shows_steps_that_run_beside_each_other() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    with Steps(console) as steps:
        first, second = steps.begin("Synthesize"), steps.begin("Bootstrap")
        steps.end(second)
        steps.end(first, detail="[not markup]")
    shown = stream.getvalue()
    assert "Synthesize" in shown
    assert "[not markup]" in shown
