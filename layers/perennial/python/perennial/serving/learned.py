"""What training learned from the data and a spec leaves open, read off the version in service."""

from __future__ import annotations

from collections import OrderedDict

from perennial.errors import ArtifactError, Unavailable
from perennial.serving.artifact import load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from perennial.serving.ports import Objects, Routed

KEPT = 128  # one for each model of a large deployment


class Learned:
    """Labels of the target and categories of each feature, in the order of their codes."""

    __slots__ = ("categories", "classes")

    def __init__(
        self, classes: tuple[str, ...] | None, categories: dict[str, tuple[str, ...]]
    ) -> None:
        self.classes = classes
        self.categories = categories


class LearnedFrom:
    """Reads artifacts, each once; one that cannot be read is no reason to say nothing at all."""

    def __init__(self, objects: Objects, log_failure: Callable[[Exception], None]) -> None:
        self._objects = objects
        self._log_failure = log_failure
        self._known: OrderedDict[str, Learned] = OrderedDict()

    def __call__(self, version: Routed) -> Learned | None:
        """What the artifact of a version says; None when it cannot be read."""
        digest = version.artifact_digest
        if digest not in self._known:
            try:
                self._known[digest] = self._read(version)
            except (ArtifactError, Unavailable, OSError) as error:
                self._log_failure(error)
                return None
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[digest]

    def _read(self, version: Routed) -> Learned:
        data = self._objects.read(version.artifact_uri)
        artifact = load_artifact(data, version.artifact_digest)
        categories = {
            feature.name: feature.categories
            for feature in artifact.encoder.features
            if feature.categories
        }
        return Learned(artifact.classes, categories)
