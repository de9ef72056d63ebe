"""AWS Batch over HTTP: its routes, and its state across restarts."""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote

from emulator.batch.description import describe, summarize
from emulator.batch.limits import refuse
from emulator.batch.records import Job, Records, Wire
from emulator.batch.resources import Resources
from emulator.batch.scheduler import Scheduler
from emulator.batch.submission import submit
from emulator.errors import ServiceError

Response = tuple[int, dict[str, str], bytes]


class Service:
    """Takes the place of MiniStack's module of the same name, with its contract."""

    def __init__(self, records: Records, resources: Resources, scheduler: Scheduler) -> None:
        self._records = records
        self._resources = resources
        self._scheduler = scheduler
        self._routes: Final[dict[str, Callable[[Wire], Wire]]] = {
            "createcomputeenvironment": resources.create_environment,
            "updatecomputeenvironment": resources.update_environment,
            "describecomputeenvironments": self._describe_environments,
            "deletecomputeenvironment": self.delete_environment,
            "createjobqueue": resources.create_queue,
            "updatejobqueue": resources.update_queue,
            "describejobqueues": self._describe_queues,
            "deletejobqueue": self.delete_queue,
            "registerjobdefinition": resources.register_definition,
            "describejobdefinitions": self._describe_definitions,
            "deregisterjobdefinition": self.deregister_definition,
            "submitjob": self._submit,
            "describejobs": self._describe_jobs,
            "listjobs": self._list_jobs,
            "canceljob": lambda request: self._end(request, terminate=False),
            "terminatejob": lambda request: self._end(request, terminate=True),
        }

    async def handle_request(
        self,
        method: str,
        path: str,
        headers: dict[str, str],  # noqa: ARG002 - MiniStack's contract
        body: bytes,
        query_params: dict[str, list[str]],
    ) -> Response:
        """Answer one request."""
        operation = path.rstrip("/").rpartition("/")[2].lower()
        try:
            if path.startswith("/v1/tags/"):
                return _answer(200, self._tags(method, unquote(path[9:]), body, query_params))
            if operation not in self._routes:
                raise ServiceError("UnknownOperationException", f"The emulator has no {path}")
            return _answer(200, self._routes[operation](json.loads(body or b"{}")))
        except ServiceError as error:
            return _answer(400, {"message": error.message}, error.code)
        except (KeyError, ValueError, TypeError) as error:
            return _answer(400, {"message": f"Error parsing parameter: {error}"}, "ClientException")

    def get_state(self) -> Wire:
        """What is kept across a restart."""
        return self._records.dump()

    def load_persisted_state(self, data: Wire) -> None:
        """Take it over again."""
        self._records.load(data)
        self._scheduler.wake()

    def reset(self) -> None:
        """Forget everything."""
        self._records.clear()

    def submit(self, request: Wire) -> Job:
        """SubmitJob, for callers inside the emulator too."""
        job = submit(request, self._resources, self._records)
        self._scheduler.wake()
        return job

    def delete_environment(self, request: Wire) -> Wire:
        """DeleteComputeEnvironment; refused while a queue uses it."""
        with self._records.lock:
            arn = self._resources.environment(request["computeEnvironment"])[
                "computeEnvironmentArn"
            ]
            for queue in self._records.queues.values():
                if any(o["computeEnvironment"] == arn for o in queue["computeEnvironmentOrder"]):
                    raise refuse("Cannot delete, found existing JobQueue relationship")
            del self._records.environments[arn]
        return {}

    def delete_queue(self, request: Wire) -> Wire:
        """DeleteJobQueue; its jobs are terminated."""
        with self._records.lock:
            arn = self._resources.queue(request["jobQueue"])["jobQueueArn"]
            for job in list(self._records.jobs.values()):
                if job.queue == arn:
                    self._scheduler.end(job, "Job Queue deleted", terminate=True)
            del self._records.queues[arn]
        return {}

    def deregister_definition(self, request: Wire) -> Wire:
        """DeregisterJobDefinition."""
        with self._records.lock:
            self._resources.definition(request["jobDefinition"])["status"] = "INACTIVE"
        return {}

    def _submit(self, request: Wire) -> Wire:
        job = self.submit(request)
        return {"jobArn": job.arn, "jobName": job.name, "jobId": job.id}

    def _end(self, request: Wire, *, terminate: bool) -> Wire:
        if not request.get("reason"):
            raise refuse("reason is required")
        job = self._records.jobs.get(str(request.get("jobId")))
        if job is not None:
            self._scheduler.end(job, str(request["reason"]), terminate=terminate)
        return {}

    def _describe_jobs(self, request: Wire) -> Wire:
        with self._records.lock:
            asked = [self._records.jobs.get(_job_id(each)) for each in request["jobs"]]
            return {"jobs": [describe(job, self._records) for job in asked if job is not None]}

    def _list_jobs(self, request: Wire) -> Wire:
        with self._records.lock:
            jobs = list(self._records.jobs.values())
            if "arrayJobId" in request:
                jobs = [job for job in jobs if job.parent == request["arrayJobId"]]
            else:
                queue = self._resources.queue(request["jobQueue"])["jobQueueArn"]
                jobs = [job for job in jobs if job.queue == queue and job.parent is None]
            filters = request.get("filters") or []
            for each in filters:
                if each["name"] == "JOB_NAME":
                    jobs = [job for job in jobs if job.name in each["values"]]
            if not filters:
                status = request.get("jobStatus", "RUNNING")
                jobs = [job for job in jobs if job.status == status]
            return {"jobSummaryList": [summarize(job, self._records) for job in jobs]}

    def _describe_environments(self, request: Wire) -> Wire:
        asked = request.get("computeEnvironments") or list(self._records.environments)
        return {"computeEnvironments": _each(asked, self._resources.environment)}

    def _describe_queues(self, request: Wire) -> Wire:
        asked = request.get("jobQueues") or list(self._records.queues)
        return {"jobQueues": _each(asked, self._resources.queue)}

    def _describe_definitions(self, request: Wire) -> Wire:
        with self._records.lock:
            found = list(self._records.definitions.values())
        if request.get("jobDefinitions"):
            asked = set(request["jobDefinitions"])
            found = [
                each
                for each in found
                if {each["jobDefinitionArn"], f"{each['jobDefinitionName']}:{each['revision']}"}
                & asked
            ]
        for key, field in (("jobDefinitionName", "jobDefinitionName"), ("status", "status")):
            if request.get(key):
                found = [each for each in found if each[field] == request[key]]
        return {"jobDefinitions": found}

    def _tags(self, method: str, arn: str, body: bytes, query: dict[str, list[str]]) -> Wire:
        stores = (self._records.environments, self._records.queues, self._records.definitions)
        tags: dict[str, str] | None = None
        for store in stores:
            if arn in store:
                tags = store[arn]["tags"]
        job = self._records.jobs.get(_job_id(arn))
        tags = job.tags if job is not None else tags
        if tags is None:
            raise refuse(f"{arn} does not exist")
        if method == "POST":
            tags.update(json.loads(body)["tags"])
        if method == "DELETE":
            for key in query.get("tagKeys", []):
                tags.pop(key, None)
        return {"tags": tags} if method == "GET" else {}


def _job_id(reference: str) -> str:
    return reference.partition(":job/")[2] if reference.startswith("arn:") else reference


def _each(asked: list[str], find: Callable[[str], Wire]) -> list[Wire]:
    found = []
    for reference in asked:
        try:
            found.append(find(reference))
        except ServiceError:
            continue
    return found


def _answer(status: int, body: dict[str, Any], error: str = "") -> Response:
    headers = {"Content-Type": "application/json"}
    if error:
        headers["x-amzn-ErrorType"] = error
        body = {"__type": error, **body}
    return status, headers, json.dumps(body).encode()
