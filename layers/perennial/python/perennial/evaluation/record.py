"""`evaluation.json`: what an evaluation found, as a document others read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from perennial.evaluation.fairness import FairnessFound
from perennial.spec.metrics import Metric, Task


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Interval(_Record):
    """A 95 % bootstrap interval."""

    low: float
    high: float


class Difference(_Record):
    """Candidate minus the other in the primary metric, on the same rows."""

    value: float
    interval: Interval | None


class Comparison(_Record):
    """The candidate beside another on the rows both can answer."""

    name: str  # "naive baseline" or "version 3"
    rows: int
    unanswerable: int  # rows the other refuses, such as those with a category it does not know
    metrics: dict[str, float]  # of the other
    candidate: dict[str, float]  # of the candidate, on these rows
    difference: Difference | None
    familiar: int = 0  # rows among these the other was fitted on, which favours it


class GateResult(_Record):
    """What became of one gate, as a sentence."""

    passed: bool
    sentence: str


class Tuned(_Record):
    """What a search for hyperparameters was worth: the candidate beside the untuned default."""

    metric: Metric  # that the search judged by
    comparison: Comparison | None  # None where the default won, or could not be fitted
    sentence: str


class Points(_Record):
    """A curve."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class Bins(_Record):
    """Reliability: mean prediction, share that came true and rows, by bin."""

    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    rows: tuple[int, ...]


class Histogram(_Record):
    """Rows between edges."""

    edges: tuple[float, ...]
    rows: tuple[int, ...]


class Detail(_Record):
    """What the plots show; which of it there is depends on the task."""

    confusion: tuple[tuple[int, ...], ...] | None = None  # [true][given], in order of `labels`
    roc: Points | None = None
    precision_recall: Points | None = None
    calibration: Bins | None = None
    residuals: Histogram | None = None  # truth minus prediction
    estimates: Points | None = None  # mean truth by decile of the prediction


class Evaluation(_Record):
    """Everything an evaluation found."""

    format: Literal[1] = 1
    model: str
    run_id: str
    task: Task
    algorithm: str
    outcome: Literal["PASSED", "GATED"]
    reason: str
    primary_metric: Metric
    artifact_digest: str
    artifact_size: int  # bytes
    dataset_digest: str
    spec_digest: str
    rows: int  # of the holdout that were scored
    unanswerable: int  # of the holdout that the candidate refuses
    labels: tuple[str, ...] | None
    threshold: float | None
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    baseline: Comparison
    champion: Comparison | None
    champion_note: str  # why there is no comparison, or what to bear in mind about it
    tuning: Tuned | None = None  # None without a search
    gate_results: tuple[GateResult, ...]
    gates: tuple[str, ...]  # sentences of those that were passed
    detail: Detail
    fairness: FairnessFound | None = None  # where the spec names groups
