"""AWS::Batch resources in templates."""

from collections.abc import Callable
from typing import Any, Final

from emulator import seams
from emulator.batch.records import Wire
from emulator.batch.resources import Resources
from emulator.batch.service import Service
from emulator.names import camel

Made = tuple[str, dict[str, str]]

_ENVIRONMENT: Final = "AWS::Batch::ComputeEnvironment"
_QUEUE: Final = "AWS::Batch::JobQueue"
_DEFINITION: Final = "AWS::Batch::JobDefinition"

# A change of these makes a new resource; any other is made in place.
_REPLACING: Final = {
    _ENVIRONMENT: ("ComputeEnvironmentName", "Type"),
    _QUEUE: ("JobQueueName",),
    _DEFINITION: ("JobDefinitionName",),
}


def install(resources: Resources, service: Service) -> None:
    """Teach CloudFormation the three types. Ref and GetAtt give the ARN, as on AWS."""
    handlers = seams.get("services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    handlers.update(
        {
            _ENVIRONMENT: _environment(resources, service),
            _QUEUE: _queue(resources, service),
            _DEFINITION: _definition(resources, service),
        }
    )
    tags = seams.get("services.cloudformation.provisioners:_STACK_TAG_PROPERTY")
    replacing = seams.get("services.cloudformation.provisioners:_REPLACING_PROPERTIES")
    for kind, names in _REPLACING.items():
        tags[kind] = ("Tags", "map")
        replacing[kind] = names


def _environment(resources: Resources, service: Service) -> dict[str, Any]:
    def create(logical_id: str, props: Wire, stack: str) -> Made:
        made = resources.create_environment(
            _named(props, "computeEnvironmentName", logical_id, stack)
        )
        return _made(made["computeEnvironmentArn"], "ComputeEnvironmentArn")

    def update(arn: str, old: Wire, new: Wire, stack: str) -> Made:  # noqa: ARG001
        resources.update_environment({**camel(new), "computeEnvironment": arn})
        return _made(arn, "ComputeEnvironmentArn")

    def delete(arn: str, props: Wire) -> None:  # noqa: ARG001 - MiniStack's contract
        service.delete_environment({"computeEnvironment": arn})

    return {"create": create, "update": update, "delete": delete}


def _queue(resources: Resources, service: Service) -> dict[str, Any]:
    def create(logical_id: str, props: Wire, stack: str) -> Made:
        made = resources.create_queue(_named(props, "jobQueueName", logical_id, stack))
        return _made(made["jobQueueArn"], "JobQueueArn")

    def update(arn: str, old: Wire, new: Wire, stack: str) -> Made:  # noqa: ARG001
        resources.update_queue({**camel(new), "jobQueue": arn})
        return _made(arn, "JobQueueArn")

    def delete(arn: str, props: Wire) -> None:  # noqa: ARG001
        service.delete_queue({"jobQueue": arn})

    return {"create": create, "update": update, "delete": delete}


def _definition(resources: Resources, service: Service) -> dict[str, Any]:
    def create(logical_id: str, props: Wire, stack: str) -> Made:
        made = resources.register_definition(_named(props, "jobDefinitionName", logical_id, stack))
        return _made(made["jobDefinitionArn"], "JobDefinitionArn")

    def update(arn: str, old: Wire, new: Wire, stack: str) -> Made:  # noqa: ARG001
        name = arn.rpartition("/")[2].partition(":")[0]
        made = resources.register_definition({**camel(new), "jobDefinitionName": name})
        service.deregister_definition({"jobDefinition": arn})
        return _made(made["jobDefinitionArn"], "JobDefinitionArn")

    def delete(arn: str, props: Wire) -> None:  # noqa: ARG001
        service.deregister_definition({"jobDefinition": arn})

    return {"create": create, "update": update, "delete": delete}


def _named(props: Wire, field: str, logical_id: str, stack: str) -> Wire:
    request: Wire = camel(props)
    if not request.get(field):
        name: Callable[..., str] = seams.get("services.cloudformation.provisioners:_physical_name")
        request[field] = name(stack, logical_id)
    return request


def _made(arn: str, attribute: str) -> Made:
    return arn, {attribute: arn}
