"""The stack that turns an uploaded file into a version in service."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import App, ArnFormat, CfnOutput

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.alarm_topic import topic_arn
from stacks.constructs.event_rule import BadEndTrigger
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.function_workflow import function_arn, machine_arn
from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.pipeline_function import let_ask
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.rollout_release import NAME as ROLLOUTS
from stacks.constructs.run_tracking import RunTracking
from stacks.constructs.training_job import ATTEMPTS, TrainingJob
from stacks.constructs.training_network import TrainingNetwork
from stacks.constructs.training_workflow import TrainingWorkflow
from stacks.constructs.upload_queue import read_uploads
from stacks.shared import allow
from stacks.storage import StorageStack
from stacks.training_rights import grant
from stacks.workflow.approval import ASKING
from stacks.workflow.training import Timeouts

_READ_SECONDS = 900  # the longest a function may run
_READ_DISK = 10_240  # MiB, the most there is: a Parquet upload and its dataset lie side by side
_WRITE_SECONDS = 60
_WRITE_MEMORY = 512
_REGISTER_MEMORY = 1769  # a processor: an artifact is held whole, and answers its golden rows
_TUNE_MEMORY = 1024  # what imports Optuna in a second
_QUEUE_SECONDS = 3600  # how long a job may wait for capacity


class TrainingStack(PerennialStack):
    """Trigger, workflow and job.

    Attributes:
        functions: the functions of this stack, by folder.
        workflow: the state machine.
        job: what trains.
        missed: events that nobody could work off.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app,
            "Training",
            blueprint=blueprint,
            description="Perennial: from an uploaded file to a version in service",
        )
        self.add_stack_dependency(storage)
        self._blueprint, self._settings, self._storage = blueprint, blueprint.settings, storage
        self._layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        self._machine_name = self._settings.function_name("training")
        self.missed = MissedEvents(
            self, "MissedEvents", name=self._settings.function_name("missed-events")
        )
        self.functions = self._functions()
        self.job = self._job()
        self.workflow = self._workflow()
        grant(self.functions, self.job, storage, self._machine_arn, self._settings)
        allow(self.functions["route"].role, ["states:StartExecution"], [self._rollouts_arn])
        # A rollout may wait for people, too, and for a newer version that supersedes its own.
        allow(self.functions["approve"].role, ["states:SendTaskSuccess"], [self._rollouts_arn])
        if storage.privacy_key is not None:
            storage.privacy_key.give(self.functions["validate"])
        if blueprint.pipelines:
            let_ask(self.functions["evaluate"], self._settings)
        self._triggers()
        self._track()
        self._outputs()

    def _functions(self) -> dict[str, PythonFunction]:
        settings, storage = self._settings, self._storage
        writes = {
            "PERENNIAL_DATA_BUCKET": storage.data.name.value,
            "PERENNIAL_CODE_VERSION": self._blueprint.code_version,
            **({"PERENNIAL_COMMIT": settings.commit} if settings.commit else {}),
        }
        registers = {"PERENNIAL_ARTIFACT_BUCKET": storage.artifacts.name.value}
        starts = {"PERENNIAL_STATE_MACHINE": self._machine_arn}
        base = ("perennial", "runtime")
        read = (*base, "data", "specs")
        return {
            "validate": self._reader("validate", read, writes, settings.validate_memory_mib),
            "evaluate": self._reader(
                "evaluate", (*read, "serving"), {}, settings.evaluate_memory_mib
            ),
            "card": self._reader("card", (*read, "serving"), {}, settings.evaluate_memory_mib),
            "tune": self._function(
                "tune", (*base, "tuning"), self._job_size(), memory=_TUNE_MEMORY
            ),
            "register": self._function("register", base, registers, memory=_REGISTER_MEMORY),
            "route": self._function(
                "route", (*base, "specs"), {"PERENNIAL_STATE_MACHINE": self._rollouts_arn}
            ),
            "approve": self._function(
                "approve", (*base, "specs"), {"PERENNIAL_ALARM_TOPIC": topic_arn(self, settings)}
            ),
            "conclude": self._function("conclude", base, starts),
            "trigger": self._function("trigger", (*base, "specs"), starts),
        }

    def _job_size(self) -> dict[str, str]:
        return {
            "PERENNIAL_TRAIN_VCPUS": str(self._settings.train_vcpus),
            "PERENNIAL_TRAIN_GIB": str(self._settings.train_memory_gib),
        }

    def _reader(
        self, name: str, layers: tuple[str, ...], environment: Mapping[str, str], memory: int
    ) -> PythonFunction:
        """A function that goes through a whole file."""
        return self._function(name, layers, environment, _READ_SECONDS, memory, _READ_DISK)

    def _function(
        self,
        name: str,
        layers: tuple[str, ...],
        environment: Mapping[str, str] | None = None,
        timeout: int = _WRITE_SECONDS,
        memory: int = _WRITE_MEMORY,
        disk: int | None = None,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name.capitalize(),
            settings=self._settings,
            folder=self._blueprint.function_folder(name),
            layers=self._layers.of(*layers),
            environment={
                "PERENNIAL_TABLE": self._storage.table.name.value,
                **(environment or {}),
            },
            timeout=timeout,
            memory=memory,
            disk=disk,
            dead_letters=self.missed.queue if name in ("trigger", "conclude") else None,
        )

    def _job(self) -> TrainingJob:
        network = TrainingNetwork(self, "Network", network=self._settings.network)
        return TrainingJob(
            self, "Train", settings=self._settings, network=network, root=self._blueprint.root
        )

    def _workflow(self) -> TrainingWorkflow:
        train = ATTEMPTS * self._settings.train_timeout_minutes * 60 + _QUEUE_SECONDS
        return TrainingWorkflow(
            self,
            "Workflow",
            settings=self._settings,
            name=self._machine_name,
            functions={
                "ValidateData": self.functions["validate"].arn,
                "ProposeTrials": self.functions["tune"].arn,
                "EvaluateModel": self.functions["evaluate"].arn,
                "RegisterVersion": self.functions["register"].arn,
                "WriteCard": self.functions["card"].arn,
                "SetRoute": self.functions["route"].arn,
                "SetApprovedRoute": self.functions["route"].arn,
                **dict.fromkeys(ASKING, self.functions["approve"].arn),
                "ConcludeRun": self.functions["conclude"].arn,
                "ProveRoute": function_arn(self, self._settings, "prove"),
            },
            job=self.job,
            timeouts=Timeouts(
                read=_READ_SECONDS + 30,
                write=_WRITE_SECONDS + 15,
                train=train,
                queue=_QUEUE_SECONDS,
            ),
        )

    def _triggers(self) -> None:
        read_uploads(self.functions["trigger"], self._storage.uploads.value)
        BadEndTrigger(
            self,
            "BadEnd",
            machine_arn=self.workflow.machine.state_machine_arn,
            function=self.functions["conclude"],
            missed=self.missed.queue,
        )

    def _track(self) -> None:
        tracking = RunTracking(
            self,
            "Tracking",
            blueprint=self._blueprint,
            storage=self._storage,
            layers=self._layers.of("perennial", "runtime"),
            machine_arn=self.workflow.machine.state_machine_arn,
            missed=self.missed.queue,
        )
        self.functions["track"] = tracking.function

    def _outputs(self) -> None:
        CfnOutput(self, "StateMachineArn", value=self.workflow.machine.state_machine_arn)
        CfnOutput(self, "JobQueueArn", value=self.job.queue.job_queue_arn)
        CfnOutput(self, "JobLogGroupName", value=self.job.log_group.log_group_name)

    @property
    def _rollouts_arn(self) -> str:
        return machine_arn(self, self._settings, ROLLOUTS)

    @property
    def _machine_arn(self) -> str:
        """Put together, not referred to: the workflow itself refers to the function it calls."""
        return self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self._machine_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
