"""The servers that are compared: how each is started, asked and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.serving.load import Load
from benchmarks.serving.runtime_api import RuntimeApi

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SECONDS = 60.0
STOP = 5.0  # seconds a server has to end by itself
POLL = 0.001  # seconds between attempts to reach a server that is starting


def _spare_processor() -> int | None:
    """The processor that is left to the stacks; None where processes cannot be pinned."""
    if not shutil.which("taskset") or len(os.sched_getaffinity(0)) < 2:
        return None
    return max(os.sched_getaffinity(0))


PROCESSOR = _spare_processor()


def leave_the_processor() -> None:
    """Keep this process, and those it starts for itself, off the stacks' processor."""
    if PROCESSOR is not None:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {PROCESSOR})


class Stack(ABC):
    """One process that answers; entered, it is starting."""

    def __init__(self, python: str, environment: Mapping[str, str]) -> None:
        self._python = python
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            # Asked first: a server that is killed leaves its workers behind.
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP)
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def ask(self, rows: list[dict[str, Any]]) -> tuple[float, Any]:
        """Ask; when the answer had arrived (perf_counter), and the decoded body."""

    def memory(self) -> float:
        """Resident memory of the process and those it has started, in MB; 0 where unknown."""
        assert self._process is not None
        pages = 0
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ProcessLookupError):
                if os.getpgid(int(folder.name)) == self._process.pid:
                    pages += int((folder / "statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def processor_time(self) -> float:
        """Milliseconds the process has had a processor so far: what neighbours do not change."""
        assert self._process is not None
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6

    def _spawn(self, arguments: list[str], **environment: str) -> None:
        pinned = [] if PROCESSOR is None else ["taskset", "-c", str(PROCESSOR)]
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [*pinned, self._python, *arguments],
            env={**self._environment, **environment},
            stdout=subprocess.DEVNULL,
            cwd=HERE,
            start_new_session=True,  # some servers are shells that start the real one
        )


class Lambda(Stack):
    """A handler in a bare Lambda runtime client."""

    def __init__(
        self,
        handler: str,
        paths: list[Path],
        python: str = sys.executable,
        *,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(python, environment)
        self._handler = handler
        self._paths = paths

    def __enter__(self) -> Self:
        self._api = RuntimeApi()
        self._spawn(
            ["-m", "awslambdaric", self._handler],
            AWS_LAMBDA_RUNTIME_API=self._api.address,
            PYTHONPATH=os.pathsep.join(map(str, self._paths)),
        )
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self._api.__exit__(*raised)

    def ask(self, rows: list[dict[str, Any]]) -> tuple[float, Any]:
        arrived, response = self._api.invoke(event(rows), SECONDS)
        assert response["statusCode"] == 200, response
        return arrived, json.loads(response["body"])

    def pump(self, rows: list[dict[str, Any]], seconds: float) -> Load:
        """Ask for the same rows as often as a time allows."""
        return self._api.pump(event(rows), seconds)


class FastApi(Stack):
    """A web server."""

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._connection = HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        server = ["-m", "uvicorn", "fastapi_server:app", "--port", str(self._port)]
        self._spawn([*server, "--log-level", "warning"])
        return self

    def ask(self, rows: list[dict[str, Any]]) -> tuple[float, Any]:
        if self._connection.sock is None:
            self._await()
        headers = {"content-type": "application/json"}
        self._connection.request("POST", "/predict", json.dumps({"rows": rows}), headers)
        response = self._connection.getresponse()
        body = response.read()
        arrived = time.perf_counter()
        assert response.status == 200, body
        return arrived, json.loads(body)

    def __exit__(self, *raised: Any) -> None:
        self._connection.close()
        super().__exit__(*raised)

    def _await(self) -> None:
        deadline = time.perf_counter() + SECONDS
        while time.perf_counter() < deadline:
            try:
                self._connection.connect()
            except ConnectionRefusedError:
                time.sleep(POLL)
            else:
                return
        raise TimeoutError("the web server does not answer")


def event(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A REST proxy event, as API Gateway sends it."""
    recorded = ROOT / "tests" / "events" / "rest-predict.json"
    found: dict[str, Any] = json.loads(recorded.read_text(encoding="utf-8"))
    return {**found, "body": json.dumps({"rows": rows})}
