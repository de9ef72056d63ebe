"""First specs from data: what `perennial init` writes."""

from __future__ import annotations

import re
from pathlib import Path

from cli.exits import CommandError, Exit

_SUFFIXES = (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq")
_LONGEST = 48


def model_name(text: str) -> str:
    """A model's name made of a file's name: lower case, digits and dashes.

    Raises:
        CommandError: nothing of it can stand in a name.
    """
    stem = text
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:_LONGEST].rstrip("-")
    if not name:
        raise CommandError(
            f"{text!r} cannot be made into the name of a model.",
            advice="Give one with --name: lower-case letters, digits and dashes.",
            code=Exit.USAGE,
        )
    return name


def draft(data: Path, target: str, name: str) -> tuple[str, list[str]]:
    """The text of a first spec, and what a person should look at in it, a sentence each.

    Raises:
        UnreadableData: it is no file that can be read.
        DataRejected: there is no such target, or nothing can be learned from the file.
    """
    from perennial.data.infer import infer, render_spec
    from perennial.spec.source import parse_spec

    with data.open("rb") as stream:
        drafted = infer(stream, data.name, target)
    text = render_spec(drafted, name)
    parse_spec(text, f"the spec drafted from {data}")  # what we write, we also accept
    return text, list(drafted.doubts)
