"""What the functions do with a file, one chunk after the other: plan, score, collect."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from perennial.data.light_arrow import lighten
from perennial.registry.records import Route, RoutedVersion, SourceObject
from perennial.scoring.chunk import score_chunk
from perennial.scoring.collect import collect, read_chunks, read_plan
from perennial.scoring.model import load_model
from perennial.scoring.plan import plan
from perennial.scoring.request import Request
from perennial.serving.artifact import digest_of
from perennial.settings import SpecStore

from benchmarks.folder import Folder


@dataclass
class OneRoute:
    """A registry that knows one version in service."""

    champion: RoutedVersion

    def route(self, model: str) -> Route:
        return Route(model, 1, self.champion, None, "2026-01-01T00:00:00Z", "", "")


def main(folder: Path, data: Path) -> None:
    lighten()
    store = folder / "store"
    files = Folder(store)
    (store / "data" / "score").mkdir(parents=True, exist_ok=True)
    artifact = (folder / "artifact.zip").read_bytes()
    files.write("s3://artifacts/a.zip", artifact, "")
    link = store / "data" / "score" / data.name
    link.unlink(missing_ok=True)
    link.symlink_to(data)
    (folder / "bench.json").write_text((folder / "spec.json").read_text())
    source = SourceObject("data", f"score/{data.name}", "", "", data.stat().st_size)
    registry = OneRoute(RoutedVersion(1, digest_of(artifact), "s3://artifacts/a.zip"))
    planned = plan(Request("bench", "r", source), SpecStore(folder), registry, files)  # type: ignore[arg-type]
    made = read_plan(planned.prefix, files)
    model = load_model(artifact, made.version.artifact_digest)
    begun = perf_counter()
    for chunk in read_chunks(planned.prefix, files):
        score_chunk(made, chunk, planned.prefix, model, files)
    scored = perf_counter()
    outcome = collect(planned.prefix, made, files)
    seconds = {"score": scored - begun, "collect": perf_counter() - scored}
    print(json.dumps(seconds | {"rows": outcome.counts.scored, "chunks": planned.chunks}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
