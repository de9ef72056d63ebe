"""The stack that looks at models in service, and acts on what it finds."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import App, CfnOutput
from aws_cdk import aws_iam as iam

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.function_schedule import FunctionSchedule
from stacks.constructs.function_workflow import FunctionWorkflow, function_arn, machine_arn
from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.python_function import PythonFunction
from stacks.shared import allow, share
from stacks.storage import StorageStack
from stacks.watch_events import WatchEvents
from stacks.watch_rights import STARTED, grant
from stacks.watched_models import Watched, watch_models
from stacks.workflow import monitoring, retraining, second_look

MISSED = "missed-actions"  # second part of the dead-letter queue's name
_READ_SECONDS = 900  # the longest a function may run
_READ_MEMORY = 3008
_AUDIT_MEMORY = 1769  # one processor, whole
_READ_DISK = 10_240  # MiB, the most there is: a join is divided into files
_ACT_SECONDS = 60
_ACT_MEMORY = 512


class WatchStack(PerennialStack):
    """Monitoring, retraining, and what acts on the alarms of models.

    Attributes:
        functions: the functions of this stack, by folder.
        monitoring: the workflow that reports on a model.
        retraining: the workflow that gathers training data and starts a run.
        missed: events that nobody could work off.
        react_role: the role of what acts, for the key of the topic it tells people by.
        watched: what further stacks of models need of this one.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app,
            "Watch",
            blueprint=blueprint,
            description="Perennial: looks at models in service and acts on what it finds",
        )
        self.add_stack_dependency(storage)
        self._blueprint, self._settings, self._storage = blueprint, blueprint.settings, storage
        self._layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        self.missed = MissedEvents(self, "MissedActions", name=self._settings.function_name(MISSED))
        self.functions = self._functions()
        self.monitoring = self._monitoring()
        self.retraining = self._retraining()
        self._second_look()
        self._schedule_histories()
        grant(self, self.functions, storage, self._settings)
        WatchEvents(
            self,
            "Events",
            settings=self._settings,
            function=self.functions["react"],
            missed=self.missed.queue,
        )
        self.react_role = share(self, "ReactRoleArn", self.functions["react"].role.role_arn)
        own = self._watched()
        watch_models(self, own, blueprint=blueprint, shard=0)
        self.watched = Watched(
            machine_arn=share(self, "ScheduledMachineArn", own.machine_arn).value,
            schedule_role_arn=share(self, "ScheduleRoleArn", own.schedule_role_arn).value,
            missed_arn=share(self, "MissedActionsArn", own.missed_arn).value,
        )
        CfnOutput(self, "MonitoringMachineArn", value=self.monitoring.machine.state_machine_arn)
        CfnOutput(self, "RetrainingMachineArn", value=self.retraining.machine.state_machine_arn)

    def _schedule_histories(self) -> None:
        settings, missed = self._settings, self.missed.queue
        FunctionSchedule(
            self,
            "AnchorSchedule",
            function=self.functions["anchor"],
            every=f"{settings.anchor_minutes}m",
            description="Writes the end of each history down outside of the registry",
            missed=missed,
        )
        FunctionSchedule(
            self,
            "AuditSchedule",
            function=self.functions["audit"],
            every=f"{settings.audit_hours}h",
            description="Audits the histories of all models",
            missed=missed,
        )

    def _functions(self) -> dict[str, PythonFunction]:
        data = {"PERENNIAL_DATA_BUCKET": self._storage.data.name.value}
        base = ("perennial", "runtime", "specs")
        heads = {
            "PERENNIAL_ARTIFACT_BUCKET": self._storage.artifacts.name.value,
            "PERENNIAL_HEADS_BUCKET": self._storage.heads.name.value,
        }
        return {
            "monitor": self._reader("monitor", (*base, "data", "serving"), data | self._billed()),
            "gather": self._reader("gather", (*base, "data"), data),
            "anchor": self._function("anchor", base, heads, _ACT_SECONDS, _ACT_MEMORY),
            "audit": self._function(
                "audit", base, heads, _READ_SECONDS, _AUDIT_MEMORY, missed=True
            ),
            "react": self._function(
                "react", base, self._told(), _ACT_SECONDS, _ACT_MEMORY, missed=True
            ),
        }

    def _billed(self) -> dict[str, str]:
        """How large what a model is billed for was made."""
        return {
            "PERENNIAL_PREDICT_MIB": str(self._settings.predict_memory_mib),
            "PERENNIAL_TRAIN_VCPUS": str(self._settings.train_vcpus),
            "PERENNIAL_TRAIN_GIB": str(self._settings.train_memory_gib),
        }

    def _told(self) -> dict[str, str]:
        """What the function that acts knows of the deployment; other names follow from it."""
        return {
            "PERENNIAL_DATA_BUCKET": self._storage.data.name.value,
            "PERENNIAL_PREFIX": self._settings.prefix.lower(),
            **{
                f"PERENNIAL_{name.upper().replace('-', '_')}_MACHINE": machine_arn(
                    self, self._settings, name
                )
                for name in STARTED
            },
            "PERENNIAL_ALARM_TOPIC": self.format_arn(
                service="sns", resource=self._settings.function_name("alarms")
            ),
        }

    def _sizes(self) -> dict[str, str]:
        """How large things were made whose cost is estimated."""
        settings = self._settings
        return {
            "PERENNIAL_PREDICT_MIB": str(settings.predict_memory_mib),
            "PERENNIAL_TRAIN_VCPUS": str(settings.train_vcpus),
            "PERENNIAL_TRAIN_GIB": str(settings.train_memory_gib),
        }

    def _reader(
        self, name: str, layers: tuple[str, ...], environment: Mapping[str, str]
    ) -> PythonFunction:
        """A function that goes through captures."""
        return self._function(
            name, layers, environment, _READ_SECONDS, _READ_MEMORY, disk=_READ_DISK
        )

    def _function(
        self,
        name: str,
        layers: tuple[str, ...],
        environment: Mapping[str, str],
        timeout: int,
        memory: int,
        *,
        disk: int | None = None,
        missed: bool = False,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name.capitalize(),
            settings=self._settings,
            folder=self._blueprint.function_folder(name),
            layers=self._layers.of(*layers),
            environment={"PERENNIAL_TABLE": self._storage.table.name.value, **environment},
            timeout=timeout,
            memory=memory,
            disk=disk,
            dead_letters=self.missed.queue if missed else None,
        )

    def _monitoring(self) -> FunctionWorkflow:
        return FunctionWorkflow(
            self,
            "Monitoring",
            settings=self._settings,
            name="monitoring",
            definition=monitoring.definition(monitor=_READ_SECONDS + 30, react=_ACT_SECONDS + 15),
            functions={
                "MonitorModel": self.functions["monitor"].arn,
                "ActOnAlarms": self.functions["react"].arn,
            },
        )

    def _retraining(self) -> FunctionWorkflow:
        react = self.functions["react"].arn
        return FunctionWorkflow(
            self,
            "Retraining",
            settings=self._settings,
            name="retraining",
            definition=retraining.definition(gather=_READ_SECONDS + 30, write=_ACT_SECONDS + 15),
            functions={
                "GatherTrainingData": self.functions["gather"].arn,
                "StartTraining": function_arn(self, self._settings, "trigger"),
                "NoteRun": react,
                retraining.GIVE_UP: react,
            },
        )

    def _second_look(self) -> None:
        FunctionWorkflow(
            self,
            "SecondLook",
            settings=self._settings,
            name="second-look",
            definition=second_look.definition(react=_ACT_SECONDS + 15),
            functions={"ActOnAlarms": self.functions["react"].arn},
        )

    def _watched(self) -> Watched:
        role = iam.Role(
            self,
            "ScheduleRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            ),
        )
        machine, queue = self.monitoring.machine.state_machine_arn, self.missed.queue.queue_arn
        allow(role, ["states:StartExecution"], [machine])
        allow(role, ["sqs:SendMessage"], [queue])
        return Watched(machine_arn=machine, schedule_role_arn=role.role_arn, missed_arn=queue)
