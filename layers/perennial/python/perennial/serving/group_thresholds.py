"""Thresholds by group: from which probability on a row is called positive, by one of its features.

Only an artifact whose spec asked for it has them, and only such an artifact imports this.
"""

from __future__ import annotations

from bisect import bisect_right

from perennial.errors import ArtifactError
from perennial.features.codec import codec_of
from perennial.features.columns import Columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from perennial.features.columns import Table
    from perennial.serving.artifact import Artifact

MEMBER = "group_thresholds"  # of the manifest


class GroupThresholds:
    """The thresholds of an artifact.

    Attributes:
        feature: the schema of the feature whose groups they are of.
        edges: where its numbers are cut; None where each of its codes is a group.
        values: the threshold of each group, by code or by ascending bin.
        missing: the threshold of rows without a value, and of those with one training never saw.
    """

    __slots__ = ("_codec", "edges", "feature", "missing", "values")

    def __init__(self, artifact: Artifact) -> None:
        """Read them off the manifest.

        Raises:
            ArtifactError: they are damaged.
        """
        try:
            stated: dict[str, Any] = artifact.manifest[MEMBER]
            known = {feature.name: feature for feature in artifact.encoder.features}
            self.feature = known[stated["feature"]]
            edges = stated["edges"]
            self.edges = None if edges is None else tuple(map(float, edges))
            self.values = tuple(map(float, stated["values"]))
            self.missing = float(stated["missing"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError("the artifact's thresholds by group are damaged") from error
        self._codec = codec_of(self.feature)

    def of(self, table: Table) -> list[float]:
        """The threshold of each row; the rows have been encoded, so their values fit."""
        name = self.feature.name
        given: Sequence[object]
        if isinstance(table, Columns):
            given = table.values[name] if name in table.values else [None] * len(table)
        else:
            given = [row.get(name) for row in table]
        return [self._of(value) for value in given]

    def _of(self, value: object) -> float:
        code = self._codec(value)
        if code != code:
            return self.missing
        group = int(code) if self.edges is None else bisect_right(self.edges, code)
        return self.values[group]


def group_thresholds(artifact: Artifact) -> GroupThresholds | None:
    """The thresholds by group of an artifact; None where one threshold holds for all.

    Raises:
        ArtifactError: they are damaged.
    """
    return GroupThresholds(artifact) if MEMBER in artifact.manifest else None
