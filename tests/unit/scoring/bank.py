"""A model named `bank`, and a place to score files of it without a cloud."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from perennial.pipelines.asking import Ask
from perennial.registry.records import Route, RoutedVersion, SourceObject
from perennial.scoring.chunk import score_chunk
from perennial.scoring.collect import collect, put_beside, read_chunks, read_plan, reuse
from perennial.scoring.manifest import Outcome
from perennial.scoring.model import TableModel, load_model
from perennial.scoring.plan import Planned, plan
from perennial.scoring.request import Request
from perennial.serving.artifact import digest_of
from perennial.settings import SpecStore
from perennial.spec.source import parse_spec

from tests.fakes.files import InMemoryFiles
from tests.unit.predict.artifacts import artifact

SPEC = """\
name: bank
task: binary
target: y
positive_class: "yes"
id_column: client
features:
  age: {type: integer, minimum: 16, maximum: 120}
  job: {type: category, categories: [admin., student, unknown]}
  balance: {type: number, nullable: true}
  married: {type: boolean, nullable: true}
  seen: {type: timestamp, nullable: true}
scoring: {chunk_rows: 100}
"""


@dataclass
class StubRegistry:
    """Knows the route of one model."""

    champion: RoutedVersion | None

    def route(self, model: str) -> Route | None:
        if self.champion is None:
            return None
        return Route(model, 1, self.champion, None, "2026-01-01T00:00:00.000Z", "test", "")


@dataclass
class Bank:
    """One deployment of the model."""

    folder: Path
    spec: str = SPEC
    ask: Ask | None = None  # the function that runs pipelines
    files: InMemoryFiles = field(default_factory=InMemoryFiles)
    scored: list[int] = field(default_factory=list)  # numbers of the chunks that were scored

    def __post_init__(self) -> None:
        self.serve(artifact()[0])
        document = parse_spec(self.spec).model_dump_json()
        (self.folder / "bank.json").write_text(document)

    def serve(self, body: bytes) -> None:
        """Put another artifact in service."""
        self.bytes, self.digest = body, digest_of(body)
        self.files.write("s3://artifacts/a.zip", body, "application/zip")
        self.registry = StubRegistry(RoutedVersion(3, self.digest, "s3://artifacts/a.zip"))

    @property
    def model(self) -> TableModel:
        return load_model(self.bytes, self.digest, "s3://artifacts/a.zip", self.ask)

    def upload(self, body: bytes, name: str = "clients.csv", **metadata: str) -> Request:
        key = f"score/bank/{name}"
        self.files.write(f"s3://data/{key}", body, "text/csv")
        self.files.metadata[f"s3://data/{key}"] = {
            f"perennial-{key.replace('_', '-')}": value for key, value in metadata.items()
        }
        version = str(len(self.files._versions[f"s3://data/{key}"]))
        return Request("bank", "r1", SourceObject("data", key, version, "e", len(body)))

    def plan(self, request: Request) -> Planned:
        specs, pipelines = SpecStore(self.folder), self.ask is not None
        return plan(request, specs, self.registry, self.files, pipelines=pipelines)  # type: ignore[arg-type]

    def score(self, planned: Planned, *, without: tuple[int, ...] = ()) -> None:
        """Score all chunks but some."""
        made = read_plan(planned.prefix, self.files)
        for chunk in read_chunks(planned.prefix, self.files):
            if chunk.number not in without:
                score_chunk(made, chunk, planned.prefix, self.model, self.files)
                self.scored.append(chunk.number)

    def finish(self, request: Request, planned: Planned) -> Outcome:
        if planned.reused:
            return put_beside(request, reuse(planned.prefix, request, self.files), self.files)
        made = read_plan(planned.prefix, self.files)
        return put_beside(request, collect(planned.prefix, made, self.files), self.files)

    def run(self, body: bytes, name: str = "clients.csv", **metadata: str) -> Outcome:
        """Score a file from end to end."""
        request = self.upload(body, name, **metadata)
        planned = self.plan(request)
        assert not planned.refused, planned.refused
        if not planned.reused:
            self.score(planned)
        return self.finish(request, planned)

    def output(self, name: str, of: str = "clients.csv") -> list[dict[str, Any]]:
        """The rows of an output."""
        body = self.files.read(f"s3://data/score/bank/{of}.scores/{name}")
        if name.endswith(".parquet"):
            return list(pq.read_table(io.BytesIO(body)).to_pylist())
        types = pacsv.ConvertOptions(column_types={"client": pa.string()}, strings_can_be_null=True)
        return list(pacsv.read_csv(io.BytesIO(body), convert_options=types).to_pylist())

    def endpoint(self, rows: list[dict[str, Any]]) -> list[tuple[str, dict[str, float] | None]]:
        """What the endpoint answers for rows."""
        from perennial.serving.engine import engine_of

        told = engine_of(self.bytes, self.digest).predict(rows)
        return [(str(one.value), one.probabilities) for one in told]


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows as a client of the endpoint would send them, with an id."""
    random = np.random.default_rng(seed)
    return [
        {
            "client": f"c{number}",
            "age": int(random.integers(16, 121)),
            "job": str(random.choice(["admin.", "student", "unknown"])),
            "balance": None if random.random() < 0.1 else float(random.normal() * 1e3),
            "married": [True, False, None][random.integers(3)],
            "seen": None
            if random.random() < 0.1
            else f"2024-01-0{random.integers(1, 9)}T12:00:00Z",
        }
        for number in range(count)
    ]


def features_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "client"}


def csv_of(table: list[dict[str, Any]]) -> bytes:
    lines = [",".join(table[0])]
    lines += [",".join(_text(value) for value in row.values()) for row in table]
    return ("\n".join(lines) + "\n").encode()


def _text(value: object) -> str:
    if isinstance(value, str) and ("\n" in value or '"' in value or "," in value):
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def parquet_of(table: list[dict[str, Any]], group: int = 64) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(table), sink, row_group_size=group)
    return sink.getvalue()


def json_of(body: bytes) -> Any:
    return json.loads(body)
