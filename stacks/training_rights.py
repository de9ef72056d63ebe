"""Who may do what in training: every right of its functions and its job, in one place."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack
from perennial.registry.layout import INCOMING, RETRAINING, SOURCES

from stacks.constructs.alarm_topic import topic_arn
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.training_job import TrainingJob
from stacks.settings import Settings
from stacks.shared import allow
from stacks.storage import StorageStack

_RUNS, _DATASETS, _ARTIFACTS, _EVIDENCE = "runs/", "datasets/", "artifacts/", "evidence/"
_MLFLOW = "mlflow/"  # each version in MLflow's layout

# What each function does with items of the registry. A transaction needs the rights of its parts.
_RECORDS: dict[str, tuple[str, ...]] = {
    "trigger": (
        "GetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "ConditionCheckItem",
    ),
    "validate": ("GetItem", "PutItem", "DeleteItem"),
    "evaluate": ("GetItem",),
    "card": ("GetItem",),
    "register": ("GetItem", "PutItem", "UpdateItem", "DeleteItem"),
    "route": ("GetItem", "PutItem", "UpdateItem"),
    "approve": ("GetItem", "Query", "PutItem", "UpdateItem"),
    "conclude": (
        "GetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "ConditionCheckItem",
    ),
}

_TELL_NOTHING = ("trigger", "validate", "conclude")  # they change runs, which have no history


def grant(
    functions: Mapping[str, PythonFunction],
    job: TrainingJob,
    storage: StorageStack,
    machine_arn: str,
    settings: Settings,
) -> None:
    """Give functions and job their rights.

    Args:
        functions: by folder.
        job: what trains.
        storage: buckets and registry.
        machine_arn: the workflow.
        settings: the deployment's settings.
    """
    for name, actions in _RECORDS.items():
        tells = name not in _TELL_NOTHING
        storage.table.allow(functions[name].role, *actions, tells=tells)
    for name in ("trigger", "conclude"):
        allow(functions[name].role, ["states:StartExecution"], [machine_arn])
    approve = functions["approve"]
    allow(approve.role, ["states:SendTaskSuccess"], [machine_arn])
    allow(approve.role, ["sns:Publish"], [topic_arn(Stack.of(approve), settings)])
    _grant_uploads_and_runs(functions, job, storage)
    _grant_artifacts(functions, storage)


def _grant_uploads_and_runs(
    functions: Mapping[str, PythonFunction], job: TrainingJob, storage: StorageStack
) -> None:
    data = storage.data
    validate, evaluate = functions["validate"].role, functions["evaluate"].role
    data.allow_read(validate, INCOMING, RETRAINING, _DATASETS)
    data.allow_read_versions(validate, INCOMING, RETRAINING)
    data.allow_list(validate, INCOMING, RETRAINING, _DATASETS)
    data.allow_write(validate, _DATASETS, _RUNS)
    data.allow_read(job.role, _RUNS, _DATASETS)
    data.allow_write(job.role, _RUNS, SOURCES)
    data.allow_read(evaluate, _RUNS, _DATASETS)
    data.allow_list(evaluate, _RUNS, _DATASETS)
    data.allow_write(evaluate, _RUNS)
    card = functions["card"].role
    data.allow_read(card, _RUNS, _DATASETS)
    data.allow_list(card, _RUNS, _DATASETS)
    data.allow_write(card, _RUNS)
    data.allow_list(job.role, _RUNS)
    data.allow_read(functions["tune"].role, _RUNS)
    data.allow_list(functions["tune"].role, _RUNS)
    data.allow_write(functions["tune"].role, _RUNS)
    for name in ("register", "conclude"):
        data.allow_read(functions[name].role, _RUNS)
        data.allow_list(functions[name].role, _RUNS)


def _grant_artifacts(functions: Mapping[str, PythonFunction], storage: StorageStack) -> None:
    artifacts = storage.artifacts
    artifacts.allow_read(functions["evaluate"].role, _ARTIFACTS)
    artifacts.allow_list(functions["evaluate"].role, _ARTIFACTS)
    artifacts.allow_write(functions["register"].role, _ARTIFACTS, _EVIDENCE, _MLFLOW)
