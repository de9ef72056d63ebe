"""Everything that may be stored of a model about persons, and a person among them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from perennial.forgetting.asking import execution_input
from perennial.forgetting.call import Ports, forget
from perennial.privacy.pseudonyms import Pseudonyms
from perennial.registry.records import SourceObject
from perennial.spec import ModelSpec

from tests.fakes.records import a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry
from tests.fakes.versioned import InMemoryVersions

BUCKET = "s3://data/"
ANNA = "anna-4711"
AT = "2026-01-02T03:04:05.006Z"
SPEC: dict[str, Any] = {
    "name": "bank",
    "task": "binary",
    "target": "paid",
    "positive_class": "yes",
    "id_column": "loan",
    "features": {"age": {"type": "integer"}},
    "privacy": {"person": "customer", "pii": {"customer": "pseudonymise"}},
}
PSEUDONYMS = Pseudonyms(lambda: b"k" * 32)


def named(person: str) -> str:
    """As a person stands in what is kept."""
    return PSEUDONYMS.of(person, "customer")


def parquet(**columns: Sequence[object]) -> bytes:
    """A file."""
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    return body.getvalue()


def table(body: bytes) -> list[dict[str, Any]]:
    """Its rows."""
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(body)).to_pylist()
    return found


@dataclass
class World:
    """A deployment that may be asked to forget."""

    store: InMemoryVersions = field(default_factory=InMemoryVersions)
    registry: InMemoryRegistry = field(default_factory=InMemoryRegistry)
    spec: ModelSpec = field(default_factory=lambda: ModelSpec.model_validate(SPEC))
    out_of_time: Callable[[], bool] = lambda: False
    digest: str = ""

    def fill(self, who: str = ANNA) -> None:
        """Rows of a person, among those of others, in every place."""
        mine, other = named(who), named("bert")
        put = self.store.write
        capture = parquet(
            prediction_id=["r1-0", "r1-1", "r2-0"], entity_id=[mine, other, None], age=[41, 42, 43]
        )
        put(f"{BUCKET}captures/model=bank/version=1/hour=2026-01-01T00/a.parquet", capture)
        truth = parquet(
            prediction_id=["r1-0", None, "r1-1"], entity_id=[None, mine, None], outcome=["y"] * 3
        )
        put(f"{BUCKET}truth/model=bank/day=2026-01-01/a.parquet", truth)
        gathered = parquet(loan=["r1-0", "r1-1"], customer=[None, other], age=[41, 42])
        put(f"{BUCKET}retraining/bank/a.parquet", gathered)
        data = parquet(
            loan=["l1", "l2", "l3"], customer=[mine, other, mine], age=[41, 42, 43], paid=["y"] * 3
        )
        self.digest = hashlib.sha256(data).hexdigest()
        put(f"{BUCKET}datasets/bank/{self.digest}/data.parquet", data)
        put(f"{BUCKET}datasets/bank/{self.digest}/profile.json", b"{}")
        put(f"{BUCKET}datasets/bank/{self.digest}/sample.parquet", parquet(age=[42, 43]))
        holdout = parquet(loan=["l3"], customer=[mine], age=[43], paid=["y"])
        put(f"{BUCKET}runs/bank/run/holdout.parquet", holdout)
        put(f"{BUCKET}runs/bank/run/job.json", b'{"model": "bank"}')
        upload = f"loan,customer,age,paid\nl1,{who},41,y\nl2,bert,42,y\n".encode()
        put(f"{BUCKET}incoming/bank/jan.csv", upload)
        put(f"{BUCKET}incoming/bank/jan.csv", b"loan,customer,age,paid\nl9,bert,1,y\n")
        put(f"{BUCKET}incoming/bank/others.csv", b"loan,customer,age,paid\nl9,bert,1,y\n")
        told = f"entity_id,predicted_at,outcome\n{who},2026-01-01,y\n".encode()
        put(f"{BUCKET}outcomes/bank/jan.csv", told)
        put(f"{BUCKET}outcomes/bank/jan.csv.recorded/summary.json", b"{}")
        put(f"{BUCKET}score/bank/jan.csv", f"customer,age\n{who},41\n".encode())
        put(f"{BUCKET}score/bank/jan.csv.scores/manifest.json", b"{}")
        put(f"{BUCKET}scoring/bank/abc/parts/00001-predictions.csv", f"1,{who},yes\n".encode())
        put(f"{BUCKET}scoring/bank/abc/plan.json", b"{}")
        put(f"{BUCKET}scoring/bank/other/parts/00001-predictions.csv", b"1,bert,yes\n")

    def trained(self, digest: str = "") -> int:
        """Register a version that was fitted on the dataset."""
        run = f"run-{len(self.registry.versions('bank'))}"
        source = SourceObject("data", "incoming/bank/jan.csv", run, "e", 1)
        self.registry.create_run(a_run(run, source=source))
        version = a_version(run, dataset_digest=digest or self.digest)
        return self.registry.register_version(version, an_event()).number

    def ask(self, person: str = ANNA, kind: str = "person", **more: Any) -> dict[str, object]:
        """What the workflow is told."""
        given = {"by": "ada", "reason": "asked", "at": AT, "dry_run": False, **more}
        return execution_input(self.spec, person, kind, lambda: PSEUDONYMS, **given)

    def call(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One call of the workflow, whose state is JSON."""
        store: Any = self.store
        ports = Ports(
            store, store, self.registry, PSEUDONYMS, "data", lambda: AT, lambda: self.out_of_time()
        )
        state: dict[str, Any] = json.loads(json.dumps(forget(asked, self.spec, ports)))
        return state

    def forget(self, person: str = ANNA, kind: str = "person", **more: Any) -> dict[str, Any]:
        """The whole workflow; what came of it."""
        state: dict[str, Any] = self.ask(person, kind, **more)
        for _ in range(200):
            state = self.call(state)
            if state["done"]:
                return dict(state["result"])
        raise AssertionError("it comes to no end")

    def holding(self, person: str = ANNA) -> list[str]:
        """Where a person is named, in any version."""
        found = []
        for uri, body in self.store.everything():
            text = str(table(body)) if body[:4] == b"PAR1" else body.decode()
            if person in text or named(person) in text or "r1-0" in text:
                found.append(uri.removeprefix(BUCKET))
        return found
