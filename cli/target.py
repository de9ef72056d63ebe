"""Where a command acts: the running emulator of this checkout, or AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cli import project
from cli.acting import acting
from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    import boto3

    from emulator.control import Emulator

STACKS = ("Storage", "Training", "Serving", "Roles", "Scoring", "Release", "Watch", "Operations")
OPTIONAL = ("Streaming",)  # there where the settings ask for it
FURTHER = "Watch"  # more than a few dozen models are watched by Watch2, Watch3 and so on, too
MOST_WATCHING = (
    64  # stacks of watched models: a power of two, for more models than an account holds
)
DEFAULT_PREFIX = "Perennial"


@dataclass(frozen=True)
class Target:
    """One deployment of Perennial, and the way to talk to it.

    Attributes:
        prefix: what the names of its stacks begin with.
        region: the AWS region.
        emulator: the emulator that plays AWS, or None for AWS itself.
        profile: the profile of the AWS configuration to use, or None for the default chain.
    """

    prefix: str
    region: str
    emulator: Emulator | None = None
    profile: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        """The target as people call it."""
        if self.emulator is not None:
            return f"emulator at {self.emulator.endpoint}"
        return f"AWS, region {self.region}" + (f", profile {self.profile}" if self.profile else "")

    @property
    def patience(self) -> float:
        """Seconds between two looks at something that changes: polling AWS costs money."""
        return 0.15 if self.emulator is not None else 2.0

    @cached_property
    def session(self) -> boto3.Session:
        """The AWS session behind every client."""
        import boto3

        return boto3.Session(profile_name=self.profile, region_name=self.region or None)

    def client(self, service: str) -> Any:
        """A client of an AWS service; callers annotate it with its own type."""
        if service not in self._clients:
            from botocore.config import Config

            # `bucket.localhost` does not resolve everywhere, so the emulator's buckets are paths.
            self._clients[service] = self.session.client(
                service,  # type: ignore[call-overload]
                config=Config(
                    s3={"addressing_style": "path" if self.emulator else "auto"},
                    retries={"mode": "standard"},
                ),
            )
        return self._clients[service]

    def stack(self, part: str) -> str:
        """The name of one of our stacks, such as `Perennial-Storage`."""
        return f"{self.prefix}-{part}"


def choose(
    *, aws: bool, profile: str | None = None, region: str | None = None, prefix: str | None = None
) -> Target:
    """The target the options and the environment ask for.

    Raises:
        CommandError: options that contradict each other, or no emulator runs.
    """
    wanted = os.environ.get("PERENNIAL_TARGET", "emulator")
    if wanted not in ("emulator", "aws"):
        raise CommandError(
            f"PERENNIAL_TARGET is {wanted!r}; it can be emulator or aws", code=Exit.USAGE
        )
    name = prefix or os.environ.get("PERENNIAL_PREFIX") or DEFAULT_PREFIX
    if aws or wanted == "aws":
        return _on_aws(name, profile, region)
    if profile or region:
        raise CommandError("--profile and --region are for AWS; add --aws", code=Exit.USAGE)
    return on_emulator(running_emulator(), name)


def on_emulator(emulator: Emulator, prefix: str = DEFAULT_PREFIX) -> Target:
    """The target that an emulator is; from now on this process talks to nothing else."""
    environment = acting(emulator.environment())
    isolate(environment)
    return Target(prefix, environment["AWS_REGION"], emulator)


def running_emulator() -> Emulator:
    """The emulator of this checkout.

    Raises:
        CommandError: none runs.
    """
    from emulator import control

    found = control.running(project.current().state)
    if found is None:
        raise CommandError(
            "The emulator of this checkout is not running.",
            advice="Start it with `perennial up`, or add --aws to act on AWS.",
            code=Exit.NOT_FOUND,
        )
    return found


def isolate(environment: Mapping[str, str]) -> None:
    """Leave nothing of a real account in this process: no profile, key or endpoint of the shell."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)


def _on_aws(prefix: str, profile: str | None, region: str | None) -> Target:
    import boto3
    import botocore.exceptions

    try:
        found = region or boto3.Session(profile_name=profile).region_name
    except botocore.exceptions.ProfileNotFound as error:
        raise CommandError(
            f"{error}.",
            advice="`aws configure list-profiles` shows the profiles there are.",
            code=Exit.USAGE,
        ) from error
    if not found:
        raise CommandError(
            "No AWS region is set.",
            advice="Add --region, or set AWS_REGION, or a region in the profile.",
            code=Exit.USAGE,
        )
    return Target(prefix, found, profile=profile)
