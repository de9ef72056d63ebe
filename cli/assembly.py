"""The templates for the emulator, synthesized anew only when their inputs have changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from cli.cdk import Cdk
from cli.project import Project

# What app.py reads, directly or by import.
_INPUTS = (
    "app.py",
    "cdk.json",
    "functions",
    "layers",
    "package-lock.json",
    "requirements.lock",
    "stacks",
)
_IGNORED = ("__pycache__", ".mypy_cache", ".ruff_cache")


def fingerprint(project: Project, context: dict[str, str]) -> str:
    """SHA-256 over everything the templates depend on, in hexadecimal."""
    digest = hashlib.sha256(json.dumps([str(project.root), context], sort_keys=True).encode())
    for path in _files(project):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path}\0{content}\n".encode())
    return digest.hexdigest()


def _files(project: Project) -> Iterator[Path]:
    for place in (*(project.root / name for name in _INPUTS), project.models):
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in found:
            if path.is_file() and not any(part in _IGNORED for part in path.parts):
                yield path


def current(project: Project, expected: str) -> Path | None:
    """The templates made from the inputs with this fingerprint, if they are there."""
    folder = _folder(project)
    mark = folder / "fingerprint"
    fresh = mark.is_file() and mark.read_text(encoding="utf-8") == expected
    return folder if fresh else None


def synthesize(project: Project, cdk: Cdk, context: dict[str, str], expected: str) -> Path:
    """Make the templates; an interrupted call leaves the former ones untouched.

    Raises:
        CommandError: `cdk synth` failed.
    """
    folder = _folder(project)
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    settings = [part for name, value in context.items() for part in ("-c", f"{name}={value}")]
    cdk.run("synth", "--quiet", "--output", str(fresh), *settings)
    (fresh / "fingerprint").write_text(expected, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder


def _folder(project: Project) -> Path:
    return project.build / "cdk" / "local"
