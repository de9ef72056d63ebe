"""Brings the stacks up on the emulator: start, bootstrap, synthesize, deploy."""

from __future__ import annotations

import fcntl
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import assembly, commit, terminal
from cli.cdk import Cdk
from cli.exits import CommandError
from cli.outputs import describe, further
from cli.project import Project, settings, time_scale
from cli.steps import Step, Steps
from cli.target import OPTIONAL, STACKS, Target, running_emulator
from emulator import control, environment
from emulator.control import Emulator

_PROGRESS = re.compile(r"^\s*(?P<stack>\S+) \|\s*(?P<done>\d+)/(?P<all>\d+) \|")


@dataclass(slots=True)
class Seconds:
    """How long each phase took; 0 for one there was no need for."""

    bootstrap: float = 0.0
    synth: float = 0.0
    deploy: float = 0.0


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Nobody else deploys to this checkout's emulator meanwhile; waits for who does."""
    project.build.mkdir(parents=True, exist_ok=True)
    with (project.build / "deploy.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            terminal.note("Another command deploys in this checkout; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def emulator_of(project: Project, steps: Steps, *, stay: bool) -> Iterator[tuple[Emulator, bool]]:
    """The emulator of this checkout, and whether it was started here.

    One that was started here is stopped at the end of the block, unless `stay`; it is stopped in
    any case when the block fails, because it may hold half a deployment.
    """
    found = control.running(project.state)
    if found is not None:
        yield found, False
        return
    with steps.step("Start the emulator") as step:
        emulator = control.start(
            project.state, project=project.root, time_scale=time_scale(), detached=stay
        )
        step.detail = emulator.endpoint
    try:
        yield emulator, True
    except BaseException:
        emulator.stop()
        raise
    if not stay:
        emulator.stop()


def bring_up(project: Project, target: Target, steps: Steps) -> Seconds:
    """Deploy this checkout to its emulator, doing only what has not been done yet.

    Returns how long that took, by phase.

    Raises:
        CommandError: a spec is wrong, or `cdk` failed.
    """
    seconds = Seconds()
    context = {**settings(), "target": "local", "prefix": target.prefix}
    expected = assembly.fingerprint(project, context)
    if _deployed(project, target) == expected:
        return seconds
    told = {**environment.inherited(), **running_emulator().environment()}
    with Cdk(project, told) as cdk:
        seconds.bootstrap = _bootstrap()
        templates = assembly.current(project, expected)
        if templates is None:
            with steps.step("Synthesize templates") as step:
                # Not in the fingerprint: another commit of the same files deploys nothing new.
                told_commit = {"commit": commit.deployed(project.root)}
                templates = assembly.synthesize(project, cdk, context | told_commit, expected)
                step.detail = f"{len(list(templates.glob('*.template.json')))} stacks"
            seconds.synth = step.elapsed
        with steps.step("Deploy stacks") as step:
            _deploy(target, cdk, templates, step)
        seconds.deploy = step.elapsed
    _mark(project).write_text(json.dumps({"fingerprint": expected}), encoding="utf-8")
    return seconds


def _mark(project: Project) -> Path:
    return project.state / "deployed.json"


def _deployed(project: Project, target: Target) -> str | None:
    """The fingerprint of what is deployed, when all stacks are whole."""
    try:
        told: Mapping[str, str] = json.loads(_mark(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    for part in (*STACKS, *further(target)):
        status, _ = describe(target, target.stack(part))
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return None
    return told.get("fingerprint")


def _bootstrap() -> float:
    """Prepare the account for the CDK, as far as an emulator needs it; returns the seconds."""
    began = time.monotonic()
    running_emulator().bootstrap()
    return time.monotonic() - began


def _deploy(target: Target, cdk: Cdk, templates: Path, step: Step) -> None:
    def tell(line: str) -> None:
        found = _PROGRESS.match(line)
        if found:
            stack = found["stack"].removeprefix(f"{target.prefix}-")
            step.detail = f"{stack} {found['done']}/{found['all']}"

    _clear_wreckage(target)
    cdk.run(
        *("deploy", "--all", "--app", str(templates)),
        *("--require-approval", "never", "--progress", "events", "--method", "direct"),
        *("--concurrency", "4"),
        on_line=tell,
    )
    there = {path.name.partition(".")[0] for path in templates.glob("*.template.json")}
    asked = [part for part in OPTIONAL if target.stack(part) in there]
    step.detail = ", ".join((*STACKS, *further(target), *asked))


def _clear_wreckage(target: Target) -> None:
    """Remove stacks that an interrupted deployment left half-made: `cdk` refuses to touch them."""
    for part in reversed((*STACKS, *further(target), *OPTIONAL)):
        name = target.stack(part)
        status, _ = describe(target, name)
        if status is None or status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            continue
        if status.startswith("UPDATE_"):
            # Its resources are those of the deployment before; the next one may go over them.
            continue
        client = target.client("cloudformation")
        client.delete_stack(StackName=name)
        if describe(target, name)[0] not in (None, "DELETE_IN_PROGRESS"):
            raise CommandError(
                f"The stack {name} is {status} and cannot be removed.",
                advice="`perennial down --wipe` makes a fresh start.",
            )
