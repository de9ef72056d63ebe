"""Turns a SubmitJob request into a job, or an array job with its children."""

import copy
import time
import uuid
from collections.abc import Mapping

from emulator import seams
from emulator.batch.limits import (
    check_name,
    check_overrides,
    check_resources,
    check_retry,
    check_timeout,
    refuse,
)
from emulator.batch.records import Job, Records, Wire
from emulator.batch.resources import Resources


def submit(request: Wire, resources: Resources, records: Records) -> Job:
    """SubmitJob.

    Raises:
        ServiceError: the queue or definition is missing, or a limit is passed.
    """
    name = check_name("jobName", request.get("jobName"))
    overrides = request.get("containerOverrides") or {}
    check_overrides(overrides)
    with records.lock:
        queue = resources.queue(str(request.get("jobQueue")))
        if queue["state"] != "ENABLED":
            raise refuse(f"Job Queue {queue['jobQueueArn']} is not enabled.")
        definition = resources.definition(str(request.get("jobDefinition")))
        container = _container(definition["containerProperties"], overrides)
        check_resources(container)
        parameters = {**definition["parameters"], **(request.get("parameters") or {})}
        container["command"] = _substitute(container.get("command") or [], parameters)
        account, region = seams.current_scope()
        identifier = str(uuid.uuid4())
        job = Job(
            id=identifier,
            arn=f"arn:aws:batch:{region}:{account}:job/{identifier}",
            account=account,
            region=region,
            name=name,
            queue=queue["jobQueueArn"],
            definition=definition["jobDefinitionArn"],
            container=container,
            parameters=parameters,
            retry=check_retry(request.get("retryStrategy") or definition["retryStrategy"]),
            timeout=check_timeout(request.get("timeout") or definition["timeout"]),
            depends_on=_dependencies(request, records),
            tags={
                **(definition["tags"] if definition["propagateTags"] else {}),
                **(request.get("tags") or {}),
            },
            propagate_tags=bool(request.get("propagateTags", definition["propagateTags"])),
            created_at=int(time.time() * 1000),
            array_size=_array_size(request),
        )
        records.jobs[job.id] = job
        for index in range(job.array_size or 0):
            child = _child(job, index)
            records.jobs[child.id] = child
    return job


def _container(properties: Wire, overrides: Wire) -> Wire:
    container = copy.deepcopy(properties)
    if overrides.get("command"):
        container["command"] = list(overrides["command"])
    container["environment"] = _merged(
        properties.get("environment", []), overrides.get("environment", []), "name"
    )
    container["resourceRequirements"] = _merged(
        properties.get("resourceRequirements", []),
        overrides.get("resourceRequirements", []),
        "type",
    )
    return container


def _merged(defined: list[Wire], given: list[Wire], key: str) -> list[Wire]:
    merged = {item[key]: item for item in [*defined, *given]}
    return [{**item, "value": str(item.get("value", ""))} for item in merged.values()]


def _substitute(command: list[str], parameters: Mapping[str, str]) -> list[str]:
    """Replace `Ref::name` words; the longest names first, so that none hides another."""
    words = []
    for word in command:
        for name in sorted(parameters, key=len, reverse=True):
            word = word.replace(f"Ref::{name}", str(parameters[name]))
        words.append(word)
    return words


def _array_size(request: Wire) -> int | None:
    size = (request.get("arrayProperties") or {}).get("size")
    if size is None:
        return None
    if not 2 <= int(size) <= 10_000:
        raise refuse("Array size must be between 2 and 10,000")
    return int(size)


def _dependencies(request: Wire, records: Records) -> list[Wire]:
    dependencies = request.get("dependsOn") or []
    if len(dependencies) > 20:
        raise refuse("A job can depend on at most 20 jobs.")
    for dependency in dependencies:
        if dependency.get("type") != "SEQUENTIAL" and dependency.get("jobId") not in records.jobs:
            raise refuse(f"Job {dependency.get('jobId')} does not exist")
    return list(dependencies)


def _child(parent: Job, index: int) -> Job:
    child = copy.deepcopy(parent)
    child.id, child.arn = f"{parent.id}:{index}", f"{parent.arn}:{index}"
    child.array_size, child.array_index, child.parent = None, index, parent.id
    return child
