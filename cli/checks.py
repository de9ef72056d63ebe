"""What `perennial doctor` looks at: each check looks at one thing and knows what to do about it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exits import CommandError
from cli.project import Project

if TYPE_CHECKING:
    from cli.target import Target

NOT_DEPLOYED = "not deployed"
_FREE_GIB = 2.0
_NODE = (22, 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        what: what was looked at.
        fine: whether it is as it should be.
        told: what it is.
        advice: what to do when it is not fine.
    """

    what: str
    fine: bool
    told: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON."""
        return asdict(self)


def python(here: Project) -> Finding:
    """The interpreter, and whether it is this checkout's."""
    version = ".".join(map(str, sys.version_info[:3]))
    own = Path(sys.prefix) == here.root / ".venv"
    fine = sys.version_info >= (3, 11)
    told = f"{version} in {here.shown(Path(sys.prefix))}" + ("" if own else ", not this checkout's")
    return Finding(
        "Python", fine, told, "Perennial needs 3.11 or newer: make PYTHON=python3.12 setup"
    )


def node(here: Project) -> Finding:
    """What runs the `cdk` command."""
    version = _said(here, "node", "--version").removeprefix("v")
    fine = tuple(int(part) for part in version.split(".")[:2]) >= _NODE
    return Finding("Node", fine, version, "`make setup` installs the right one.")


def cdk(here: Project) -> Finding:
    """The `cdk` command."""
    version = _said(here, "cdk", "--version")
    return Finding("CDK", version.startswith("2."), version, "Run `make setup`.")


def _said(here: Project, *command: str) -> str:
    """The first line a program of this checkout answers with."""
    from cli.cdk import search_path

    path = search_path(here, os.environ)
    program = shutil.which(command[0], path=path)
    if program is None:
        raise CommandError(f"{command[0]} is not installed.", advice="Run `make setup`.")
    done = subprocess.run(  # noqa: S603
        [program, *command[1:]],
        env=os.environ | {"PATH": path, "CDK_DISABLE_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else done.stderr.strip()


def disk(here: Project) -> Finding:
    """Room for layers and the emulator's state."""
    free = shutil.disk_usage(here.root).free / 2**30
    return Finding("Disk", free >= _FREE_GIB, f"{free:.1f} GiB free", "Make room: `make clean`.")


def setup(here: Project) -> Finding:
    """Whether what is installed is what the lock files say."""
    mark = here.root / ".venv" / ".perennial-setup"
    locks = [here.root / name for name in ("requirements.lock", "package-lock.json")]
    done = mark.stat().st_mtime if mark.is_file() else 0.0
    newer = [lock.name for lock in locks if lock.is_file() and lock.stat().st_mtime > done]
    told = f"{' and '.join(newer)} changed since" if newer else "as the lock files say"
    return Finding("Setup", not newer, told, "Run `make setup`.")


def port(here: Project) -> Finding:
    """Whether the emulator can listen, and where it would."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
    remembered = here.state / "port"
    if not remembered.is_file():
        return Finding("Port", True, "any free one of 127.0.0.1")
    return Finding("Port", True, f"{remembered.read_text().strip()} when it is free")


def specs(here: Project) -> Finding:
    """Whether every spec can be read."""
    from cli import specs

    good, mistakes = specs.read(specs.spec_files([here.models]))
    if mistakes:
        told = "; ".join(str(one) for one in mistakes[:3])
        return Finding("Specs", False, told, "`perennial check` lists every mistake.")
    return Finding("Specs", True, ", ".join(sorted(spec.name for spec in good.values())))


def emulator(here: Project) -> Finding:
    """Whether the emulator of this checkout runs, and answers."""
    import urllib.request

    from emulator import control

    found = control.running(here.state)
    if found is None:
        return Finding("Emulator", True, "not running; `perennial up` starts it")
    try:
        with urllib.request.urlopen(f"{found.endpoint}/health", timeout=5) as answer:  # noqa: S310
            healthy = answer.status == 200
    except OSError:
        healthy = False
    told = f"{found.endpoint}, process {found.pid}"
    return Finding(
        "Emulator",
        healthy,
        told if healthy else f"{told}, does not answer",
        f"`perennial down`, then `perennial up`; its log is {here.shown(found.log_file)}.",
    )


def account(target: Target) -> Finding:
    """Who the target takes us for."""
    identity = target.client("sts").get_caller_identity()
    return Finding("Account", True, f"{identity['Account']} as {identity['Arn']}")


def stack(target: Target, part: str) -> Finding:
    """Whether one of our stacks is there and whole."""
    from cli.outputs import describe

    name = target.stack(part)
    status, _ = describe(target, name)
    fine = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    advice = "Run `perennial up`." if target.emulator else "Run `perennial deploy --aws`."
    return Finding(name, fine, status or NOT_DEPLOYED, advice)
