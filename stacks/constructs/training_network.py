"""Where training jobs run: nothing can reach them, and they can reach what they need."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks import nag
from stacks.settings import Network

_HTTPS = 443
_NEEDED = {  # to pull the image and to write the log
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrImages": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
}


class TrainingNetwork(Construct):
    """A network of two zones.

    Public: tasks have an address for the minutes they live, and a security group that lets
    nothing in. Free at rest. Private: no way to the internet; interface endpoints, paid by the
    hour, lead to the services.

    Attributes:
        vpc: the network.
        subnets: where jobs run.
        security_group: of the jobs.
        public_address: whether a job needs an address to get out.
    """

    def __init__(self, scope: Construct, id_: str, *, network: Network) -> None:
        """Args: network: public or private subnets."""
        super().__init__(scope, id_)
        self.public_address = network is Network.PUBLIC
        kind = ec2.SubnetType.PUBLIC if self.public_address else ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.42.0.0/20"),
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Training",
                    subnet_type=kind,
                    map_public_ip_on_launch=False if self.public_address else None,
                )
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(
                    service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
                ),
            },
            # Would bring a function of CDK's own; nothing is ever put into the default group.
            restrict_default_security_group=False,
        )
        nag.accept(
            self.vpc,
            "AwsSolutions-VPC7",
            because="only training jobs live here, for minutes, and nothing can reach them; flow "
            "logs would cost more than the network",
        )
        self.subnets = ec2.SubnetSelection(subnet_type=kind)
        self.security_group = ec2.SecurityGroup(
            self,
            "Jobs",
            vpc=self.vpc,
            description="Training jobs: nothing in, HTTPS out",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(_HTTPS), "AWS APIs")
        if not self.public_address:
            self._endpoints()

    def _endpoints(self) -> None:
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="Endpoints of AWS services: HTTPS from training jobs",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(self.security_group, ec2.Port.tcp(_HTTPS), "Training jobs")
        for name, service in _NEEDED.items():
            self.vpc.add_interface_endpoint(
                name, service=service, security_groups=[group], subnets=self.subnets, open=False
            )
