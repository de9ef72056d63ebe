"""A process that is killed right after it has answered has lost no prediction."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.capture.queue_double import URL, QueueDouble, queue_double
from tests.unit.predict.artifacts import artifact
from tests.unit.predict.fakes import EVENTS
from tests.unit.serving.aws_double import Aws, aws_double

ROOT = Path(__file__).parents[3]
SOURCES = [ROOT / "functions" / "predict", ROOT / "layers" / "perennial" / "python"]
# What the runtime would do after the handler, it does not get to: SIGKILL runs no cleanup.
ANSWER = """
import json, os, signal, sys
sys.path[:0] = {sources!r}
import handler
event = json.load(open({event!r}))
for number in range({requests}):
    rows = [{{"age": 41 + n % 40, "job": "admin.", "balance": n / 7}} for n in range({rows})]
    event["body"] = json.dumps({{"rows": rows}})
    event["requestContext"]["requestId"] = f"{name}-{{number}}"
    response = handler.handler(event, None)
os.write(2, str(response["statusCode"]).encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with aws_double() as double:
        data, digest = artifact()
        double.put_artifact("bank", digest, data)
        double.put_route("bank", 3, digest)
        yield double


@pytest.fixture
def queue() -> Iterator[QueueDouble]:
    with queue_double() as double:
        yield double


def killed(aws: Aws, queue: QueueDouble, specs: Path, **script: object) -> None:
    """Run a process that answers requests and kills itself before it returns the last answer."""
    (specs / "bank.json").write_text(
        json.dumps({"features": {"age": {}, "job": {}, "balance": {}}, "target": "y"})
    )
    source = ANSWER.format(
        sources=[str(path) for path in SOURCES],
        event=str(EVENTS / "rest-predict.json"),
        **script,
    )
    environment = {
        **aws.environment,
        **{k: v for k, v in queue.environment.items() if k.startswith("AWS_ENDPOINT_URL")},
        "PERENNIAL_CAPTURE_QUEUE": URL,
        "PERENNIAL_SPECS": str(specs),
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", source],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stderr == "200"


@pytest.mark.parametrize("attempt", range(5))
def test_the_first_answer_of_a_process_is_kept(
    aws: Aws, queue: QueueDouble, tmp_path: Path, attempt: int
) -> None:
    killed(aws, queue, tmp_path, name=f"first{attempt}", requests=1, rows=1)
    (message,) = queue.wait_for(1)
    assert json.loads(message)["request_id"] == f"first{attempt}-0"


def test_every_answer_of_a_process_is_kept_though_no_reply_was_read(
    aws: Aws, queue: QueueDouble, tmp_path: Path
) -> None:
    """Requests follow each other faster than the queue replies."""
    killed(aws, queue, tmp_path, name="many", requests=200, rows=1)
    names = [json.loads(text)["request_id"] for text in queue.wait_for(200)]
    assert names == [f"many-{number}" for number in range(200)]


def test_a_large_answer_is_kept_whole(aws: Aws, queue: QueueDouble, tmp_path: Path) -> None:
    """A thousand rows are more than one packet."""
    killed(aws, queue, tmp_path, name="large", requests=1, rows=1000)
    (message,) = queue.wait_for(1)
    assert json.loads(message)["count"] == 1000
