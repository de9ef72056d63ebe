"""IAM where one AWS service calls another, which MiniStack lets through unchecked.

| Caller | Checked | A refused call |
|---|---|---|
| Step Functions task | the machine's role: action, and resource where known | fails the task |
| EventBridge rule, to a function | the function's policy | is not delivered |
| EventBridge rule, to a state machine | the target's role and whom it trusts | is not delivered |
| EventBridge Scheduler | the target's role and whom it trusts | is not delivered |
| SNS subscription, to a function | the function's policy | is not delivered |
| API Gateway, to a function | the function's policy | is answered with 500 |
| Alarm, to a function | the function's policy | is not delivered |
| Lambda, polling a queue or a stream | the function's role | delivers nothing |
| Batch job | the job role; for its log, the execution role | fails the job |

MiniStack itself checks every signed request, so what functions and jobs do with their role.

Not checked: the policies of SNS topics and SQS queues when a service delivers to them; the
deploying principal, which is the account's root, so `iam:PassRole` neither; KMS key policies for
data a service encrypts; what Step Functions needs beyond the call itself (log delivery, X-Ray,
and the EventBridge rule behind `.sync`); the resource of an `aws-sdk` task whose service is none
of DynamoDB, S3, Lambda, SNS, SQS and Step Functions (there the action alone is checked).
"""

import logging
from collections.abc import Mapping
from typing import Any

from emulator import calls, roles, seams, workflow_actions
from emulator.metrics.store import record
from emulator.stepfunctions import current_execution, failure

_log = logging.getLogger("emulator.permissions")


def install() -> None:
    """Put the checks in place; they do nothing unless IAM is enforced."""
    _check_workflow_tasks()
    _check_rule_targets()
    _check_subscriptions()
    _check_integrations()
    _name_batches()
    _name_alarms()


def _name_batches() -> None:
    """A batch of messages needs the right to the single call; AWS has no other for it."""

    def action(service: str, *request: Any) -> str | None:
        name: str | None = original(service, *request)
        return name.removesuffix("Batch") if name and service == "sqs" else name

    original = seams.replace("core.iam_actions:extract_iam_action", action)


def _name_alarms() -> None:
    """Alarms in plural are a right on all of them; MiniStack asks for one on everything."""

    def arn(service: str, *request: Any) -> str:
        *asked, region, account = request
        if str(action_of(service, *asked)).endswith(":DescribeAlarms"):
            return f"arn:aws:cloudwatch:{region}:{account}:alarm:*"
        return str(original(service, *request))

    action_of = seams.get("core.iam_actions:extract_iam_action")
    original = seams.replace("core.iam_actions:extract_resource_arn", arn)


def _check_workflow_tasks() -> None:
    def invoke(resource: str, input_data: Any) -> object:
        check_task(resource, input_data)
        return original(resource, input_data)

    def call_back(resource: str, input_data: Any, token: str, state_def: object) -> object:
        check_task(resource.replace(".waitForTaskToken", ""), input_data)
        return original_call_back(resource, input_data, token, state_def)

    original = seams.replace("services.stepfunctions:_invoke_resource", invoke)
    original_call_back = seams.replace("services.stepfunctions:_invoke_with_callback", call_back)


def role_of(execution: Mapping[str, Any]) -> str:
    """The role an execution acts with."""
    # A child of a distributed Map has a label after the name of the machine whose role it has.
    arn = str(execution["stateMachineArn"]).partition("/")[0]
    machine = seams.get("services.stepfunctions:_state_machines").get(arn)
    return str((machine or {}).get("roleArn"))


def check_task(resource: str, arguments: Any) -> None:
    """Refuse what the role of the current execution's state machine does not allow."""
    execution = current_execution()
    if execution is None or not seams.iam_enforced():
        return
    account, region = seams.current_scope()
    role = role_of(execution)
    for needed in workflow_actions.needed(resource, arguments, account, region):
        if needed.resource is None:
            fine = roles.allowed_somewhere(role, needed.action)
        else:
            fine = roles.allowed(role, needed.action, needed.resource, region)
        if not fine or not roles.trusts(role, "states.amazonaws.com"):
            name = roles.role_name(role)
            raise failure(
                needed.error,
                f"User: arn:aws:sts::{account}:assumed-role/{name}/{execution['name']} is not "
                f"authorized to perform: {needed.action} on resource: {needed.resource or '*'} "
                f"because no identity-based policy allows the {needed.action} action",
            )


def _check_rule_targets() -> None:
    def invoke(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: object = None
    ) -> None:
        scheduled = event.get("Source") == "aws.scheduler"
        if _may_deliver(target, rule, scheduled=scheduled):
            original(target, event, rule, view)
            return
        _log.warning("%s may not reach %s", rule.get("Name"), target.get("Arn"))
        if not scheduled:
            named = {"RuleName": str(rule.get("Name"))}
            record("AWS/Events", "FailedInvocations", 1, unit="Count", dimensions=named)

    original = seams.replace("services.eventbridge:_invoke_target", invoke)


def _may_deliver(target: dict[str, Any], rule: dict[str, Any], *, scheduled: bool) -> bool:
    arn, role = str(target.get("Arn")), target.get("RoleArn")
    service = "scheduler.amazonaws.com" if scheduled else "events.amazonaws.com"
    if ":states:" in arn:
        return _role_allows(role, "states:StartExecution", arn, service)
    if ":lambda:" in arn and scheduled:
        return _role_allows(role, "lambda:InvokeFunction", arn, service)
    if ":lambda:" in arn:
        return calls.permitted(arn, service, str(rule.get("Arn")))
    return True


def _role_allows(role: object, action: str, resource: str, service: str) -> bool:
    if not seams.iam_enforced():
        return True
    _, region = seams.current_scope()
    return (
        isinstance(role, str)
        and roles.trusts(role, service)
        and roles.allowed(role, action, resource, region)
    )


def _check_subscriptions() -> None:
    def deliver(endpoint: str, envelope: str, topic_arn: str, *more: object) -> None:
        if calls.permitted(endpoint, "sns.amazonaws.com", topic_arn):
            original(endpoint, envelope, topic_arn, *more)
        else:
            _log.warning("topic %s may not call %s", topic_arn, endpoint)

    original = seams.replace("services.sns:_deliver_to_lambda", deliver)


def _check_integrations() -> None:
    async def call(
        function_ref: str,
        event: object,
        *,
        account_id: str | None = None,
        region: str | None = None,
    ) -> Any:
        request = event.get("requestContext") if isinstance(event, dict) else None
        if request and function_ref.startswith("arn:"):
            source = (
                f"arn:aws:execute-api:{region}:{account_id}:{request.get('apiId')}/"
                f"{request.get('stage')}/{request.get('httpMethod')}{request.get('resourcePath')}"
            )
            if not calls.permitted(function_ref, "apigateway.amazonaws.com", source):
                _log.warning("%s may not call %s", source, function_ref)
                return None, "Invalid permissions on Lambda function"
        return await original(function_ref, event, account_id=account_id, region=region)

    def shape(result: dict[str, Any]) -> Any:
        response, error = original_shape(result)
        # MiniStack shows the function's error to the caller; AWS does not.
        return response, "Internal server error" if error else error

    original = seams.replace("services.apigateway_v1:_call_lambda_raw", call)
    original_shape = seams.replace("services.apigateway_v1:_lambda_proxy_response", shape)
