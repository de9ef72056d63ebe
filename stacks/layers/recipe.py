"""What goes into a layer: `layer.yaml` beside its lock file."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import yaml
from pydantic import BaseModel, ConfigDict


class Recipe(BaseModel):
    """The choices of one layer.

    Attributes:
        packages: what to install of the lock file; None means all of it.
        source: a folder beside the recipe that goes in as it is, instead of packages.
        take: which files to keep and the layer's folder they go to. Left out, everything goes
            to `python/`, where the runtime looks for modules.
        leave_out: patterns of files nobody needs at run time.
        bytecode: whether compiled modules go beside the others, where they are of use.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    packages: tuple[str, ...] | None = None
    source: str | None = None
    take: dict[str, str] | None = None
    leave_out: tuple[str, ...] = ()
    bytecode: bool = True

    def place(self, file: PurePosixPath) -> PurePosixPath | None:
        """Where an installed file belongs in the layer; None when it is left out."""
        if any(fnmatchcase(str(file), pattern) for pattern in self.leave_out):
            return None
        if self.take is None:
            return "python" / file
        for pattern, folder in self.take.items():
            if fnmatchcase(str(file), pattern):
                return PurePosixPath(folder) / file.name
        return None


def read_recipe(folder: Path) -> Recipe:
    """The recipe of the layer in a folder."""
    text = (folder / "layer.yaml").read_text(encoding="utf-8")
    return Recipe.model_validate(yaml.safe_load(text))
