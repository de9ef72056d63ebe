"""Calling a function on behalf of an AWS service, if the function's policy lets that service."""

import logging

from emulator import seams
from emulator.lambdas import asynchronous

_log = logging.getLogger("emulator.calls")


def permitted(function_arn: str, service: str, source_arn: str) -> bool:
    """Whether the function's resource policy lets the service call it for this source."""
    if not seams.iam_enforced():
        return True
    found = seams.get("services.lambda_svc:function_policy_for_arn")(function_arn)
    if found is None:
        return False
    account, region = seams.current_scope()
    request = seams.get("core.iam_evaluator:EvalContext")(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=region,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    decide = seams.get("core.iam_evaluator:evaluate_resource_policy")
    return bool(decide(found[0], request, service=service).decision == "Allow")


def invoke_later(function_arn: str, event: object, service: str, source_arn: str) -> None:
    """Call the function and wait for nothing; a refusal is logged, as on AWS."""
    if not permitted(function_arn, service, source_arn):
        _log.warning("%s may not call %s for %s", service, function_arn, source_arn)
        return
    if not asynchronous.call(function_arn, event):
        _log.warning("%s: no such function: %s", service, function_arn)
