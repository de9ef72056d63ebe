"""The evaluation or the card of a run that lies in a folder; tells seconds and memory."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter

import pyarrow.parquet as pq
from perennial.card.build import Known, make_card
from perennial.card.publish import publish as publish_card
from perennial.data.profile import CategoryProfile, Profile
from perennial.evaluation.evaluate import evaluate
from perennial.evaluation.publish import publish
from perennial.evaluation.scoring import load_scorer
from perennial.evaluation.subject import read_subject
from perennial.registry import layout
from perennial.registry.records import Run, RunStatus, SourceObject, Version

from benchmarks.folder import Flat

RUN = "s3://data/runs/bench/"
EVIDENCE, CARD = "evaluation", "card"
AT = "2026-01-01T00:00:00.000Z"


def evaluation(store: Flat) -> None:
    """What the function `evaluate` does."""
    subject = read_subject(RUN, None, store, load_scorer)
    publish(evaluate(subject), subject.training, None, RUN, store)


def card(store: Flat, digest: str) -> None:
    """What the function `card` does."""
    source = SourceObject("data", "incoming/bench/data.csv", "1", "", 1)
    run = Run("bench", "bench", RunStatus.SUCCEEDED, source, AT, "bench", "upload", AT)
    version = Version(
        model="bench",
        number=1,
        run_id="bench",
        artifact_digest=digest,
        artifact_uri=RUN + layout.CANDIDATE,
        artifact_size=1,
        dataset_digest="bench",
        spec_digest="bench",
        receipt_uri=RUN + layout.RECEIPT,
        report_uri="",
        algorithm="xgboost",
        metrics={},
        gates=(),
        created_at=AT,
    )
    publish_card(make_card(RUN, Known(version, run, None, False), store), RUN, store)


def _profile(store: Flat) -> None:
    """A profile stands beside every dataset; here it says next to nothing."""
    with store.open("s3://data/data.parquet") as file:
        rows = pq.read_metadata(file).num_rows
    target = CategoryProfile(rows=rows, nulls=0, distinct=2, counts={"no": rows}, other=0)
    profile = Profile(rows=rows, features={}, target=target)
    place = "s3://data/" + layout.dataset_prefix("bench", "bench") + layout.PROFILE
    store.write(place, profile.model_dump_json().encode(), "application/json")


def main() -> None:
    """Do one part."""
    part, folder, digest = sys.argv[1:]
    store = Flat(Path(folder))
    if part == CARD:
        _profile(store)
    began = perf_counter()
    if part == CARD:
        card(store, digest)
    else:
        evaluation(store)
    seconds = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "mb": memory}) + "\n")


if __name__ == "__main__":
    main()
