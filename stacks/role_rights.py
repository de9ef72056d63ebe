"""What people and applications may do, role by role: the table behind `docs/roles.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perennial.registry.layout import INCOMING, OUTCOMES, REPORTS, SCORE

from stacks.role_places import Place, Places

_RUNS, _DATASETS = "runs/", "datasets/"


@dataclass(frozen=True)
class Right:
    """Actions on places.

    Attributes:
        actions: of IAM.
        places: what they may be done to.
        condition: under which, as IAM writes it.
    """

    actions: tuple[str, ...]
    places: tuple[Place, ...]
    condition: dict[str, dict[str, list[str]]] | None = None


def rights(places: Places) -> dict[str, tuple[Right, ...]]:
    """The rights of each role, by its name."""
    return {
        "data-scientist": _data_scientist(places),
        "approver": _approver(places),
        "operator": _operator(places),
        "auditor": _auditor(places),
        "application": _application(places),
    }


DESCRIPTIONS = {
    "data-scientist": "Trains models and sees what came of it",
    "approver": "Decides which versions come into service",
    "operator": "Keeps in service what is approved",
    "auditor": "Reads everything and changes nothing",
    "application": "Brings rows to score and outcomes, and fetches scores",
}


def _data_scientist(places: Places) -> tuple[Right, ...]:
    return (
        *_records(places),
        *_files(places, _RUNS, _DATASETS, REPORTS),
        *_artifacts(places),
        *_upload(places, INCOMING),
        _workflows(places, "training"),
        Right(("batch:DescribeJobs",), (places.everything,)),
        _logs(places),
        Right(("apigateway:GET",), (places.api_key,)),
    )


def _approver(places: Places) -> tuple[Right, ...]:
    return (
        *_records(places),
        *_files(places, _RUNS, REPORTS),
        *_artifacts(places),
        _call(places, "POST/v1/models/*/versions/*/approval"),
    )


def _operator(places: Places) -> tuple[Right, ...]:
    return (
        *_records(places),
        *_files(places, _RUNS, REPORTS),
        _call(
            places,
            "PUT/v1/models/*/route",
            "POST/v1/models/*/rollback",
            "POST/v1/models/*/rollout",
            "POST/v1/models/*/automation",
            "POST/v1/models/*/forget",
        ),
        _workflows(places, "*"),
        Right(("states:StartExecution",), (places.machine("monitoring"),)),
        _alarms(places),
        _logs(places),
    )


def _auditor(places: Places) -> tuple[Right, ...]:
    return (
        *_records(places),
        *_files(places, ""),
        *_artifacts(places),
        Right(("s3:GetObjectVersion",), (places.data(""), places.artifacts(""))),
        Right(("s3:ListBucketVersions",), (places.data_bucket, *places.buckets_of_heads)),
        _workflows(places, "*"),
        _alarms(places),
        _logs(places),
    )


def _application(places: Places) -> tuple[Right, ...]:
    return (*_upload(places, SCORE, OUTCOMES), *_files(places, SCORE, OUTCOMES))


def _records(places: Places) -> tuple[Right, ...]:
    """The registry, but for the tokens by which workflows wait; history; outputs of the stacks."""
    return (
        Right(
            ("dynamodb:GetItem", "dynamodb:Query"),
            (places.table, places.index),
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*places.partitions]}},
        ),
        *_key(places, "kms:Decrypt"),
        Right(("cloudformation:DescribeStacks",), (places.stacks,)),
        _call(places, "GET/v1/models/*/history"),
    )


def _files(places: Places, *prefixes: str) -> tuple[Right, ...]:
    found = tuple(places.data(prefix) for prefix in prefixes)
    return (
        Right(("s3:GetObject",), found),
        Right(("s3:ListBucket",), (places.data_bucket,), _below(prefixes)),
        *_key(places, "kms:Decrypt"),
    )


def _artifacts(places: Places) -> tuple[Right, ...]:
    return (
        Right(("s3:GetObject",), (places.artifacts(""),)),
        Right(("s3:ListBucket",), (places.artifact_bucket,)),
    )


def _upload(places: Places, *prefixes: str) -> tuple[Right, ...]:
    found = tuple(places.data(prefix) for prefix in prefixes)
    return (
        Right(("s3:PutObject", "s3:AbortMultipartUpload"), found),
        *_key(places, "kms:Decrypt", "kms:GenerateDataKey"),
    )


def _key(places: Places, *actions: str) -> tuple[Right, ...]:
    return (Right(actions, (places.key,)),) if places.key else ()


def _below(prefixes: Sequence[str]) -> dict[str, dict[str, list[str]]] | None:
    if "" in prefixes:
        return None
    return {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}}


def _call(places: Places, *operations: str) -> Right:
    return Right(("execute-api:Invoke",), tuple(places.operation(one) for one in operations))


def _workflows(places: Places, name: str) -> Right:
    seen = ("states:DescribeExecution", "states:GetExecutionHistory")
    return Right(seen, (places.executions(name),))


def _alarms(places: Places) -> Right:
    return Right(("cloudwatch:DescribeAlarms",), (places.alarms,))


def _logs(places: Places) -> Right:
    return Right(("logs:FilterLogEvents", "logs:GetLogEvents"), (places.logs,))
