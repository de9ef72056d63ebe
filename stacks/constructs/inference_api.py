"""The HTTPS door: a REST API, who may call it and what is written down about that."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks import nag
from stacks.constructs.api_access import ApiAccess
from stacks.constructs.api_domain import ApiDomain
from stacks.constructs.api_keys import ApiKeys, burst_of_all, rate_of_all
from stacks.constructs.api_paths import ApiPaths
from stacks.constructs.firewall import Firewall
from stacks.constructs.gateway_problems import GatewayProblems
from stacks.constructs.retention import retention
from stacks.settings import Settings

STAGE = "live"
_COMPRESSED_BYTES = 1024


class InferenceApi(Construct):
    """One stage of one API: who may call it, access log, and the paths of `api_paths`.

    Attributes:
        api: the REST API.
        keys: the API keys by name; there is at least one.
        url: where callers find it.
        target: what a record of its own host name points to, where it has such a name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        """An API.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            functions: what answers, by folder.
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
        )
        origins = settings.cors_origins
        GatewayProblems(
            self, "Problems", api=self.api, origin=origins[0] if len(origins) == 1 else None
        )
        ApiPaths(
            self,
            "Paths",
            api=self.api,
            access=ApiAccess(self, "Access", settings=settings),
            functions=functions,
            public_docs=settings.api_docs,
            preflight=bool(origins),
        )
        self.keys = ApiKeys(
            self, "Keys", api=self.api, settings=settings, prefix=settings.prefix
        ).keys
        self.url, self.target = self.api.url, ""
        if settings.domain_name and settings.certificate_arn:
            self._host(settings.domain_name, settings.certificate_arn, settings.hosted_zone_id)
        if settings.waf:
            Firewall(
                self,
                "Firewall",
                name=settings.function_name("api"),
                stage_arn=self.api.deployment_stage.stage_arn,
                rate=settings.waf_rate,
            )
        self._accept_findings(guarded=settings.waf)

    def _host(self, host: str, certificate_arn: str, zone_id: str | None) -> None:
        domain = ApiDomain(
            self,
            "Domain",
            api=self.api,
            host=host,
            certificate_arn=certificate_arn,
            zone_id=zone_id,
        )
        self.url, self.target = domain.url, domain.target

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
            throttling_rate_limit=rate_of_all(settings),
            throttling_burst_limit=burst_of_all(settings),
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,  # would log feature values
            access_log_destination=apigateway.LogGroupLogDestination(access),
            access_log_format=_access_log(),
        )

    def _accept_findings(self, *, guarded: bool) -> None:
        nag.accept(
            self.api,
            "AwsSolutions-APIG2",
            because="the functions check requests, so that every mistake is named exactly and in "
            "the form of the protocol it was made in",
        )
        if not guarded:
            nag.accept(
                self.api.deployment_stage,
                "AwsSolutions-APIG3",
                because="a web application firewall costs money at rest; the setting `waf` puts "
                "one in front. Keys, quota and throttle limit what a caller can do",
            )
        role = self.api.node.find_child("CloudWatchRole")
        nag.accept(
            role,
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
            because="API Gateway takes no other policy for the logs of its own",
        )


def _access_log() -> apigateway.AccessLogFormat:
    """Which key asked for what, and how that went: no address, no header, no body."""
    field = apigateway.AccessLogField
    return apigateway.AccessLogFormat.custom(
        json.dumps(
            {
                "requestId": field.context_request_id(),
                "requestTime": field.context_request_time(),
                "httpMethod": field.context_http_method(),
                "resourcePath": field.context_resource_path(),
                "status": field.context_status(),
                "responseLength": field.context_response_length(),
                "responseLatency": field.context_response_latency(),
                "apiKeyId": field.context_identity_api_key_id(),
            }
        )
    )
