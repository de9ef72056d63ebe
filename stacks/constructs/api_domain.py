"""The API under a host name of one's own."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct


class ApiDomain(Construct):
    """A host name with TLS 1.2 or newer that leads to the stage, without its name in the path.

    Attributes:
        url: where the API is.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        api: apigateway.RestApi,
        host: str,
        certificate_arn: str,
        zone_id: str | None,
    ) -> None:
        """A host name.

        Args:
            scope: the stack.
            id_: the construct's id.
            api: what it leads to.
            host: the name.
            certificate_arn: of a certificate for it, in the same region.
            zone_id: the zone that gets a record; None: somebody else makes one.
        """
        super().__init__(scope, id_)
        domain = apigateway.DomainName(
            self,
            "Name",
            domain_name=host,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", certificate_arn),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
            mapping=api,
        )
        self.url = f"https://{host}/"
        self.target = domain.domain_name_alias_domain_name
        if zone_id:
            route53.ARecord(
                self,
                "Record",
                zone=route53.HostedZone.from_hosted_zone_attributes(
                    self, "Zone", hosted_zone_id=zone_id, zone_name=host
                ),
                target=route53.RecordTarget.from_alias(targets.ApiGatewayDomain(domain)),
            )
