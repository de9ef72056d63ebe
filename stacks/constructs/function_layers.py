"""The layers of one stack's functions.

Each stack publishes its own: a layer's ARN changes with its contents, and CloudFormation refuses
to change a value that another stack imports. The archive behind them is the same and uploaded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct


class FunctionLayers(Construct):
    """Layers by name, published when a function first asks for one."""

    def __init__(self, scope: Construct, id_: str, *, archives: Mapping[str, Path]) -> None:
        """Args: archives: the built archive of each layer."""
        super().__init__(scope, id_)
        self._archives = archives
        self._published: dict[str, lambda_.LayerVersion] = {}

    def of(self, *names: str) -> list[lambda_.ILayerVersion]:
        """The layers of these names, in this order."""
        return [self._published.get(name) or self._publish(name) for name in names]

    def _publish(self, name: str) -> lambda_.LayerVersion:
        layer = lambda_.LayerVersion(
            self,
            name.capitalize(),
            code=lambda_.Code.from_asset(str(self._archives[name])),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description=f"Perennial: {name}",
        )
        self._published[name] = layer
        return layer
