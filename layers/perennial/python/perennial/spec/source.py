"""Reads specs from YAML and says, when one is wrong, in which line and what was probably meant."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from perennial.errors import SpecError
from perennial.spec.consistency import Contradictions
from perennial.spec.mistakes import explained, placed
from perennial.spec.pipeline_file import with_source
from perennial.spec.schema import ModelSpec
from perennial.spec.yaml_text import read_mapping


def load_spec(path: Path) -> ModelSpec:
    """Read one spec.

    Raises:
        SpecError: the file is no YAML mapping, or a field is wrong; one line per mistake,
            each with file, line, field and, for a misspelt name, the nearest right one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}:1: cannot be read: {error}") from error
    return parse_spec(text, str(path), path.parent)


def parse_spec(text: str, source: str = "<spec>", folder: Path | None = None) -> ModelSpec:
    """Read one spec from YAML text, and the pipeline file it may name.

    Args:
        text: the YAML.
        source: how messages call it.
        folder: where the pipeline file lies; None leaves it unread.

    Raises:
        SpecError: as `load_spec`.
    """
    document, tree = read_mapping(text, source)
    try:
        spec = ModelSpec.model_validate(document)
        if spec.algorithm.source is not None:
            raise Contradictions([(("algorithm", "source"), "no such field; it is read from file")])
        return spec if folder is None else with_source(spec, folder)
    except Contradictions as error:
        lines = [f"{source}:{placed(tree, *one)}" for one in error.found]
        raise SpecError("\n".join(lines)) from error
    except ValidationError as error:
        mistakes = [
            f"{source}:{mistake}"
            for detail in error.errors(include_url=False)
            for mistake in explained(detail, tree, ModelSpec)
        ]
        raise SpecError("\n".join(dict.fromkeys(mistakes))) from error


def load_specs(folder: Path) -> dict[str, ModelSpec]:
    """Read every `*.yaml` of a folder, by model name.

    Raises:
        SpecError: any of them is wrong (all mistakes of all files at once), or a file is not
            called after its model.
    """
    specs: dict[str, ModelSpec] = {}
    mistakes: list[str] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            spec = load_spec(path)
        except SpecError as error:
            mistakes.append(str(error))
            continue
        if path.name != f"{spec.name}.yaml":
            mistakes.append(
                f"{path}:1: name: is {spec.name!r}, so the file must be {spec.name}.yaml"
            )
        specs[spec.name] = spec
    if mistakes:
        raise SpecError("\n".join(mistakes))
    return specs
