"""A Perennial of its own for the story, on this machine: started, spoken to, stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from perennial.adapters.dynamodb import DynamoRegistry

from emulator import control
from emulator.control import Emulator
from examples.story.scenario import ROOT, SPECS

BUILD: Final = ROOT / "build" / "story"
STATE: Final = BUILD / "emulator"
_MODELS: Final = BUILD / "models"
TIME_SCALE: Final = "20"  # a minute of alarms and waits lasts three seconds
_STUBBORN: Final = 5
_COMMAND: Final = str(Path(sys.executable).with_name("perennial"))


@dataclass(frozen=True)
class Deployment:
    """What runs, and how to reach it.

    Attributes:
        emulator: plays AWS.
        url: base of the API.
        key: what callers send as `x-api-key`.
        bucket: of data.
    """

    emulator: Emulator
    url: str
    key: str
    bucket: str

    def client(self, service: str) -> Any:
        """An AWS client with the rights of the account's root."""
        told = self.emulator.environment()
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.emulator.endpoint,
            region_name=told["AWS_REGION"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    @cached_property
    def registry(self) -> DynamoRegistry:
        """What is known of models, versions and routes."""
        (table,) = self.client("dynamodb").list_tables()["TableNames"]
        return DynamoRegistry(table, self.client("dynamodb"))

    @cached_property
    def machines(self) -> dict[str, str]:
        """The ARN of each workflow by the end of its name, as `retraining`."""
        found = self.client("stepfunctions").list_state_machines()["stateMachines"]
        return {one["name"].rpartition("-")[2]: one["stateMachineArn"] for one in found}

    def train(self, model: str, table: bytes, *, name: str) -> dict[str, Any]:
        """Train on a table as a person would: `perennial train MODEL FILE`."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / name
            file.write_bytes(table)
            return command("train", model, str(file), "--json")

    def route(self, model: str, version: int, reason: str) -> dict[str, Any]:
        """Put a version in service as a person would: `perennial route MODEL VERSION`.

        Whoever does that during a rollout may be told that the rollout was faster; a person who
        will not listen tries again.
        """
        for _ in range(_STUBBORN):
            try:
                return command("route", model, str(version), "--reason", reason, "--json")
            except RuntimeError as error:
                told = error
        raise told


def command(*words: str) -> dict[str, Any]:
    """What a `perennial` command prints as JSON.

    Raises:
        RuntimeError: it failed; the message has what it said.
    """
    done = subprocess.run(  # noqa: S603 - our own program
        [_COMMAND, *words],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"perennial {' '.join(words)}\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout))


@contextmanager
def deployed(model: str, *, keep: bool = False) -> Iterator[Deployment]:
    """One model and all around it, deployed anew; stopped at the end, unless it is to be kept."""
    command_without_answer("down", "--wipe")
    _only(model)
    told = command("up", "--json")
    emulator = control.running(STATE)
    if emulator is None:
        raise RuntimeError("the emulator ended right after its start")
    try:
        yield Deployment(emulator, told["endpoint"], told["key"], told["bucket"])
    finally:
        if not keep:
            emulator.stop()


def command_without_answer(*words: str) -> None:
    """Run a `perennial` command whose output does not matter."""
    subprocess.run(  # noqa: S603
        [_COMMAND, *words], cwd=ROOT, env=_environment(), capture_output=True, check=True
    )


def _only(model: str) -> None:
    """No other model is deployed: each has alarms that are evaluated every other moment."""
    shutil.rmtree(_MODELS, ignore_errors=True)
    _MODELS.mkdir(parents=True)
    shutil.copy(SPECS / f"{model}.yaml", _MODELS)


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PERENNIAL_STATE": str(STATE),
        "PERENNIAL_SETTINGS": f"models={_MODELS.relative_to(ROOT)}",
        "PERENNIAL_TIME_SCALE": TIME_SCALE,
    }
