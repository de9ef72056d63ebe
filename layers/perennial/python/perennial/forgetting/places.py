"""Where rows about persons lie, and what is done there with those of one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from perennial.registry import layout


class Deed(StrEnum):
    """What is done with an object that holds rows of a person."""

    DELETE = "delete"  # as a whole: somebody's upload, or what can be made again
    FILTER = "filter"  # it is written anew without the rows
    FILTER_DATASET = "filter dataset"  # so are its sample, and a tombstone says so


@dataclass(frozen=True, slots=True)
class Place:
    """Objects of one kind.

    Attributes:
        name: what they are called in what is told of a removal.
        prefix: of their keys.
        ending: of their keys; empty for any.
        deed: what is done.
        whole_folder: whether everything beside such an object goes with it.
    """

    name: str
    prefix: str
    ending: str
    deed: Deed
    whole_folder: bool = False


def places(model: str) -> tuple[Place, ...]:
    """All of a model's, captures last: they tell which predictions were about the person."""
    parquet = ".parquet"
    return (
        Place("uploads", f"{layout.INCOMING}{model}/", "", Deed.DELETE),
        Place("outcome files", f"{layout.OUTCOMES}{model}/", "", Deed.DELETE),
        Place("scored files", f"{layout.SCORE}{model}/", "", Deed.DELETE),
        Place("scoring", f"{layout.SCORING}{model}/", "", Deed.DELETE, whole_folder=True),
        Place("truth", f"{layout.TRUTH}model={model}/", parquet, Deed.FILTER),
        Place("retraining", f"{layout.RETRAINING}{model}/", parquet, Deed.FILTER),
        Place("datasets", f"datasets/{model}/", "/" + layout.DATA, Deed.FILTER_DATASET),
        Place("holdouts", f"runs/{model}/", "/" + layout.HOLDOUT, Deed.FILTER),
        Place("captures", f"{layout.CAPTURES}model={model}/", parquet, Deed.FILTER),
    )
