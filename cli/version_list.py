"""The registered versions of a model for programs: the records, and what is not in them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from perennial.registry import layout
from perennial.registry.records import Version

from cli import records

if TYPE_CHECKING:
    from perennial.registry.store import Registry

_AT_ONCE = 8  # runs read


def as_json(
    store: Registry, versions: Sequence[Version], champion: int | None
) -> list[dict[str, Any]]:
    """The versions as they were given; `dollars` is what the run of each cost.

    Args:
        store: knows their runs.
        versions: of one model.
        champion: the number of the one in service.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        dollars = list(pool.map(lambda one: _dollars(store, one), versions))
    return [
        records.as_json(one)
        | {
            "in_service": one.number == champion,
            "mlflow_uri": layout.mlflow_uri(one.artifact_uri, one.model, one.number),
            "dollars": cost,
        }
        for one, cost in zip(versions, dollars, strict=True)
    ]


def _dollars(store: Registry, version: Version) -> float | None:
    """None where the run is gone."""
    from perennial.cost.run import cost_of_run

    run = store.run(version.model, version.run_id)
    return None if run is None else round(cost_of_run(run).dollars, 6)
