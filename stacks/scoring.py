"""The stack that scores whole files."""

from __future__ import annotations

from aws_cdk import App, CfnOutput
from perennial.registry.layout import SCORE, SCORING

from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.event_rule import BadEndTrigger, UploadTrigger
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.missed_events import MissedEvents
from stacks.constructs.pipeline_function import let_ask
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.scoring_workflow import ScoringWorkflow
from stacks.shared import allow
from stacks.storage import StorageStack

_SECONDS = 900  # the longest a function may run
_DISK = 10_240  # MiB, the most there is: row groups of a Parquet file, or a whole result
_SUBMIT_SECONDS, _SUBMIT_MEMORY = 60, 512
_ARTIFACTS = "artifacts/"


class ScoringStack(PerennialStack):
    """Functions and workflow of file scoring.

    Attributes:
        functions: the functions of this stack, by folder.
        workflow: the state machine.
        missed: events that nobody could work off.
    """

    def __init__(self, app: App, *, blueprint: Blueprint, storage: StorageStack) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry."""
        super().__init__(
            app,
            "Scoring",
            blueprint=blueprint,
            description="Perennial: from an uploaded file to its predictions",
        )
        self.add_stack_dependency(storage)
        self._blueprint, self._settings, self._storage = blueprint, blueprint.settings, storage
        self._layers = FunctionLayers(self, "Layers", archives=blueprint.archives)
        self.missed = MissedEvents(
            self, "MissedEvents", name=self._settings.function_name("missed-scorings")
        )
        base = ("perennial", "runtime")
        table = {"PERENNIAL_TABLE": storage.table.name.value}
        runs = {"PERENNIAL_PIPELINES": "1"} if blueprint.pipelines else {}
        called = {
            "plan": self._reader("plan", (*base, "data", "serving", "specs"), table | runs),
            "score": self._reader("score", (*base, "data", "serving"), {}),
            "collect": self._reader("collect", (*base, "data"), {}, late=True),
        }
        self.workflow = ScoringWorkflow(
            self,
            "Workflow",
            settings=self._settings,
            functions={
                "PlanChunks": called["plan"],
                "ScoreChunk": called["score"],
                "CollectScores": called["collect"],
            },
            bucket=storage.data,
            timeout=_SECONDS + 30,
        )
        self.functions = {**called, "submit": self._submit(base)}
        self._grant()
        if storage.privacy_key is not None:
            storage.privacy_key.give(called["score"])
        if blueprint.pipelines:
            let_ask(called["score"], self._settings)
        self._triggers()
        CfnOutput(self, "ScoringMachineArn", value=self.workflow.machine.state_machine_arn)

    def _reader(
        self, name: str, layers: tuple[str, ...], environment: dict[str, str], *, late: bool = False
    ) -> PythonFunction:
        """A function that goes through a file or a part of it; `late` ones are called by events."""
        return PythonFunction(
            self,
            name.capitalize(),
            settings=self._settings,
            folder=self._blueprint.function_folder(name),
            layers=self._layers.of(*layers),
            environment=environment,
            timeout=_SECONDS,
            memory=self._settings.score_memory_mib,
            disk=_DISK,
            dead_letters=self.missed.queue if late else None,
        )

    def _submit(self, layers: tuple[str, ...]) -> PythonFunction:
        submit = PythonFunction(
            self,
            "Submit",
            settings=self._settings,
            folder=self._blueprint.function_folder("submit"),
            layers=self._layers.of(*layers),
            environment={"PERENNIAL_STATE_MACHINE": self.workflow.machine.state_machine_arn},
            timeout=_SUBMIT_SECONDS,
            memory=_SUBMIT_MEMORY,
            dead_letters=self.missed.queue,
        )
        allow(submit.role, ["states:StartExecution"], [self.workflow.machine.state_machine_arn])
        return submit

    def _grant(self) -> None:
        data, artifacts = self._storage.data, self._storage.artifacts
        plan, score, collect = (self.functions[name].role for name in ("plan", "score", "collect"))
        self._storage.table.allow_route(plan)
        for role in (plan, score):
            data.allow_read(role, SCORE, SCORING)
            data.allow_read_versions(role, SCORE)
            data.allow_list(role, SCORE, SCORING)
            data.allow_write(role, SCORING)
            artifacts.allow_read(role, _ARTIFACTS)
            artifacts.allow_list(role, _ARTIFACTS)
        data.allow_read(collect, SCORE, SCORING)
        data.allow_list(collect, SCORE, SCORING)
        data.allow_write(collect, SCORE, SCORING)
        self.workflow.allow_look(collect)

    def _triggers(self) -> None:
        UploadTrigger(
            self,
            "Upload",
            bucket=self._storage.data,
            prefix=SCORE,
            function=self.functions["submit"],
            missed=self.missed.queue,
            starts="the scoring of a file",
        )
        BadEndTrigger(
            self,
            "BadEnd",
            machine_arn=self.workflow.arn,
            function=self.functions["collect"],
            missed=self.missed.queue,
        )
