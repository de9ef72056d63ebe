"""The models this endpoint answers for, by the names callers use."""

from __future__ import annotations

from perennial.errors import UnknownModel, UnknownVersion
from perennial.serving.gateway import is_model_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from perennial.serving.router import Router, Served


class Models:
    """Finds what serves a model; names that are not deployed are looked up nowhere."""

    def __init__(self, router: Router, deployed: Callable[[str], bool]) -> None:
        self._router = router
        self._deployed = deployed
        self._known: set[str] = set()

    def known(self, model: str) -> bool:
        """Whether a text is the name of a deployed model; one that is stays so in this process."""
        if model in self._known:
            return True
        if is_model_name(model) and self._deployed(model):
            self._known.add(model)
            return True
        return False

    def find(self, model: str, version: str | None = None) -> Served:
        """The version in service; `version`, where given, must be its number.

        Raises:
            UnknownModel: no such model is deployed.
            UnknownVersion: another version is in service.
            ModelNotTrained: no version was ever put in service.
            NeedsPipelineRuntime: another function answers for the version.
            Unavailable: no version can be loaded.
        """
        if not self.known(model):
            raise UnknownModel("no such model is deployed")
        served = self._router.served(model)
        if version is not None and version != str(served.version):
            raise UnknownVersion(f"version {served.version} is in service")
        return served
