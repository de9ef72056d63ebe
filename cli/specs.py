"""Specs as the command line deals with them: files in, mistakes as records out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perennial.errors import SpecError
from perennial.spec import ModelSpec, load_spec

from cli.exits import CommandError, Exit

_PLACE = re.compile(r"^(?P<file>.*?):(?P<line>\d+): (?:(?P<field>[^:]+(?<! )): )?(?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in a spec, and where.

    Attributes:
        file: the spec.
        line: counted from 1.
        field: the field's path, such as `features.age.type`; empty when the file is no spec.
        message: what is wrong, with the nearest right name where there is one.
    """

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {field}{self.message}"

    def as_json(self) -> dict[str, Any]:
        """The mistake as JSON."""
        return asdict(self)


def spec_files(places: Sequence[Path]) -> list[Path]:
    """The specs at some places: a file is itself, a folder the YAML files in it.

    Raises:
        CommandError: a place does not exist, or there is no spec at any of them.
    """
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += sorted([*place.glob("*.yaml"), *place.glob("*.yml")])
        elif place.is_file():
            found.append(place)
        else:
            raise CommandError(f"{place}: no such file.", code=Exit.NOT_FOUND)
    if not found:
        raise CommandError(
            f"No spec in {', '.join(map(str, places))}.",
            advice="`perennial init data.csv --target COLUMN` writes one.",
            code=Exit.NOT_FOUND,
        )
    return found


def read(paths: Iterable[Path]) -> tuple[dict[Path, ModelSpec], list[Mistake]]:
    """Read specs; those without a mistake, and the mistakes of the others.

    A model is found by the name of its file, so a file that is called otherwise is a mistake, as
    are two files of one name.
    """
    good: dict[Path, ModelSpec] = {}
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            spec = load_spec(path)
        except SpecError as error:
            mistakes += mistakes_of(error)
            continue
        if path.name != f"{spec.name}.yaml":
            told = f"is {spec.name!r}, so the file must be {spec.name}.yaml"
            mistakes.append(Mistake(str(path), 1, "name", told))
        good[path] = spec
    return good, mistakes


def mistakes_of(error: SpecError) -> list[Mistake]:
    """The mistakes in the message of an error: one for each line."""
    found: list[Mistake] = []
    for line in str(error).split("\n"):
        place = _PLACE.match(line)
        if place:
            field = place["field"] or ""
            found.append(Mistake(place["file"], int(place["line"]), field, place["text"]))
        else:
            found.append(Mistake("", 0, "", line))
    return found


def spec_of(models: Path, name: str) -> ModelSpec:
    """The spec of a model in this checkout.

    Raises:
        CommandError: there is none of this name.
        SpecError: it has a mistake.
    """
    path = models / f"{name}.yaml"
    if path.is_file():
        return load_spec(path)
    names = sorted(each.stem for each in models.glob("*.yaml"))
    near = difflib.get_close_matches(name, names, n=1)
    raise CommandError(
        f"There is no spec {path.name} in {models}"
        + (f"; did you mean {near[0]}?" if near else "."),
        code=Exit.NOT_FOUND,
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of specs, for editors: `docs/model-spec.schema.json`."""
    schema = ModelSpec.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Perennial model spec",
        **{key: value for key, value in schema.items() if key != "title"},
    }
