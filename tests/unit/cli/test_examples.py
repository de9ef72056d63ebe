"""The examples work as they stand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cli.app import app
from tests.unit.cli.test_documentation import COMMANDS, spelled

ROOT = Path(__file__).parents[3]


class Api(BaseHTTPRequestHandler):
    """Answers each row with its number, and refuses what it is told to refuse."""

    refusals: ClassVar[list[tuple[int, Any]]] = []
    keys: ClassVar[set[str | None]] = set()

    def do_POST(self) -> None:
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["rows"]
        self.keys.add(self.headers["x-api-key"])
        status, body = 200, {"predictions": [{"prediction": row["n"]} for row in rows]}
        if self.refusals:
            status, body = self.refusals.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/live/"
    server.shutdown()
    thread.join()
    server.server_close()


def client(url: str, rows: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / "client.py"), "wine", str(rows)]
    told = {"PERENNIAL_URL": url, "PERENNIAL_KEY": "key"}
    return subprocess.run(command, env=told, capture_output=True, text=True)


def test_the_client_asks_in_portions_and_tries_again(url: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps([{"n": n} for n in range(2100)]))
    Api.refusals = [(503, {"detail": "busy"}), (429, {"message": "Too Many Requests"})]
    done = client(url, rows)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line)["prediction"] for line in done.stdout.splitlines()]
    assert answers == list(range(2100))
    assert Api.keys == {"key"}


def test_the_client_names_row_and_field(url: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text('[{"n": 1}]')
    errors = [{"row": 0, "field": "n", "reason": "is above the maximum"}]
    Api.refusals = [(422, {"detail": "Nothing was predicted.", "errors": errors})]
    done = client(url, rows)
    assert done.returncode == 1
    told = "422 Nothing was predicted.; row 0, n: is above the maximum"
    assert done.stderr.strip() == told


@pytest.mark.parametrize("page", ["examples/README.md", "docs/cli.md", "docs/model-spec.md"])
def test_every_command_shown_exists_with_its_options(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"^\$ perennial (\w+)(.*)$", text, re.MULTILINE)
    assert shown
    for name, rest in shown:
        options = {part for p in COMMANDS[name].params for part in spelled(p).split("/")}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, (name, rest)
    assert app.info.name == "perennial"
