"""The model spec as types: every field a person may write, its limits and its default."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from perennial.spec import consistency
from perennial.spec.algorithms import Algorithm
from perennial.spec.approval import Approval, Approvals
from perennial.spec.capture import Capture
from perennial.spec.card import Card
from perennial.spec.engineering import Engineering
from perennial.spec.fairness import Fairness
from perennial.spec.metrics import PRIMARY_METRIC, Metric, Task
from perennial.spec.monitoring import Monitoring, Outcomes, Retraining
from perennial.spec.privacy import Privacy
from perennial.spec.rollout import Rollback, Rollout
from perennial.spec.scoring import Scoring
from perennial.spec.text import TEXT, ColumnName, Label
from perennial.spec.tuning import Tuning

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,47}$")]

_PYTHON_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\.py")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FeatureType(StrEnum):
    """How a column is read, checked and encoded."""

    NUMBER = "number"
    INTEGER = "integer"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    TEXT = "text"


class Unseen(StrEnum):
    """What a category that training never saw means at prediction."""

    REJECT = "reject"
    MISSING = "missing"


class Feature(_Strict):
    """One input column of the model."""

    type: FeatureType = Field(description="How the column is read, checked and encoded.")
    nullable: bool = Field(default=False, description="Whether a value may be missing.")
    minimum: float | None = Field(default=None, description="Smallest value allowed, inclusive.")
    maximum: float | None = Field(default=None, description="Largest value allowed, inclusive.")
    categories: tuple[Label, ...] | None = Field(
        default=None,
        description="The only values allowed. Left out, the training data decides.",
    )
    unseen: Unseen = Field(
        default=Unseen.REJECT,
        description="A category training never saw: `reject` the row or treat it as `missing`.",
    )
    description: str | None = Field(default=None, description="For people.")

    @model_validator(mode="after")
    def _limits_make_sense(self) -> Self:
        numeric = self.type in (FeatureType.NUMBER, FeatureType.INTEGER)
        if not numeric and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"minimum and maximum do not apply to a {self.type.value}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        if self.categories is not None:
            if self.type is not FeatureType.CATEGORY:
                raise ValueError(f"categories do not apply to a {self.type.value}")
            if not self.categories:
                raise ValueError("categories is empty; leave it out to take them from the data")
            if len(set(self.categories)) != len(self.categories):
                raise ValueError("categories holds the same value twice")
        if self.unseen is Unseen.MISSING and self.type is not FeatureType.CATEGORY:
            raise ValueError(f"unseen does not apply to a {self.type.value}")
        return self


class Estimator(_Strict):
    """One algorithm and the parameters handed to it, by the names of its own library."""

    name: Algorithm = Field(default=Algorithm.XGBOOST, description="The estimator.")
    parameters: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="Its hyperparameters, by the names of its own library."
    )
    file: str | None = Field(
        default=None, description="With `pipeline`: the Python file beside the spec that makes it."
    )
    source: SkipJsonSchema[str | None] = Field(
        default=None, description="The text of that file. It is filled in, never written."
    )

    @model_validator(mode="after")
    def _a_pipeline_has_a_file(self) -> Self:
        if self.name is Algorithm.PIPELINE and not _PYTHON_FILE.fullmatch(self.file or ""):
            raise ValueError("a pipeline needs file: a Python file beside the spec, as churn.py")
        if self.name is not Algorithm.PIPELINE and (self.file or self.source):
            raise ValueError(f"file does not apply to {self.name.value}; it makes a pipeline")
        return self


class SplitMethod(StrEnum):
    """How rows are divided between training, validation and holdout."""

    RANDOM = "random"
    TIME = "time"


class Split(_Strict):
    """Shares of the rows kept out of fitting."""

    method: SplitMethod = Field(
        default=SplitMethod.RANDOM,
        description="`random` (stratified by class) or `time`: the latest rows are the holdout.",
    )
    holdout: float = Field(default=0.2, gt=0, lt=1, description="Share for the final evaluation.")
    validation: float = Field(default=0.1, gt=0, lt=1, description="Share for early stopping.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Of the split and of the estimator.")

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.holdout + self.validation >= 0.95:
            raise ValueError("holdout and validation leave less than 5 % of the rows to train on")
        return self


class GateAgainst(StrEnum):
    """What a gate compares the candidate with."""

    BASELINE = "baseline"
    CHAMPION = "champion"


class Gate(_Strict):
    """A condition on the holdout that a candidate must meet to be registered.

    Either a fixed bound (`minimum`, `maximum`) or a comparison (`against`): not worse than the
    baseline or the champion by more than `tolerance`, in units of the metric. A comparison with
    a champion passes when there is none.
    """

    metric: Metric = Field(description="A metric of the task.")
    minimum: float | None = Field(default=None, description="The candidate reaches at least this.")
    maximum: float | None = Field(default=None, description="The candidate stays at or below this.")
    against: GateAgainst | None = Field(
        default=None, description="The candidate is not worse than this one, on the same rows."
    )
    tolerance: float = Field(
        default=0.0, ge=0, description="With `against`: how much worse it may be."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.minimum is None and self.maximum is None and self.against is None:
            raise ValueError("a gate needs minimum, maximum or against")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        if self.tolerance and self.against is None:
            raise ValueError("tolerance only applies together with against")
        return self


class DataChecks(_Strict):
    """What the training data as a whole must satisfy."""

    minimum_rows: int = Field(default=100, ge=20, description="Rows there must be at least.")
    maximum_duplicates: float = Field(
        default=1.0, ge=0, le=1, description="Share of rows that may repeat another row."
    )
    maximum_nulls: float = Field(
        default=0.99, ge=0, le=1, description="Share of missing values a nullable column may have."
    )
    minimum_class_rows: int = Field(
        default=5, ge=2, description="Rows each class must have at least."
    )


class ModelSpec(_Strict):
    """One model: what it predicts, from what, how it is trained and what it must achieve."""

    name: Name = Field(description="Name of the model, and of the file.")
    description: str = Field(default="", description="What it is for.")
    task: Task = Field(description="What is predicted.")
    target: ColumnName = Field(description="The column that is predicted.")
    positive_class: Label | None = Field(
        default=None, description="The label of the target that counts as positive (binary)."
    )
    id_column: ColumnName | None = Field(default=None, description="Identifies a row.")
    time_column: ColumnName | None = Field(
        default=None,
        description="Orders the rows for a split by time. Left out, their order in the file.",
    )
    features: dict[ColumnName, Feature] = Field(
        min_length=1, description="What it is predicted from, by column."
    )
    excluded: tuple[ColumnName, ...] = Field(
        default=(), description="Columns that may be in the file and never reach the model."
    )
    sensitive: tuple[ColumnName, ...] = Field(
        default=(), description="Columns whose values no report or message may show."
    )
    missing_markers: tuple[Annotated[str, TEXT], ...] = Field(
        default=("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"),
        description="Texts that mean a missing value in a CSV file.",
    )
    algorithm: Estimator = Field(default_factory=Estimator, description="How it is trained.")
    data: DataChecks = Field(
        default_factory=DataChecks, description="What the file as a whole must satisfy."
    )
    split: Split = Field(default_factory=Split, description="Which rows are kept out of fitting.")
    primary_metric: Metric | None = Field(
        default=None, description="What the champion is judged by first."
    )
    gates: tuple[Gate, ...] = Field(
        default=(), description="What a candidate must meet on the holdout to be registered."
    )
    approval: Approvals = Field(
        default_factory=Approval, description="Who lets a version that passed into service."
    )
    tuning: Tuning = Field(default_factory=Tuning, description="Search for hyperparameters.")
    engineering: Engineering = Field(
        default_factory=Engineering, description="What is made of the features."
    )
    fairness: Fairness = Field(
        default_factory=Fairness, description="For whom it must be equally good."
    )
    privacy: Privacy = Field(default_factory=Privacy, description="Which columns tell of persons.")
    card: Card = Field(default_factory=Card, description="What only people know about it.")
    rollout: Rollout = Field(default_factory=Rollout, description="How a version enters service.")
    rollback: Rollback = Field(
        default_factory=Rollback, description="When the version in service is taken back."
    )
    capture: Capture = Field(default_factory=Capture, description="What is kept of predictions.")
    scoring: Scoring = Field(default_factory=Scoring, description="How whole files are scored.")
    monitoring: Monitoring = Field(default_factory=Monitoring, description="What is watched.")
    outcomes: Outcomes = Field(
        default_factory=Outcomes, description="How long the truth is waited for."
    )
    retraining: Retraining = Field(
        default_factory=Retraining, description="When it is trained anew by itself."
    )

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        consistency.check(self)
        return self

    @property
    def primary(self) -> Metric:
        """The metric the champion is judged by first."""
        return self.primary_metric or PRIMARY_METRIC[self.task]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns a training file must have: features, target, and others that are named."""
        person, groups = self.privacy.person, self.fairness.columns
        named = (*self.features, self.target, self.id_column, self.time_column, person, *groups)
        return tuple(dict.fromkeys(c for c in named if c is not None))

    @property
    def digest(self) -> str:
        """SHA-256 of the spec as JSON, in hexadecimal; the order of features counts too."""
        canonical = json.dumps(self.model_dump(mode="json"), separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
