"""Where things lie in a checkout: every path the command reads or writes is spelled here only."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from cli.exits import CommandError, Exit


@dataclass(frozen=True, slots=True)
class Project:
    """One checkout of Perennial.

    Attributes:
        root: the folder with `cdk.json`.
        state: what the emulator of this checkout keeps, its record included.
    """

    root: Path
    state: Path

    @property
    def models(self) -> Path:
        """The specs that are deployed: the folder that the setting `models` names."""
        return self.root / settings().get("models", "models")

    @property
    def model_names(self) -> list[str]:
        """What the specs are called."""
        return sorted(path.stem for path in self.models.glob("*.yaml"))

    @property
    def build(self) -> Path:
        """Everything that can be made again."""
        return self.root / "build"

    @property
    def reports(self) -> Path:
        """Reports of runs, fetched so that a person can open them."""
        return self.build / "reports"

    def shown(self, path: Path) -> str:
        """A path as a person at the prompt would type it."""
        try:
            return str(path.resolve().relative_to(Path.cwd()))
        except ValueError:
            return str(path)


def current() -> Project:
    """The checkout this command was installed from.

    `PERENNIAL_STATE` names another folder for the emulator's state, so that a test or a second
    emulator does not meet the first.
    """
    root = Path(__file__).resolve().parent.parent
    state = os.environ.get("PERENNIAL_STATE")
    return Project(root, Path(state).resolve() if state else root / "build" / "emulator")


def settings() -> dict[str, str]:
    """Settings of the deployment that the environment chooses, beside those in `cdk.json`.

    `PERENNIAL_SETTINGS` has them as words `name=value`.

    Raises:
        CommandError: it has something else.
    """
    words = shlex.split(os.environ.get("PERENNIAL_SETTINGS", ""))
    wrong = [word for word in words if not word.partition("=")[1]]
    if wrong:
        raise CommandError(
            f"PERENNIAL_SETTINGS has {wrong[0]!r}, which is not name=value", code=Exit.USAGE
        )
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def time_scale() -> float:
    """How many times faster the emulator's alarms, schedules and waits run.

    `PERENNIAL_TIME_SCALE` says it for an emulator that is started; otherwise 1.

    Raises:
        CommandError: it is no number above 0.
    """
    told = os.environ.get("PERENNIAL_TIME_SCALE") or "1"
    try:
        scale = float(told)
    except ValueError:
        scale = 0.0
    if not 0 < scale < float("inf"):
        raise CommandError(
            f"PERENNIAL_TIME_SCALE has {told!r}, which is no number above 0", code=Exit.USAGE
        )
    return scale
