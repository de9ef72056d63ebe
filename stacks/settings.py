"""The settings of a deployment, read from CDK context: `cdk.json`, or `-c name=value`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from stacks.access_settings import AccessSettings
from stacks.history_settings import HistorySettings
from stacks.release_settings import ReleaseSettings
from stacks.retention_settings import RetentionSettings
from stacks.stream_settings import StreamSettings
from stacks.tracking_settings import TrackingSettings
from stacks.watch_settings import WatchSettings


class Target(StrEnum):
    """What the templates are for."""

    CLOUD = "cloud"
    LOCAL = "local"  # the emulator of this checkout


class Network(StrEnum):
    """Where training runs."""

    PUBLIC = "public"  # public subnets that nothing can reach; costs nothing at rest
    PRIVATE = "private"  # no way to the internet; interface endpoints cost money at rest


class Encryption(StrEnum):
    """Who keeps the key of buckets and table."""

    AWS = "aws"  # keys of S3 and DynamoDB; costs nothing
    KMS = "kms"  # one key of this account


# What Fargate offers: GiB of memory for a number of vCPUs.
_MEMORY_OF_VCPUS = {
    1: range(2, 9),
    2: range(4, 17),
    4: range(8, 31),
    8: range(16, 61, 4),
    16: range(32, 121, 8),
}
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827]


class SettingsError(Exception):
    """A setting is not what it can be; the message has a line for each mistake."""


class Settings(
    AccessSettings,
    HistorySettings,
    ReleaseSettings,
    RetentionSettings,
    StreamSettings,
    TrackingSettings,
    WatchSettings,
):
    """Everything a deployment can choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,19}$")] = Field(
        default="Perennial", description="First word of every stack, function and log group."
    )
    target: Target = Field(
        default=Target.CLOUD, description="`cloud`, or `local` for the emulator."
    )
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = Field(
        default=None, description="AWS account; left out, the one of the credentials."
    )
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] | None = Field(
        default=None, description="AWS region; left out, the one of the credentials."
    )
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{7,64}(-dirty)?)?$")] = Field(
        default="", description="Commit deployed, for receipts; the `perennial` command fills it."
    )
    models: str = Field(default="models", description="Folder of the model specs.")
    encryption: Encryption = Field(
        default=Encryption.AWS, description="`aws`, or `kms` for a key of this account."
    )
    network: Network = Field(
        default=Network.PUBLIC, description="Subnets of training: `public` or `private`."
    )
    retain_data: bool = Field(
        default=True, description="Keep buckets and table when their stack is deleted."
    )
    log_retention_days: RetentionDays = Field(default=30, description="How long logs are kept.")
    train_vcpus: Literal[1, 2, 4, 8, 16] = Field(default=4, description="vCPUs of a training job.")
    train_memory_gib: int = Field(default=16, description="Memory of a training job, GiB.")
    train_timeout_minutes: int = Field(
        default=120, ge=1, le=1440, description="When an attempt to train is given up."
    )
    train_max_vcpus: int = Field(default=64, ge=1, description="vCPUs of all jobs together.")
    train_on_spot: bool = Field(
        default=False, description="Train on spare capacity: cheaper, may be interrupted."
    )
    validate_memory_mib: int = Field(
        default=3008,
        ge=512,
        le=10240,
        description="Memory of the function that reads uploads; CPU grows with it.",
    )
    evaluate_memory_mib: int = Field(
        default=3008,
        ge=512,
        le=10240,
        description="Memory of the function that evaluates; CPU grows with it.",
    )
    predict_memory_mib: int = Field(
        default=1024,
        ge=128,
        le=10240,
        description="Memory of the function that predicts; CPU grows with it.",
    )
    score_memory_mib: int = Field(
        default=1769, ge=512, le=10240, description="Memory of a call that scores: one processor."
    )
    score_concurrency: int = Field(
        default=100, ge=1, le=10_000, description="Chunks of a file scored at once."
    )

    @model_validator(mode="after")
    def _fargate_offers_the_size(self) -> Self:
        offered = _MEMORY_OF_VCPUS[self.train_vcpus]
        if self.train_memory_gib not in offered:
            raise ValueError(
                f"train_memory_gib: {self.train_memory_gib} does not go with {self.train_vcpus} "
                f"vCPUs; Fargate offers {offered.start} to {offered[-1]} in steps of {offered.step}"
            )
        if self.train_max_vcpus < self.train_vcpus:
            raise ValueError("train_max_vcpus: is less than the vCPUs of one job")
        return self

    @classmethod
    def from_context(cls, context: Callable[[str], object]) -> Self:
        """Read the settings that are in CDK context; the rest keep their defaults.

        Args:
            context: gives the value of a context key, or None.

        Raises:
            SettingsError: a value is not allowed.
        """
        given = {name: context(name) for name in cls.model_fields}
        try:
            return cls.model_validate({k: v for k, v in given.items() if v is not None})
        except ValidationError as error:
            lines = [
                f"{'.'.join(map(str, item['loc'])) or 'settings'}: "
                f"{item['msg'].removeprefix('Value error, ')}"
                for item in error.errors()
            ]
            raise SettingsError("\n".join(lines)) from error

    @property
    def local(self) -> bool:
        """Whether the templates are for the emulator."""
        return self.target is Target.LOCAL

    def function_name(self, function: str) -> str:
        """The physical name of a function."""
        return f"{self.prefix.lower()}-{function}"

    def log_group_name(self, part: str) -> str:
        """The log group of a function or another part."""
        return f"/{self.prefix.lower()}/{part}"
