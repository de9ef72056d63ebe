"""What a deployment costs a month while nobody uses it, read off its CloudFormation templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perennial.cost import prices
from perennial.cost.bill import Bill, Line, bill, line

Properties = Mapping[str, Any]

POLLS = 648_000  # receives a month of a queue that feeds a function: five pollers, 20 s each
# Types of which a resource costs nothing by being there; what they hold or do is in the load.
_FREE = {
    "ApiGateway": {
        "Account",
        "ApiKey",
        "Authorizer",
        "BasePathMapping",
        "Deployment",
        "DomainName",
        "GatewayResponse",
        "Method",
        "Model",
        "RequestValidator",
        "Resource",
        "RestApi",
        "Stage",
        "UsagePlan",
        "UsagePlanKey",
    },
    "Batch": {"ComputeEnvironment", "JobDefinition", "JobQueue"},
    "Budgets": {"Budget"},
    "CDK": {"Metadata"},
    "Chatbot": {"SlackChannelConfiguration"},
    "CodeDeploy": {"Application", "DeploymentGroup"},
    "DynamoDB": {"Table"},
    "EC2": {
        "InternetGateway",
        "Route",
        "RouteTable",
        "SecurityGroup",
        "Subnet",
        "SubnetRouteTableAssociation",
        "VPC",
        "VPCGatewayAttachment",
    },
    "Events": {"Rule"},
    "IAM": {"ManagedPolicy", "Policy", "Role"},
    "KMS": {"Alias"},
    "Lambda": {
        "Alias",
        "EventInvokeConfig",
        "EventSourceMapping",
        "Function",
        "LayerVersion",
        "Permission",
        "Version",
    },
    "Logs": {"LogGroup", "ResourcePolicy"},
    "Route53": {"RecordSet"},
    "S3": {"Bucket", "BucketPolicy"},
    "SNS": {"Subscription", "Topic", "TopicPolicy"},
    "SQS": {"Queue", "QueuePolicy"},
    "Scheduler": {"Schedule", "ScheduleGroup"},
    "StepFunctions": {"StateMachine"},
    "WAFv2": {"WebACLAssociation"},
}
FREE = frozenset(f"AWS::{service}::{kind}" for service in _FREE for kind in _FREE[service])


@dataclass(frozen=True, slots=True)
class AtRest:
    """The bill of a month without a request, and what the price table knows nothing of."""

    bill: Bill
    unpriced: tuple[str, ...]  # types of resources, sorted


def at_rest(templates: Sequence[Mapping[str, Any]]) -> AtRest:
    """What all resources of some templates cost a month by being there.

    Free tiers are not taken off: ten alarms, three dashboards and a million requests of SQS are
    free in an account that uses them for nothing else.

    Args:
        templates: CloudFormation templates, as JSON.
    """
    summed: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    unpriced = set()
    for template in templates:
        resources = template.get("Resources", {})
        for resource in resources.values():
            kind, properties = resource["Type"], resource.get("Properties", {})
            if kind not in _PRICED and kind not in FREE:
                unpriced.add(kind)
            for found in _PRICED.get(kind, _nothing)(properties, resources):
                total = summed[found.what, found.unit]
                total[0] += found.quantity
                total[1] += found.dollars
    lines = [
        Line(what, quantity, unit, dollars) for (what, unit), (quantity, dollars) in summed.items()
    ]
    ordered = sorted(lines, key=lambda one: -one.dollars)
    return AtRest(bill(ordered), tuple(sorted(unpriced)))


def _nothing(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield from ()


def _alarm(properties: Properties, _resources: Properties) -> Iterator[Line]:
    computed = [one for one in properties.get("Metrics", ()) if "MetricStat" in one]
    yield line("Alarms", len(computed) or 1, "metrics of alarms", prices.ALARM)


def _composite(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Alarms made of others", 1, "alarms", prices.COMPOSITE_ALARM)


def _dashboard(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Dashboards", 1, "dashboards", prices.DASHBOARD)


def _key(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Keys", 1, "keys", prices.KEY)


def _secret(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Secrets", 1, "secrets", prices.SECRET)


def _stream(_properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Streams", prices.HOURS, "stream hours", prices.STREAM_HOUR)


def _endpoint(properties: Properties, _resources: Properties) -> Iterator[Line]:
    if properties.get("VpcEndpointType") == "Interface":
        zones = len(properties.get("SubnetIds", ())) or 1
        hours = zones * prices.HOURS
        yield line("Interface endpoints", hours, "endpoint hours", prices.INTERFACE_HOUR)


def _firewall(properties: Properties, _resources: Properties) -> Iterator[Line]:
    yield line("Firewall", 1, "firewalls", prices.FIREWALL)
    rules = len(properties.get("Rules", ()))
    yield line("Firewall, rules", rules, "rules", prices.FIREWALL_RULE)


def _queue_to_function(properties: Properties, resources: Properties) -> Iterator[Line]:
    source = properties.get("EventSourceArn")
    name = source.get("Fn::GetAtt", [""])[0] if isinstance(source, Mapping) else ""
    if resources.get(name, {}).get("Type") == "AWS::SQS::Queue":
        yield line("Queues asked while empty", POLLS, "requests", prices.QUEUE_REQUEST)


def _alias(properties: Properties, resources: Properties) -> Iterator[Line]:
    warm = properties.get("ProvisionedConcurrencyConfig", {}).get(
        "ProvisionedConcurrentExecutions", 0
    )
    seconds = warm * _gib(properties.get("FunctionName"), resources) * prices.MONTH_SECONDS
    yield line("Functions kept warm", seconds, "GiB seconds", prices.PROVISIONED_GIB_SECOND)


def _function(properties: Properties, _resources: Properties) -> Iterator[Line]:
    if properties.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        seconds = properties.get("MemorySize", 128) / 1024 * prices.MONTH_SECONDS
        yield line("Snapshots of functions", seconds, "GiB seconds", prices.SNAPSHOT_GIB_SECOND)


def _gib(reference: object, resources: Properties) -> float:
    """Memory of the function that a property refers to, in the same template."""
    if isinstance(reference, Mapping):
        name = reference.get("Ref") or reference.get("Fn::GetAtt", [""])[0]
        memory: float = resources.get(name, {}).get("Properties", {}).get("MemorySize", 128)
        return memory / 1024
    return 0.125


_PRICED: dict[str, Callable[[Properties, Properties], Iterator[Line]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _composite,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::KMS::Key": _key,
    "AWS::Kinesis::Stream": _stream,
    "AWS::Lambda::Alias": _alias,
    "AWS::Lambda::EventSourceMapping": _queue_to_function,
    "AWS::Lambda::Function": _function,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::WAFv2::WebACL": _firewall,
}
