"""The HTTPS door: a REST API with keys, a usage plan and a throttle."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks import nag
from stacks.constructs.api_paths import ApiPaths
from stacks.constructs.gateway_problems import GatewayProblems
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.retention import retention
from stacks.settings import Settings

STAGE = "live"
_COMPRESSED_BYTES = 1024


class InferenceApi(Construct):
    """One stage of one API: keys, limits, access log, and the paths of `api_paths`.

    Attributes:
        api: the REST API.
        key: the first API key.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        predict: PythonFunction,
        manage: PythonFunction,
    ) -> None:
        """An API.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            predict: answers predictions.
            manage: answers questions about models.
        """
        super().__init__(scope, id_)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=settings.prefix,
            description="Predictions of the models that Perennial keeps in service",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=self._stage(settings),
            # Long answers are compressed for who asks for it; compressed bodies arrive unpacked.
            min_compression_size=Size.bytes(_COMPRESSED_BYTES),
            default_method_options=apigateway.MethodOptions(api_key_required=True),
        )
        self._accept_findings()
        GatewayProblems(self, "Problems", api=self.api)
        ApiPaths(
            self,
            "Paths",
            api=self.api,
            functions={"predict": predict.function, "manage": manage.function},
        )
        self.key = self._usage_plan(settings)

    def _stage(self, settings: Settings) -> apigateway.StageOptions:
        access = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=settings.log_group_name("access"),
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        return apigateway.StageOptions(
            stage_name=STAGE,
            throttling_rate_limit=settings.api_rate,
            throttling_burst_limit=settings.api_burst,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,  # would log feature values
            access_log_destination=apigateway.LogGroupLogDestination(access),
            access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                caller=False,
                http_method=True,
                ip=False,
                protocol=False,
                request_time=True,
                resource_path=True,
                response_length=True,
                status=True,
                user=False,
            ),
        )

    def _usage_plan(self, settings: Settings) -> apigateway.IApiKey:
        plan = self.api.add_usage_plan(
            "Plan",
            name=f"{settings.prefix}-default",
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.api_rate, burst_limit=settings.api_burst
            ),
            quota=apigateway.QuotaSettings(
                limit=settings.api_quota, period=apigateway.Period.MONTH
            ),
            api_stages=[
                apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)
            ],
        )
        key = self.api.add_api_key("Key", api_key_name=f"{settings.prefix}-default")
        plan.add_api_key(key)
        return key

    def _accept_findings(self) -> None:
        nag.accept(
            self.api,
            "AwsSolutions-APIG2",
            because="the functions check requests, so that every mistake is named exactly and in "
            "the form of the protocol it was made in",
        )
        nag.accept(
            self.api.deployment_stage,
            "AwsSolutions-APIG3",
            because="a web application firewall costs money at rest; keys, quota and throttle "
            "limit what a caller can do",
        )
        role = self.api.node.find_child("CloudWatchRole")
        nag.accept(
            role,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            because="API Gateway takes no other policy for the logs of its own",
        )
