"""Model specs: what a team writes down about a model, checked before anything is built from it."""

from perennial.spec.algorithms import Algorithm
from perennial.spec.approval import Approval
from perennial.spec.metrics import METRICS_OF_TASK, PRIMARY_METRIC, Metric, Task
from perennial.spec.schema import (
    Feature,
    FeatureType,
    Gate,
    GateAgainst,
    ModelSpec,
    Split,
    SplitMethod,
    Unseen,
)
from perennial.spec.source import load_spec, load_specs

__all__ = [
    "METRICS_OF_TASK",
    "PRIMARY_METRIC",
    "Algorithm",
    "Approval",
    "Feature",
    "FeatureType",
    "Gate",
    "GateAgainst",
    "Metric",
    "ModelSpec",
    "Split",
    "SplitMethod",
    "Task",
    "Unseen",
    "load_spec",
    "load_specs",
]
