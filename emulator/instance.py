"""A running emulator, and the record that lets another process find it."""

import json
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from emulator import children, environment, process

LOG: Final = "emulator.log"
_RECORD: Final = "emulator.json"
_PORT: Final = "port"
_STOP_SECONDS: Final = 60.0  # to save the state on a busy machine
# Whatever proxy the environment names is not asked for this machine.
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Attributes:
        state_dir: the folder that holds everything it has.
        port: where it listens, on 127.0.0.1.
        pid: the server's process, the leader of a session of its own.
        started: the process's start, to tell it from another with a reused pid.
        enforce_iam: whether requests are checked against IAM policies.
        time_scale: how many times faster alarms, waits and job timeouts run.
    """

    state_dir: Path
    port: int
    pid: int
    started: str
    enforce_iam: bool
    time_scale: float

    @property
    def endpoint(self) -> str:
        """The URL all AWS clients use."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the server, MiniStack and the extensions log."""
        return self.state_dir / LOG

    def environment(self) -> dict[str, str]:
        """Variables that point boto3, the AWS CLI and `cdk` here, and nowhere else."""
        return environment.of_client(self.endpoint, self.state_dir)

    def alive(self) -> bool:
        """Whether the server's process still runs."""
        return process.started(self.pid) == self.started

    def save(self) -> None:
        """Write the state to disk now; otherwise it is written every few seconds and on stop."""
        request = urllib.request.Request(  # noqa: S310 - our own http URL
            f"{self.endpoint}/_emulator/save", method="POST"
        )
        with _DIRECT.open(request, timeout=60) as answer:
            answer.read()

    def api_url(self, api_id: str, stage: str) -> str:
        """Where the stage of a REST API answers; AWS's own host names do not lead here."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/{stage}"

    def bootstrap(self) -> None:
        """Make what `cdk deploy` needs of `cdk bootstrap`: the bucket for assets.

        Enough for stacks with the CliCredentialsStackSynthesizer, which uses none of the bootstrap
        roles. Takes a tenth of a second where the command line takes over two.
        """
        import boto3
        from botocore.config import Config

        told = self.environment()
        boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=told["AWS_REGION"],
            aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
            config=Config(proxies={}),
        ).create_bucket(Bucket=environment.ASSETS)

    def stop(self) -> None:
        """Save the state and end the server with all workers and jobs. Harmless when stopped."""
        if self.alive():
            process.end_session(self.pid, grace=_STOP_SECONDS)
        children.forget(self.pid)
        if read(self.state_dir) in (None, self):
            self.forget()

    def healthy(self) -> bool:
        """Whether the server answers."""
        try:
            with _DIRECT.open(f"{self.endpoint}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def remember(self) -> None:
        """Write the record."""
        fields = asdict(self) | {"state_dir": str(self.state_dir)}
        temporary = self.state_dir / f"{_RECORD}.new"
        temporary.write_text(json.dumps(fields))
        temporary.replace(self.state_dir / _RECORD)
        (self.state_dir / _PORT).write_text(str(self.port))

    def forget(self) -> None:
        """Remove the record."""
        (self.state_dir / _RECORD).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def read(state_dir: Path) -> Emulator | None:
    """What the record of a state folder says; whether that server still lives is not asked."""
    try:
        fields = json.loads((state_dir / _RECORD).read_text())
        return Emulator(**(fields | {"state_dir": Path(fields["state_dir"])}))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def last_port(state_dir: Path) -> int | None:
    """The port the folder was served on before."""
    with suppress(OSError, ValueError):
        return int((state_dir / _PORT).read_text())
    return None
