"""Synthesized templates as the tests read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Resource = dict[str, Any]


@dataclass(frozen=True)
class Synthesized:
    """What one synth wrote."""

    folder: Path
    templates: dict[str, Any]

    def resources(self, kind: str) -> Iterator[tuple[str, Resource]]:
        """Resources of a type, as `stack/logical id` and their properties."""
        for stack, template in self.templates.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield f"{stack}/{name}", resource.get("Properties", {})

    def all_resources(self) -> Iterator[tuple[str, Resource]]:
        """Every resource, whole."""
        for stack, template in self.templates.items():
            for name, resource in template["Resources"].items():
                yield f"{stack}/{name}", resource

    def only(self, kind: str) -> Resource:
        """The properties of the only resource of a type."""
        ((_, properties),) = self.resources(kind)
        return properties

    def functions(self) -> dict[str, Resource]:
        """Lambda functions by the folder they come from."""
        return {
            properties["FunctionName"].removeprefix("perennial-"): properties
            for _, properties in self.resources("AWS::Lambda::Function")
        }

    def statements_of(self, role: str) -> list[dict[str, Any]]:
        """The policy statements of a role, given by its logical id."""
        return [
            statement
            for _, policy in self.resources("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def role_of(self, function: str) -> str:
        """The logical id of a function's role."""
        role: str = self.functions()[function]["Role"]["Fn::GetAtt"][0]
        return role

    def machine(self, name: str = "training") -> Resource:
        """The properties of a state machine, by the second word of its name."""
        (found,) = [
            properties
            for _, properties in self.resources("AWS::StepFunctions::StateMachine")
            if properties["StateMachineName"].endswith(f"-{name}")
        ]
        return found

    def workflow(self) -> dict[str, Any]:
        """The definition of the training workflow."""
        machine = self.machine()
        definition: dict[str, Any] = json.loads(machine["DefinitionString"])
        return definition


def read(folder: Path) -> Synthesized:
    """The templates a synth left in a folder."""
    return Synthesized(
        folder,
        {
            path.name.removesuffix(".template.json"): json.loads(path.read_text("utf-8"))
            for path in sorted(folder.glob("*.template.json"))
        },
    )


def as_list(value: Any) -> list[Any]:
    """What IAM lets one write as a single value or as a list."""
    return value if isinstance(value, list) else [value]
