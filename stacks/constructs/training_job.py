"""AWS Batch on Fargate: where, when and how a model is trained."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks import nag
from stacks.constructs.retention import retention
from stacks.constructs.training_network import TrainingNetwork
from stacks.settings import Settings

ATTEMPTS = 3
_IN_IMAGE = ("functions/train", "layers/perennial/python")


class TrainingJob(Construct):
    """Compute environment, queue and job definition; nothing runs between jobs.

    Attributes:
        queue: where jobs wait.
        definition: the job.
        role: what the container may do.
        log_group: where it logs to.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        network: TrainingNetwork,
        root: Path,
    ) -> None:
        """A job that trains.

        Args:
            scope: the stack.
            id_: the construct's id.
            settings: the deployment's settings.
            network: where it runs.
            root: the checkout, which the image is built from.
        """
        super().__init__(scope, id_)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=settings.log_group_name("train"),
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        self.role = iam.Role(self, "JobRole", assumed_by=tasks)
        self._execution_role = iam.Role(self, "ExecutionRole", assumed_by=tasks)
        environment = batch.FargateComputeEnvironment(
            self,
            "Environment",
            vpc=network.vpc,
            vpc_subnets=network.subnets,
            security_groups=[network.security_group],
            maxv_cpus=settings.train_max_vcpus,
            spot=settings.train_on_spot,
        )
        self.queue = batch.JobQueue(
            self,
            "Queue",
            compute_environments=[
                batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
            ],
        )
        self.definition = batch.EcsJobDefinition(
            self,
            "Definition",
            job_definition_name=settings.function_name("train"),
            container=self._container(settings, network, root),
            parameters={"run_uri": "none"},
            timeout=Duration.minutes(settings.train_timeout_minutes),
            retry_attempts=ATTEMPTS,
            retry_strategies=_retries(),
        )

    def _container(
        self, settings: Settings, network: TrainingNetwork, root: Path
    ) -> batch.EcsFargateContainerDefinition:
        return batch.EcsFargateContainerDefinition(
            self,
            "Container",
            image=self._image(settings, root),
            command=["--run-uri", "Ref::run_uri"],
            cpu=settings.train_vcpus,
            memory=Size.gibibytes(settings.train_memory_gib),
            fargate_cpu_architecture=ecs.CpuArchitecture.ARM64,
            fargate_operating_system_family=ecs.OperatingSystemFamily.LINUX,
            assign_public_ip=network.public_address,
            job_role=self.role,
            execution_role=self._execution_role,
            environment={"LOG_LEVEL": "INFO"},
            logging=ecs.LogDriver.aws_logs(log_group=self.log_group, stream_prefix="train"),
        )

    def _image(self, settings: Settings, root: Path) -> ecs.ContainerImage:
        if settings.local:
            # The emulator runs the entry point of functions/train/Dockerfile as a process.
            return ecs.ContainerImage.from_registry("perennial-local/train:latest")
        nag.accept(
            self._execution_role,
            "AwsSolutions-IAM5[Resource::*]",
            because="ecr:GetAuthorizationToken knows no resource; pulling is limited to one "
            "repository",
        )
        return ecs.ContainerImage.from_asset(
            str(root),
            file="functions/train/Dockerfile",
            platform=ecr_assets.Platform.LINUX_ARM64,
            exclude=["*", *(f"!{folder}" for folder in _IN_IMAGE), "**/__pycache__"],
        )


def _retries() -> list[batch.RetryStrategy]:
    """What passes by itself is tried again: lost capacity, a slow network, a registry that failed.

    A job that ends by itself, out of memory included, would end in the same way again.
    """
    again = [
        batch.Reason.custom(on_status_reason="Your Spot Task was interrupted*"),
        batch.Reason.custom(on_status_reason="Timeout waiting for network interface*"),
        batch.Reason.custom(on_reason="CannotPullContainerError*"),
        batch.Reason.custom(on_reason="ResourceInitializationError*"),
    ]
    return [
        *(batch.RetryStrategy.of(batch.Action.RETRY, reason) for reason in again),
        batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_reason="*")),
    ]
