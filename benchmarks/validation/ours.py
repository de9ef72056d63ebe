"""Perennial, as the validate function runs it: `checks` alone, or the whole `pass`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from perennial.data.light_arrow import lighten

from benchmarks.validation.table import CLASSES, IDENTIFIER, INTEGERS, LEVELS, NUMBERS, TARGET


def main(what: str, path: Path) -> None:
    lighten()
    from perennial.spec import ModelSpec

    spec = ModelSpec.model_validate(_spec())
    with path.open("rb") as stream, tempfile.TemporaryDirectory() as folder:
        if what == "checks":
            from perennial.data.checking import check

            problems = check(stream, path.name, spec, Path(folder))
            assert not problems, problems
        else:
            _whole(stream, path.name, spec, Path(folder))


def _whole(stream: object, name: str, spec: object, folder: Path) -> None:
    """Checks, profile, snapshot, digest and report."""
    from typing import Any, cast

    from perennial.data.order import Order
    from perennial.data.page import validation_page
    from perennial.data.validation import validate
    from perennial.registry.records import SourceObject
    from perennial.report import render

    described = cast("Any", spec)
    validation = validate(cast("Any", stream), name, described, folder)
    assert validation.accepted, validation.reason
    assert validation.profile is not None
    order = Order(described.name, "run", SourceObject("bucket", name, "1", "", 0))
    (folder / "profile.json").write_text(validation.profile.model_dump_json())
    (folder / "validation.html").write_text(render(validation_page(order, described, validation)))


def _spec() -> dict[str, object]:
    limits = {"number": NUMBERS, "integer": INTEGERS}
    features: dict[str, object] = {
        name: {"type": kind, "minimum": low, "maximum": high}
        for kind, columns in limits.items()
        for name, (low, high) in columns.items()
    }
    features |= {name: {"type": "category", "categories": of} for name, of in LEVELS.items()}
    return {
        "name": "synthetic",
        "task": "binary",
        "target": TARGET,
        "positive_class": CLASSES[1],
        "id_column": IDENTIFIER,
        "features": features,
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
