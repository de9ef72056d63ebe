"""Compute environments, job queues and job definitions: create, change, describe, delete."""

from typing import Any

from emulator import seams
from emulator.batch.limits import check_name, check_resources, check_retry, check_timeout, refuse
from emulator.batch.records import Records, Wire


class Resources:
    """The resources jobs need, over the shared records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def create_environment(self, request: Wire) -> Wire:
        """CreateComputeEnvironment, Fargate only."""
        name = check_name("computeEnvironmentName", request.get("computeEnvironmentName"))
        arn = _arn(f"compute-environment/{name}")
        compute = request.get("computeResources") or {}
        if compute.get("type") not in ("FARGATE", "FARGATE_SPOT"):
            raise refuse("The emulator runs FARGATE and FARGATE_SPOT compute environments only.")
        with self._records.lock:
            if arn in self._records.environments:
                raise refuse(f"Object already exists: {name}")
            self._records.environments[arn] = {
                "computeEnvironmentName": name,
                "computeEnvironmentArn": arn,
                "type": str(request.get("type", "MANAGED")).upper(),
                "state": str(request.get("state", "ENABLED")).upper(),
                "status": "VALID",
                "statusReason": "ComputeEnvironment Healthy",
                "computeResources": {**compute, "maxvCpus": int(compute.get("maxvCpus", 256))},
                "serviceRole": request.get("serviceRole", ""),
                "containerOrchestrationType": "ECS",
                "tags": request.get("tags") or {},
            }
        return {"computeEnvironmentName": name, "computeEnvironmentArn": arn}

    def update_environment(self, request: Wire) -> Wire:
        """UpdateComputeEnvironment."""
        with self._records.lock:
            found = self.environment(request["computeEnvironment"])
            if "computeResources" in request:
                changed = {**found["computeResources"], **request["computeResources"]}
                found["computeResources"] = {**changed, "maxvCpus": int(changed["maxvCpus"])}
            found.update(_given(request, "state", "serviceRole"))
            return {
                "computeEnvironmentName": found["computeEnvironmentName"],
                "computeEnvironmentArn": found["computeEnvironmentArn"],
            }

    def create_queue(self, request: Wire) -> Wire:
        """CreateJobQueue."""
        name = check_name("jobQueueName", request.get("jobQueueName"))
        arn = _arn(f"job-queue/{name}")
        order = request.get("computeEnvironmentOrder") or []
        with self._records.lock:
            if arn in self._records.queues:
                raise refuse(f"Object already exists: {name}")
            self._records.queues[arn] = {
                "jobQueueName": name,
                "jobQueueArn": arn,
                "state": str(request.get("state", "ENABLED")).upper(),
                "status": "VALID",
                "statusReason": "JobQueue Healthy",
                "priority": int(request.get("priority", 1)),
                "computeEnvironmentOrder": self._order(order),
                "jobStateTimeLimitActions": request.get("jobStateTimeLimitActions") or [],
                "tags": request.get("tags") or {},
            }
        return {"jobQueueName": name, "jobQueueArn": arn}

    def update_queue(self, request: Wire) -> Wire:
        """UpdateJobQueue."""
        with self._records.lock:
            found = self.queue(request["jobQueue"])
            found.update(_given(request, "state", "jobStateTimeLimitActions"))
            if "priority" in request:
                found["priority"] = int(request["priority"])
            if "computeEnvironmentOrder" in request:
                found["computeEnvironmentOrder"] = self._order(request["computeEnvironmentOrder"])
            return {"jobQueueName": found["jobQueueName"], "jobQueueArn": found["jobQueueArn"]}

    def register_definition(self, request: Wire) -> Wire:
        """RegisterJobDefinition: a new revision, of a container on Fargate."""
        name = check_name("jobDefinitionName", request.get("jobDefinitionName"))
        if request.get("type", "container") != "container" or "containerProperties" not in request:
            raise refuse("The emulator runs job definitions of type container only.")
        container = request["containerProperties"]
        if not container.get("image"):
            raise refuse("Container properties must have an image.")
        if not container.get("executionRoleArn"):
            raise refuse("Fargate job definitions must have an executionRoleArn.")
        check_resources(container)
        check_timeout(request.get("timeout"))
        prefix = _arn(f"job-definition/{name}:")
        with self._records.lock:
            revisions = [
                found["revision"]
                for arn, found in self._records.definitions.items()
                if arn.startswith(prefix)
            ]
            revision = max(revisions, default=0) + 1
            arn = f"{prefix}{revision}"
            self._records.definitions[arn] = {
                "jobDefinitionName": name,
                "jobDefinitionArn": arn,
                "revision": revision,
                "status": "ACTIVE",
                "type": "container",
                "containerProperties": container,
                "parameters": request.get("parameters") or {},
                "retryStrategy": check_retry(request.get("retryStrategy")),
                "timeout": request.get("timeout") or {},
                "propagateTags": bool(request.get("propagateTags", False)),
                "platformCapabilities": ["FARGATE"],
                "containerOrchestrationType": "ECS",
                "tags": request.get("tags") or {},
            }
        return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}

    def environment(self, reference: str) -> Wire:
        """A compute environment by name or ARN."""
        return self._find(self._records.environments, "compute-environment", reference)

    def queue(self, reference: str) -> Wire:
        """A job queue by name or ARN."""
        return self._find(self._records.queues, "job-queue", reference)

    def definition(self, reference: str) -> Wire:
        """An active job definition by ARN, `name:revision`, or name for the newest."""
        arn = reference if reference.startswith("arn:") else _arn(f"job-definition/{reference}")
        with self._records.lock:
            if arn.rsplit(":", 1)[-1].isdigit():
                found = [self._records.definitions.get(arn)]
            else:
                found = [
                    definition
                    for key, definition in self._records.definitions.items()
                    if key.rsplit(":", 1)[0] == arn
                ]
            active = [each for each in found if each is not None and each["status"] == "ACTIVE"]
        if not active:
            raise refuse(f"JobDefinition {reference} does not exist or is not active.")
        return max(active, key=lambda each: int(each["revision"]))

    def _order(self, order: list[Wire]) -> list[Wire]:
        return [
            {
                "order": int(item["order"]),
                "computeEnvironment": self.environment(item["computeEnvironment"])[
                    "computeEnvironmentArn"
                ],
            }
            for item in order
        ]

    @staticmethod
    def _find(store: dict[str, Wire], kind: str, reference: Any) -> Wire:
        reference = str(reference)
        arn = reference if reference.startswith("arn:") else _arn(f"{kind}/{reference}")
        if arn not in store:
            raise refuse(f"{arn} does not exist")
        return store[arn]


def _arn(resource: str) -> str:
    account, region = seams.current_scope()
    return f"arn:aws:batch:{region}:{account}:{resource}"


def _given(request: Wire, *names: str) -> Wire:
    return {name: request[name] for name in names if name in request}
