"""Runs the real `cdk` command, so that none of its processes outlives us."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cli.exits import CommandError
from cli.project import Project

OnLine = Callable[[str], None]


class Cdk:
    """The `cdk` command of this checkout, in one environment.

    Leaving the context ends every process it still has, also those other threads wait for.
    """

    def __init__(self, project: Project, environment: Mapping[str, str]) -> None:
        """Prepare; `environment` is all the processes get, besides our PATH."""
        self._project = project
        self._environment = {**environment, "PATH": search_path(project, environment)}
        self._children: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        from emulator import process

        with self._lock:
            self._closed = True
            children = list(self._children)
        for child in children:
            process.end_session(child.pid, grace=1.0)
            child.wait()

    def run(self, *arguments: str, on_line: OnLine | None = None) -> None:
        """Run `cdk` quietly; what it says goes to a log file and to `on_line`.

        Raises:
            CommandError: it failed; the message has the end of what it said.
        """
        log = self._project.build / "logs" / f"cdk-{arguments[0]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        tail: deque[str] = deque(maxlen=30)
        child = self._spawn(arguments)
        try:
            with log.open("w", encoding="utf-8") as written, _output(child) as output:
                for line in output:
                    written.write(line)
                    tail.append(line.rstrip())
                    if on_line is not None:
                        on_line(line.rstrip())
            code = child.wait()
        except BaseException:
            self._end(child)
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        if code:
            told = "\n".join(line for line in tail if line.strip())
            raise CommandError(
                f"cdk {arguments[0]} failed (exit code {code}):\n{told}",
                advice=f"All it said is in {self._project.shown(log)}.",
            )

    def hand_over(self, *arguments: str) -> None:
        """Run `cdk` in the foreground: it talks to the person itself, and may ask.

        Raises:
            CommandError: it failed.
        """
        command = [str(self._program), *arguments]
        # Stdout belongs to our own result, which a program may read.
        code = subprocess.call(  # noqa: S603
            command, env=self._environment, cwd=self._project.root, stdout=sys.stderr
        )
        if code:
            raise CommandError(f"cdk {arguments[0]} failed (exit code {code}).")

    @property
    def _program(self) -> Path:
        return program(self._project)

    def _spawn(self, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
        with self._lock:
            if self._closed:
                raise CommandError("Stopped before cdk began.")
            child = subprocess.Popen(  # noqa: S603
                [str(self._program), *arguments],
                env=self._environment,
                cwd=self._project.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                # A session of its own: Ctrl-C reaches us only, and we end all of it.
                start_new_session=True,
            )
            self._children.add(child)
            return child

    def _end(self, child: subprocess.Popen[str]) -> None:
        from emulator import process

        process.end_session(child.pid, grace=1.0)
        child.wait()


def _output(child: subprocess.Popen[str]) -> IO[str]:
    if child.stdout is None:
        raise ValueError("the process was started without a pipe")
    return child.stdout


def program(project: Project) -> Path:
    """Where the `cdk` command is.

    Raises:
        CommandError: it is not installed.
    """
    path = project.root / "node_modules" / ".bin" / "cdk"
    if not path.exists():
        raise CommandError(f"{path} is missing.", advice="Run `make setup`.")
    return path


def search_path(project: Project, environment: Mapping[str, str]) -> str:
    """A PATH on which this Python, its Node and the `cdk` command come first."""
    rest = environment.get("PATH") or os.environ.get("PATH", os.defpath)
    own = (Path(sys.executable).parent, project.root / "node_modules" / ".bin")
    return os.pathsep.join([*map(str, own), rest])
