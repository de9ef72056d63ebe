"""Distributed Map states with their items, batches and written results.

MiniStack runs the children; here the items are read and selected in either query language, put
into batches (`ItemBatcher`), and what came of them is written to S3 (`ResultWriter`).

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import copy
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator import permissions, roles, seams
from emulator.map_again import MapAgain
from emulator.stepfunctions import acting_for, failure

Json = Any
_SFN: Final = "services.stepfunctions:"
_KEPT: Final = ("Label", "MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount")
_WRITTEN: Final = {"SUCCEEDED": "SUCCEEDED", "FAILED": "FAILED"}


def install(endpoint: str) -> None:
    """Take the place of MiniStack's function, and use it for the children."""

    def run(
        state_def: dict[str, Json],
        raw_input: Json,
        effective: Json,
        iterator: dict[str, Json],
        execution: dict[str, Json],
        ctx: dict[str, Json],
    ) -> Json:
        state = _State(state_def, raw_input, effective, ctx)
        with acting_for(execution):
            inputs = list(state.batches())
            plain: dict[str, Json] = {"QueryLanguage": "JSONPath", "End": True}
            plain |= {key: state.value(state_def[key]) for key in _KEPT if key in state_def}
            again = MapAgain(execution, ctx["State"]["Name"], inputs)
            with again.as_one_run():
                left = again.left
                plain |= again.tolerance(plain)
                results, _ = original(plain, left, left, iterator, execution, ctx)
            result = again.merged(results)
            if "ResultWriter" in state_def:
                result = _write(state, execution, endpoint)
        return state.leave(result)

    original = seams.replace(_SFN + "_run_distributed_map", run)


@dataclass(frozen=True)
class _State:
    """A Map state about to run."""

    definition: dict[str, Json]
    raw: Json
    effective: Json
    ctx: dict[str, Json]

    @property
    def jsonata(self) -> bool:
        language = self.definition.get("QueryLanguage") or self.ctx.get("QueryLanguage")
        return bool(language == "JSONata")

    def value(self, template: Json, ctx: dict[str, Json] | None = None) -> Json:
        """A field of the state, evaluated in its query language."""
        if self.jsonata:
            return _call("_apply_jsonata_template", template, self.raw, ctx or self.ctx)
        if isinstance(template, dict):
            return _call("_resolve_params_obj", template, self.effective, ctx or self.ctx)
        return template

    def items(self) -> list[Json]:
        """What the Map runs over."""
        if "ItemReader" in self.definition:
            reader = self.definition["ItemReader"]
            where = self.value(reader.get("Arguments") or reader.get("Parameters") or {})
            config = self.value(reader.get("ReaderConfig") or {})
            resource = str(reader.get("Resource", ""))
            permissions.check_task(resource.replace(":::s3:", ":::aws-sdk:s3:"), where)
            told = {"Resource": resource, "Arguments": where, "ReaderConfig": config}
            found = _call("_read_map_items", told, self.effective, self.ctx)
        elif self.jsonata and "Items" in self.definition:
            found = self.value(self.definition["Items"])
        else:
            path = self.definition.get("ItemsPath", "$")
            found = _call("_resolve_path_or_ctx", path, self.effective, self.ctx)
        return found if isinstance(found, list) else [found]

    def selected(self) -> Iterator[Json]:
        """The items as the children get them."""
        selector = self.definition.get("ItemSelector") or self.definition.get("Parameters")
        for index, item in enumerate(self.items()):
            if not selector:
                yield item
                continue
            ctx = copy.copy(self.ctx)
            ctx["Map"] = {"Item": {"Index": index, "Value": item}}
            yield self.value(selector, ctx)

    def batches(self) -> Iterator[Json]:
        """The inputs of the children: items, or batches of them."""
        batcher = self.definition.get("ItemBatcher")
        if not batcher:
            yield from self.selected()
            return
        most = int(self.value(batcher.get("MaxItemsPerBatch", 0)) or 0)
        size = int(self.value(batcher.get("MaxInputBytesPerBatch", 0)) or 0)
        shared = {}
        if "BatchInput" in batcher:
            shared["BatchInput"] = self.value(batcher["BatchInput"])
        batch: list[Json] = []
        for item in self.selected():
            full = most and len(batch) >= most
            if batch and (full or (size and len(json.dumps([*batch, item])) > size)):
                yield {**shared, "Items": batch}
                batch = []
            batch.append(item)
        if batch:
            yield {**shared, "Items": batch}

    def leave(self, result: Json) -> Json:
        """The state's output and what comes next."""
        following = _call("_next_or_end", self.definition)
        if self.jsonata:
            output = _call(
                "_apply_jsonata_output",
                self.definition,
                self.raw,
                self.ctx,
                result=result,
                default=result,
            )
            _call("_apply_state_assign", self.definition, self.raw, self.ctx, result=result)
            return output, following
        selected = _call("_apply_result_selector", self.definition, result)
        output = _call("_apply_result_path", self.definition, self.raw, selected)
        return _call("_apply_output_path", self.definition, output, self.ctx), following


