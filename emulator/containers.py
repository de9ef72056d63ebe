"""Which local command stands for a container image.

The one place that maps images to programs. An image `perennial-local/<function>:<tag>` is
`functions/<function>/Dockerfile` of the checkout, run without a container:

| In the image | Here |
|---|---|
| `ENTRYPOINT` and `CMD`, exec form | the command; a job's own command replaces `CMD` |
| `python`, `python3`, with or without a path | the interpreter that runs the emulator |
| `WORKDIR /x` and everything below it | the function's folder; for `/tmp`, one of the job's own |
| `ENV` | passed on, with variables expanded, except `PATH` and `PYTHONPATH` |
| the packages the image installs | `layers/perennial/python`, and the interpreter's own |
"""

import json
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from emulator.errors import UnknownImage

PREFIX: Final = "perennial-local/"
_PYTHON: Final = re.compile(r"^(/\S*/)?python(3(\.\d+)?)?$")

_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True)
class LocalImage:
    """What runs in the place of an image.

    Attributes:
        entry_point: the words that always start the command.
        default_command: the words after them when the job gives none.
        folder: the working directory; None for an empty one of the job's own.
        environment: variables the image sets.
    """

    entry_point: tuple[str, ...]
    default_command: tuple[str, ...]
    folder: Path | None
    environment: dict[str, str]

    def command(self, given: list[str]) -> list[str]:
        """The command line for a job whose definition or overrides give `given`."""
        return [*self.entry_point, *(given or self.default_command)]


def find(image: str, project: Path) -> LocalImage:
    """The local program behind an image name.

    Raises:
        UnknownImage: the name is no local one, or no function folder answers to it.
    """
    function = image.removeprefix(PREFIX).partition(":")[0]
    folder = project / "functions" / function
    dockerfile = folder / "Dockerfile"
    if not image.startswith(PREFIX) or not dockerfile.is_file():
        raise UnknownImage(
            f"CannotPullContainerError: {image}: on this machine an image is named "
            f"{PREFIX}<function>:<tag> and functions/<function>/Dockerfile exists"
        )
    return _read(dockerfile, project)


def _read(dockerfile: Path, project: Path) -> LocalImage:
    folder = dockerfile.parent
    workdir = "/"
    words: dict[str, tuple[str, ...]] = {"ENTRYPOINT": (), "CMD": ()}
    variables: dict[str, str] = {}
    for line in _logical_lines(dockerfile.read_text(encoding="utf-8")):
        instruction, _, rest = line.partition(" ")
        match instruction.upper():
            case "FROM":  # a new stage starts over
                words, variables, workdir = {"ENTRYPOINT": (), "CMD": ()}, {}, "/"
            case "WORKDIR":
                workdir = str(PurePosixPath(workdir) / rest.strip())
            case "ENV":
                for name, value in _assignments(rest).items():
                    variables[name] = _expanded(value, variables)
            case "ENTRYPOINT" | "CMD" as name:
                words[name] = _exec_form(rest, dockerfile)
    variables.pop("PATH", None)
    variables["PYTHONPATH"] = f"{project / 'layers/perennial/python'}:{folder}"
    return LocalImage(
        entry_point=tuple(_local(word, workdir, folder) for word in words["ENTRYPOINT"]),
        default_command=tuple(_local(word, workdir, folder) for word in words["CMD"]),
        folder=None if PurePosixPath(workdir).is_relative_to("/tmp") else folder,  # noqa: S108
        environment=variables,
    )


def _logical_lines(text: str) -> list[str]:
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(kept).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _assignments(rest: str) -> dict[str, str]:
    words = shlex.split(rest)
    if words and "=" not in words[0]:  # the old form: ENV name value
        return {words[0]: " ".join(words[1:])}
    return dict(word.split("=", 1) for word in words)


def _expanded(value: str, variables: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), value)


def _exec_form(rest: str, dockerfile: Path) -> tuple[str, ...]:
    try:
        words = json.loads(rest)
    except ValueError:
        words = None
    if not isinstance(words, list):
        raise UnknownImage(f"{dockerfile}: ENTRYPOINT and CMD must be in exec form, a JSON list")
    return tuple(str(word) for word in words)


def _local(word: str, workdir: str, folder: Path) -> str:
    if _PYTHON.match(word):
        return sys.executable
    if workdir != "/" and word.startswith(workdir + "/"):
        return str(folder / word.removeprefix(workdir + "/"))
    return word
