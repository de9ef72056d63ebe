"""One training from a file on this machine: upload it, then watch the run it starts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perennial.registry.intake import run_id_of
from perennial.registry.layout import INCOMING, uri
from perennial.registry.records import Run

from cli.following import Follower, seconds_by_state
from cli.outputs import Deployment
from cli.steps import Steps
from cli.upload import upload


@dataclass(frozen=True, slots=True)
class Started:
    """A run that an upload starts: its id, where the file lies now, and how long that took."""

    run_id: str
    uri: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, and the seconds of each state of its workflow."""

    run: Run
    seconds: dict[str, float]


def upload_file(
    deployment: Deployment,
    model: str,
    path: Path,
    steps: Steps,
    *,
    folder: str = INCOMING,
    metadata: Mapping[str, str] | None = None,
) -> Started:
    """Upload a file, telling how far it has come; `folder` and `metadata` as for `upload`.

    Raises:
        CommandError: the file cannot be read.
    """
    size = path.stat().st_size if path.is_file() else 0
    sent = 0
    lock = threading.Lock()
    with steps.step("Upload", path.name) as step:

        def progress(more: int) -> None:
            # Called from several threads: the parts of a large file are sent side by side.
            nonlocal sent
            with lock:
                sent += more
                step.detail = f"{path.name}, {_size(sent)} of {_size(size)}"

        source = upload(
            deployment.target,
            deployment.storage["DataBucketName"],
            model,
            path,
            progress,
            folder=folder,
            metadata=metadata,
        )
        step.detail = f"{path.name}, {_size(size)}"
    return Started(run_id_of(source), uri(source.bucket, source.key), step.elapsed)


def follow(
    deployment: Deployment, model: str, run_id: str, steps: Steps, timeout: float | None = None
) -> Ended:
    """Watch a run until it has ended.

    Raises:
        CommandError: it did not start, or `timeout` seconds have passed.
    """
    follower = Follower(deployment, model, run_id, steps)
    run = follower.follow(timeout)
    return Ended(run, seconds_by_state(follower.history))


def _size(count: int) -> str:
    """A number of bytes for people, in powers of 1000."""
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