def _write(state: _State, execution: Mapping[str, Json], endpoint: str) -> Json:
    """Put the children's results beside a manifest; returns where that is."""
    writer = state.definition["ResultWriter"]
    where = state.value(writer.get("Arguments") or writer.get("Parameters") or {})
    runs = seams.get(_SFN + "_map_runs").values()
    run = [each for each in runs if each["executionArn"] == execution["executionArn"]][-1]
    folder = f"{where.get('Prefix', '').rstrip('/')}/{uuid.uuid4()}".lstrip("/")
    destination = _Destination(where["Bucket"], execution, endpoint)
    files: dict[str, list[Json]] = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for status, name in _WRITTEN.items():
        children = _children(run["mapRunArn"], status)
        if children:
            key = f"{folder}/{name}_0.json"
            files[name].append({"Key": key, "Size": destination.put(key, children)})
    manifest = {
        "DestinationBucket": where["Bucket"],
        "MapRunArn": run["mapRunArn"],
        "ResultFiles": files,
    }
    destination.put(f"{folder}/manifest.json", manifest)
    details = {"Bucket": where["Bucket"], "Key": f"{folder}/manifest.json"}
    return {"MapRunArn": run["mapRunArn"], "ResultWriterDetails": details}


def _children(map_run: str, status: str) -> list[Json]:
    return [
        {
            "ExecutionArn": child["executionArn"],
            "Input": child["input"],
            "InputDetails": {"Included": True},
            "Name": child["name"],
            "Output": child["output"],
            "OutputDetails": {"Included": True},
            "StartDate": child["startDate"],
            "StateMachineArn": child["stateMachineArn"],
            "Status": child["status"],
            "StopDate": child["stopDate"],
        }
        | {key.capitalize(): child[key] for key in ("error", "cause") if child.get(key)}
        for child in seams.get(_SFN + "_executions").values()
        if child.get("mapRunArn") == map_run and child["status"] == status
    ]


class _Destination:
    """The bucket results are written to, as the role of the state machine."""

    def __init__(self, bucket: str, execution: Mapping[str, Json], endpoint: str) -> None:
        # Not needed to start the server, and slow to import.
        import boto3
        from botocore.config import Config

        keys = roles.session(permissions.role_of(execution), str(execution["name"])[:64])
        self._bucket = bucket
        self._s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=seams.current_scope()[1],
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.token or None,
            config=Config(proxies={}),
        )

    def put(self, key: str, document: Json) -> int:
        """Write a document; returns its size."""
        from botocore.exceptions import ClientError

        body = json.dumps(document).encode()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        except ClientError as error:
            raise failure("States.ResultWriterFailed", str(error)) from error
        return len(body)


def _call(name: str, *given: Json, **named: Json) -> Json:
    return seams.get(_SFN + name)(*given, **named)
