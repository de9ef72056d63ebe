"""The limits AWS sets, held before a deployment finds them."""

from __future__ import annotations

import json

import pytest

from stacks.app import LAYERS
from stacks.layers import LAMBDA, build_layer, pack_layer
from stacks.settings import Settings
from stacks.specs import compile_specs
from tests.infrastructure.archives import unpacked_size
from tests.infrastructure.templates import ROOT, Synthesized

KIB, MIB = 1024, 1024 * 1024


def test_a_stack_has_at_most_500_resources(cloud: Synthesized) -> None:
    assert max(len(template["Resources"]) for template in cloud.templates.values()) <= 500


def test_a_template_is_at_most_one_megabyte(cloud: Synthesized) -> None:
    sizes = [path.stat().st_size for path in cloud.folder.glob("*.template.json")]
    assert len(sizes) == len(cloud.templates)
    assert max(sizes) <= 1_000_000


def test_a_function_has_at_most_five_layers(cloud: Synthesized) -> None:
    assert {name for name, each in cloud.functions().items() if len(each["Layers"]) > 5} == set()


def test_the_environment_of_a_function_fits_in_four_kilobytes(cloud: Synthesized) -> None:
    for name, function in cloud.functions().items():
        variables = function["Environment"]["Variables"]
        # An imported value is a name or an ARN: far shorter than the text that imports it.
        assert len(json.dumps(variables)) <= 4 * KIB, name


def test_a_function_runs_at_most_15_minutes(cloud: Synthesized) -> None:
    assert max(each["Timeout"] for each in cloud.functions().values()) <= 900


@pytest.mark.parametrize("function", ["validate", "evaluate"])
def test_what_reads_whole_files_has_all_the_disk_there_is(
    cloud: Synthesized, function: str
) -> None:
    """Lambda gives 512 MiB below /tmp unless asked, and 10,240 at most."""
    assert cloud.functions()[function]["EphemeralStorage"] == {"Size": 10_240}


@pytest.mark.parametrize("function", ["predict", "manage"])
def test_a_function_answers_before_api_gateway_gives_up(cloud: Synthesized, function: str) -> None:
    assert cloud.functions()[function]["Timeout"] < 29


def test_the_workflow_definition_is_at_most_one_megabyte(cloud: Synthesized) -> None:
    assert len(json.dumps(cloud.workflow())) <= 1_000_000


def test_a_state_waits_longer_than_the_function_it_calls(cloud: Synthesized) -> None:
    states = cloud.workflow()["States"]
    for state, function in {
        "ValidateData": "validate",
        "EvaluateModel": "evaluate",
        "RegisterVersion": "register",
        "SetRoute": "route",
        "ConcludeRun": "conclude",
    }.items():
        assert states[state]["TimeoutSeconds"] > cloud.functions()[function]["Timeout"]


def test_the_job_waits_longer_than_all_its_attempts(cloud: Synthesized) -> None:
    job = cloud.only("AWS::Batch::JobDefinition")
    attempts = job["RetryStrategy"]["Attempts"] * job["Timeout"]["AttemptDurationSeconds"]
    workflow = cloud.workflow()
    assert workflow["States"]["TrainModel"]["TimeoutSeconds"] > attempts
    assert workflow["TimeoutSeconds"] > workflow["States"]["TrainModel"]["TimeoutSeconds"]


def test_what_a_state_hands_to_batch_fits_in_8192_characters(cloud: Synthesized) -> None:
    arguments = cloud.workflow()["States"]["TrainModel"]["Arguments"]
    assert "ContainerOverrides" not in arguments
    longest_uri = f"s3://{'b' * 63}/runs/{'m' * 64}/{'r' * 32}/"
    assert len(json.dumps({**arguments["Parameters"], "run_uri": longest_uri})) <= 8192
    assert len("train-" + "r" * 32) <= 128  # the job's name


def test_the_policies_of_a_role_fit_in_10240_characters(cloud: Synthesized) -> None:
    for name, policy in cloud.resources("AWS::IAM::Policy"):
        assert len(json.dumps(policy["PolicyDocument"])) <= 10_240, name


@pytest.mark.slow
def test_each_function_unpacks_to_less_than_250_megabytes(cloud: Synthesized) -> None:
    store = ROOT / "build" / "layers"
    sizes = {
        name: unpacked_size(build_layer(ROOT / "layers" / name, LAMBDA, store)) for name in LAYERS
    }
    specs = compile_specs(ROOT / Settings().models)
    sizes["specs"] = unpacked_size(pack_layer("specs", specs, store))
    for name, function in cloud.functions().items():
        layers = [
            layer
            for reference in function["Layers"]
            for layer in sizes
            if reference["Ref"].lower().startswith(f"layers{layer}")
        ]
        assert len(layers) == len(function["Layers"])
        folder = ROOT / "functions" / name
        own = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert own + sum(sizes[layer] for layer in layers) <= 250 * MIB, name
