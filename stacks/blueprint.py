"""What all stacks are made from, and the form they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import (
    App,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    Environment,
    Fn,
    IReusableStackSynthesizer,
    Stack,
)
from perennial.spec import ModelSpec

from stacks.constructs.pipeline_function import LAYER as PIPELINE_LAYER
from stacks.settings import Settings


@dataclass(frozen=True)
class Blueprint:
    """One deployment.

    Attributes:
        settings: what it has chosen.
        root: the checkout.
        archives: the built layers, by name.
        code_version: the digest of the code.
        specs: the models, by name.
    """

    settings: Settings
    root: Path
    archives: Mapping[str, Path]
    code_version: str
    specs: Mapping[str, ModelSpec] = field(default_factory=dict)

    @property
    def pipelines(self) -> bool:
        """Whether a spec asks for a pipeline, and so for the function that runs it."""
        return PIPELINE_LAYER in self.archives

    @property
    def pseudonyms(self) -> bool:
        """Whether a spec names persons, and so needs the key of pseudonyms."""
        return any(spec.privacy.needs_key for spec in self.specs.values())

    def function_folder(self, function: str) -> Path:
        """Where a function's handler lies."""
        return self.root / "functions" / function


class PerennialStack(Stack):
    """A stack named after the deployment's prefix and its own part."""

    def __init__(self, app: App, part: str, *, blueprint: Blueprint, description: str) -> None:
        """Args: part: second word of the name; blueprint: the deployment; description: of it."""
        settings = blueprint.settings
        super().__init__(
            app,
            f"{settings.prefix}-{part}",
            description=description,
            env=Environment(account=settings.account, region=settings.region),
            synthesizer=_synthesizer(settings),
        )

    @property
    def availability_zones(self) -> list[str]:
        """Two zones, by number: CDK would ask an account for their names during synth."""
        return [Fn.select(number, Fn.get_azs()) for number in (0, 1)]


def _synthesizer(settings: Settings) -> IReusableStackSynthesizer:
    """The emulator checks permissions and has none of the roles that `cdk bootstrap` makes."""
    if settings.local:
        return CliCredentialsStackSynthesizer()
    return DefaultStackSynthesizer()
