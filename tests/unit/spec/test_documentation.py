"""What is published about specs is what the code says."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from perennial.spec import (
    METRICS_OF_TASK,
    PRIMARY_METRIC,
    Algorithm,
    FeatureType,
    Task,
    engineering,
    fairness,
    monitoring,
    rollout,
    schema,
    tuning,
)
from perennial.spec.approval import Approval
from perennial.spec.capture import Capture
from perennial.spec.card import Card
from perennial.spec.privacy import Privacy
from perennial.spec.scoring import Scoring
from perennial.spec.source import parse_spec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "model-spec.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "## Fields": schema.ModelSpec,
    "### `features.<column>`": schema.Feature,
    "### `algorithm`": schema.Estimator,
    "### `data`": schema.DataChecks,
    "### `split`": schema.Split,
    "### `gates[]`": schema.Gate,
    "### `approval`": Approval,
    "### `tuning`": tuning.Tuning,
    "### `tuning.search[]`": tuning.Branch,
    "### `tuning.search[].parameters.<name>`": tuning.Range,
    "### `tuning.cross_validation`": tuning.CrossValidation,
    "### `capture`": Capture,
    "### `card`": Card,
    "### `privacy`": Privacy,
    "### `scoring`": Scoring,
    "### `rollout`": rollout.Rollout,
    "### `rollout.stages[]`": rollout.Stage,
    "### `rollback`": rollout.Rollback,
    "### `monitoring`": monitoring.Monitoring,
    "### `monitoring.drift`": monitoring.Drift,
    "### `monitoring.quality`": monitoring.Quality,
    "### `monitoring.performance`": monitoring.Performance,
    "### `monitoring.endpoint`": monitoring.Endpoint,
    "### `fairness`": fairness.Fairness,
    "### `fairness.gates[]`": fairness.FairnessGate,
    "### `fairness.mitigation`": fairness.Mitigation,
    "### `engineering`": engineering.Engineering,
    "### `engineering.selection`": engineering.Selection,
    "### `outcomes`": monitoring.Outcomes,
    "### `retraining`": monitoring.Retraining,
}


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its own two lines."""
    below = PAGE.split(f"\n{heading}\n", 1)[1]
    lines = re.split(r"\n#+ ", below)[0].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def default_of(field: FieldInfo) -> str:
    value: Any = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "below"
    if field.is_required():
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and value:
        texts = [one.value if isinstance(one, Enum) else one for one in value]
        return ", ".join(f"`{text}`" if text else '`""`' for text in texts)
    if value in (None, "", {}, ()):
        return "none"
    return f"`{value.value if isinstance(value, Enum) else value}`"


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_field_is_documented_with_its_default(heading: str) -> None:
    documented = {row[0].strip("`"): row[1:] for row in table(heading)}
    written = SECTIONS[heading].model_json_schema()["properties"]
    fields = {name: f for name, f in SECTIONS[heading].model_fields.items() if name in written}
    assert documented == {name: [default_of(f), f.description] for name, f in fields.items()}


def test_tasks_are_documented_with_their_metrics() -> None:
    documented = {
        row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in table("### Tasks and metrics")
    }
    assert documented == {
        task.value: [metric.value for metric in METRICS_OF_TASK[task]] for task in Task
    }
    assert all(PRIMARY_METRIC[task] is METRICS_OF_TASK[task][0] for task in Task)


def test_types_and_algorithms_are_documented() -> None:
    below = PAGE.split("### `features.<column>`", 1)[1].split("### ")[0]
    assert all(f"| `{kind.value}` |" in below for kind in FeatureType)
    below = PAGE.split("### `algorithm`", 1)[1].split("### ")[0]
    assert all(f"`{one.value}`" in below for one in Algorithm)


def test_algorithms_are_documented_with_their_tasks() -> None:
    below = PAGE.split("### `algorithm`", 1)[1].split("\n### ")[0]
    lines = below.split("| `name` | Tasks |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [line.strip("| ").split(" | ") for line in lines]
    documented = {row[0].strip("`"): row[1].replace("`", "").split(", ") for row in cells}
    fitting = {one: [task.value for task in one.tasks] for one in Algorithm}
    assert documented == {
        one.value: ["all"] if len(tasks) == len(Task) else tasks for one, tasks in fitting.items()
    }


def test_the_example_is_a_valid_spec() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    assert parse_spec(example[1]).name == "churn"


def test_every_field_has_a_description() -> None:
    for model in SECTIONS.values():
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_the_published_schema_is_current() -> None:
    from cli.specs import json_schema

    published = json.loads((DOCS / "model-spec.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema(), "run: perennial check --schema > docs/model-spec.schema.json"


def test_the_schema_takes_labels_the_way_the_reader_does() -> None:
    published = json.loads((DOCS / "model-spec.schema.json").read_text(encoding="utf-8"))
    kinds = {kind["type"] for kind in published["properties"]["target"]["anyOf"]}
    assert kinds == {"string", "integer", "boolean"}
