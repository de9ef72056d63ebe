"""What a candidate says about its holdout, asked the way it will be served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perennial.evaluation import inputs
from perennial.evaluation.measure import Truths
from perennial.evaluation.measures import Outcome
from perennial.evaluation.outcomes import Scored, outcome
from perennial.evaluation.scoring import EngineScorer
from perennial.scoring.vectorised import vectorised
from perennial.serving.artifact import digest_of, load_artifact
from perennial.spec import ModelSpec
from perennial.training.export import engine_to_serve


@dataclass(frozen=True, slots=True)
class Answers:
    """The candidate's answers.

    Attributes:
        outcome: what was true and what it says, of the rows it answers.
        answered: which rows of the holdout those are, [rows].
        columns: of those rows, as they were asked for.
    """

    outcome: Outcome
    answered: Truths
    columns: pa.Table


def answers_of(
    spec: ModelSpec, artifact: bytes, holdout: Path, columns: Sequence[str], *, threads: int
) -> Answers:
    """Ask the exported model about every held-out row.

    Args:
        spec: of the model.
        artifact: the exported model.
        holdout: the rows, with all their columns.
        columns: to keep of the rows that are answered.
        threads: for the engine.
    """
    loaded = load_artifact(artifact, digest_of(artifact))
    engine = engine_to_serve(artifact, loaded.manifest["engine"]["kind"], threads)
    scorer = EngineScorer(loaded, engine, vectorised(loaded))
    scores, answered, by_row = [], [], []
    for batch in inputs.batches(holdout):
        values, known = scorer.scores(batch)
        scores.append(values)
        answered.append(known)
        by_row.append(scorer.thresholds(batch))
    every = np.concatenate(answered)
    told = [one for one in by_row if one is not None]
    scored = Scored(
        np.concatenate(scores),
        every,
        scorer.labels,
        scorer.threshold,
        np.concatenate(told) if told else None,
    )
    found = outcome(spec, inputs.truth_of(spec, holdout), scored, every)
    kept = pq.read_table(holdout, columns=list(columns)).filter(pa.array(every))
    return Answers(found, every, kept)
