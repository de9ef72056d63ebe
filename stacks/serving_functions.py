"""The functions behind the API: what each is made of, is told and may do."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack

from stacks.access_settings import Auth
from stacks.blueprint import Blueprint, PerennialStack
from stacks.constructs.capture import CapturePath
from stacks.constructs.function_layers import FunctionLayers
from stacks.constructs.function_workflow import machine_arn
from stacks.constructs.outcomes import OutcomePath
from stacks.constructs.pipeline_function import FOLDER, LAYER, PipelineFunction, let_ask
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.shadow_function import FOLDER as SHADOW
from stacks.constructs.shadow_function import ShadowFunction
from stacks.settings import Settings
from stacks.shared import allow
from stacks.storage import StorageStack

_PREDICT_SECONDS = 25  # API Gateway gives up after 29
_SECONDS = 15
_MEMORY = 512
_ARTIFACTS = "artifacts/"
# What makes pseudonyms of what callers send, where a spec names persons.
_ABOUT_PERSONS = ("predict", SHADOW, FOLDER, "outcome", "record", "control")


def serving_functions(
    stack: PerennialStack, *, blueprint: Blueprint, storage: StorageStack
) -> dict[str, PythonFunction]:
    """Make the functions of the serving stack, by folder, with their rights.

    Args:
        stack: gets them.
        blueprint: the deployment.
        storage: buckets and registry.
    """
    settings = blueprint.settings
    layers = FunctionLayers(stack, "Layers", archives=blueprint.archives)
    told = {"PERENNIAL_TABLE": storage.table.name.value, **_origins(settings.cors_origins)}
    functions = {
        "predict": PythonFunction(
            stack,
            "Predict",
            settings=settings,
            folder=blueprint.function_folder("predict"),
            layers=layers.of("perennial", "serving", "specs"),
            environment=told,
            timeout=_PREDICT_SECONDS,
            memory=settings.predict_memory_mib,
            snap_start=settings.snap_start,
        )
    }
    for name in ("manage", "control"):
        functions[name] = PythonFunction(
            stack,
            name.capitalize(),
            settings=settings,
            folder=blueprint.function_folder(name),
            layers=layers.of("perennial", "runtime", "specs"),
            environment=told
            | (_documented(settings.auth) if name == "manage" else _workflows(stack, settings)),
            timeout=_SECONDS,
            memory=_MEMORY,
        )
    _grant(functions, storage, settings)
    capture = CapturePath(
        stack,
        "Capture",
        settings=settings,
        folder=blueprint.function_folder("capture"),
        layers=layers.of("perennial", "data", "runtime", "specs"),
        bucket=storage.data,
    )
    capture.take_from(functions["predict"])
    functions["capture"] = capture.writer
    shadows = ShadowFunction(
        stack,
        "Shadows",
        settings=settings,
        folder=blueprint.function_folder(SHADOW),
        layers=layers.of("perennial", "serving", "specs"),
        environment={},
        artifacts=storage.artifacts,
    )
    shadows.take_from(functions["predict"])
    capture.take_from(shadows.shadow)
    functions[SHADOW] = shadows.shadow
    outcomes = OutcomePath(
        stack,
        "Outcomes",
        settings=settings,
        folders=(blueprint.function_folder("outcome"), blueprint.function_folder("record")),
        layers=(
            layers.of("perennial", "runtime", "specs"),
            layers.of("perennial", "data", "runtime", "specs"),
        ),
        environment=told,
        storage=storage,
    )
    functions |= {"outcome": outcomes.door, "record": outcomes.writer}
    if blueprint.pipelines:
        pipelines = PipelineFunction(
            stack,
            "Pipelines",
            settings=settings,
            folder=blueprint.function_folder(FOLDER),
            layers=layers.of("perennial", LAYER, "specs"),
            environment=told,
            table=storage.table,
            artifacts=storage.artifacts,
            data=storage.data,
        )
        capture.take_from(pipelines.serving)
        shadows.take_from(pipelines.serving)
        for name in ("predict", SHADOW):
            let_ask(functions[name], settings)
        functions[FOLDER] = pipelines.serving
    if storage.privacy_key is not None:
        about_persons = [one for name, one in functions.items() if name in _ABOUT_PERSONS]
        storage.privacy_key.give(*about_persons)
    return functions


def _origins(origins: tuple[str, ...]) -> dict[str, str]:
    return {"PERENNIAL_CORS_ORIGINS": ",".join(origins)} if origins else {}


def _documented(auth: Auth) -> dict[str, str]:
    """What the API's document says that callers show."""
    return {} if auth is Auth.KEY else {"PERENNIAL_AUTH": auth.value}


def _workflows(stack: Stack, settings: Settings) -> dict[str, str]:
    """What operators start, by the variable that names it."""
    return {
        f"PERENNIAL_{name.upper()}_MACHINE": machine_arn(stack, settings, name)
        for name in ("rollback", "rollout", "forget")
    }


def _grant(
    functions: Mapping[str, PythonFunction], storage: StorageStack, settings: Settings
) -> None:
    predict, manage = functions["predict"].role, functions["manage"].role
    storage.table.allow_route(predict)
    storage.artifacts.allow_read(predict, _ARTIFACTS)
    storage.table.allow(manage, "GetItem", "Query")
    storage.table.allow_index(manage)
    storage.artifacts.allow_read(manage, _ARTIFACTS)
    # Setting a route is a transaction of the route and its line of history.
    control = functions["control"]
    storage.table.allow(control.role, "GetItem", "Query", "PutItem", "UpdateItem")
    machines = _workflows(Stack.of(control), settings)
    waiting = [machine_arn(Stack.of(control), settings, name) for name in ("training", "rollout")]
    allow(control.role, ["states:SendTaskSuccess"], waiting)
    allow(control.role, ["states:StartExecution"], list(machines.values()))
