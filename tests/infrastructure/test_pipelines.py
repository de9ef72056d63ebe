"""What a deployment has where a spec asks for a user's pipeline, and what others are spared."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stacks.app import LAYERS, build_app
from stacks.constructs.pipeline_function import FOLDER, LAYER
from stacks.layers import LAMBDA, build_layer, pack_layer
from stacks.specs import compile_specs, uses_pipelines
from tests.infrastructure.archives import unpacked_size
from tests.infrastructure.conftest import archives
from tests.infrastructure.templates import ROOT, Synthesized, as_list, read

EXAMPLES = ROOT / "examples" / "pipelines"
MIB = 1_048_576


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The templates of a deployment with a pipeline; cdk-nag's findings make this fail."""
    folder = tmp_path_factory.mktemp("pipelines")
    layers = {**archives("cloud", folder), LAYER: pack_layer(LAYER, {"layer": b"s"}, folder)}
    app = build_app(ROOT, {"target": "cloud"}, outdir=folder / "cdk.out", archives=layers)
    app.synth()
    return read(folder / "cdk.out")


def asks(synthesized: Synthesized) -> set[str]:
    """The functions that may ask the one for pipelines."""
    return {
        name
        for name in synthesized.functions()
        for statement in synthesized.statements_of(synthesized.role_of(name))
        if f"perennial-{FOLDER}" in str(statement["Resource"])
        and as_list(statement["Action"]) == ["lambda:InvokeFunction"]
    }


def test_specs_decide_whether_there_is_a_function_for_pipelines() -> None:
    assert uses_pipelines(compile_specs(EXAMPLES))
    assert not uses_pipelines(compile_specs(ROOT / "models"))


def test_without_a_pipeline_nobody_has_its_function_its_layer_or_a_right_to_it(
    cloud: Synthesized,
) -> None:
    assert FOLDER not in cloud.functions()
    assert asks(cloud) == set()
    for name, function in cloud.functions().items():
        assert "PERENNIAL_PIPELINE_FUNCTION" not in function["Environment"]["Variables"], name
    assert not [n for n, _ in cloud.resources("AWS::Lambda::LayerVersion") if "Sklearn" in n]


def test_who_answers_or_scores_may_ask_the_function_for_pipelines_and_nobody_else(
    pipelines: Synthesized,
) -> None:
    assert asks(pipelines) == {"predict", "shadow", "evaluate", "score"}
    for name in asks(pipelines):
        variables = pipelines.functions()[name]["Environment"]["Variables"]
        assert variables["PERENNIAL_PIPELINE_FUNCTION"] == f"perennial-{FOLDER}"


def test_a_file_for_a_pipeline_is_planned_only_where_there_is_its_function(
    cloud: Synthesized, pipelines: Synthesized
) -> None:
    told = "PERENNIAL_PIPELINES"
    assert told in pipelines.functions()["plan"]["Environment"]["Variables"]
    assert told not in cloud.functions()["plan"]["Environment"]["Variables"]


def test_the_other_function_answers_long_before_its_time_is_up(pipelines: Synthesized) -> None:
    """Of the stretches of rows in an answer, the last may take as long as all before it."""
    from perennial.pipelines.answering import SECONDS

    assert pipelines.functions()[FOLDER]["Timeout"] > 3 * SECONDS


def test_errors_of_the_function_for_pipelines_are_seen(pipelines: Synthesized) -> None:
    """On the dashboard; who asked it answers 503, or fails its run, and both are watched."""
    boards = [
        each["DashboardBody"] for _, each in pipelines.resources("AWS::CloudWatch::Dashboard")
    ]
    assert f"perennial-{FOLDER}" in json.dumps(boards)
    alarms = [alarm.get("MetricName") for _, alarm in pipelines.resources("AWS::CloudWatch::Alarm")]
    assert {"5XXError", "ExecutionsFailed", "LoadFailures"} <= {*alarms}


def test_the_layer_for_pipelines_is_on_their_function_alone(pipelines: Synthesized) -> None:
    have = {
        name
        for name, function in pipelines.functions().items()
        if any("Sklearn" in layer["Ref"] for layer in function["Layers"])
    }
    assert have == {FOLDER}


def test_the_caller_waits_longer_than_the_function_may_run(pipelines: Synthesized) -> None:
    from perennial.adapters.lean_lambda import READ_TIMEOUT

    functions = pipelines.functions()
    assert functions[FOLDER]["Timeout"] < READ_TIMEOUT < functions["predict"]["Timeout"]


def test_pipelines_are_trained_and_served_by_the_same_versions() -> None:
    pinned = re.compile(r"^(numpy|pandas|scikit-learn|scipy|xgboost-cpu)==(\S+.*?)(?: \\)?$", re.M)
    trained, served = (
        set(pinned.findall((ROOT / place / "requirements.lock").read_text("utf-8")))
        for place in ("functions/train", f"layers/{LAYER}")
    )
    assert trained == served
    assert len({name for name, _ in served}) == 5


@pytest.mark.slow
def test_the_function_for_pipelines_unpacks_to_less_than_250_megabytes() -> None:
    store = ROOT / "build" / "layers"
    assert "perennial" in LAYERS
    sizes = [
        unpacked_size(build_layer(ROOT / "layers" / name, LAMBDA, store))
        for name in ("perennial", LAYER)
    ]
    folder = ROOT / "functions" / FOLDER
    own = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    assert own + sum(sizes) <= 245 * MIB  # the rest is for specs
