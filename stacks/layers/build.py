"""Builds a layer's archive, once for each lock file, recipe and platform.

Archives lie in `build/layers`, named by a hash of all that decides their contents. A build that
is interrupted leaves nothing that looks finished; of two at once the second waits.
"""

from __future__ import annotations

import compileall
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode
from tempfile import mkdtemp

from stacks.layers.archive import write_archive
from stacks.layers.install import LayerError, install
from stacks.layers.platform import Platform
from stacks.layers.recipe import Recipe, read_recipe

__all__ = ["LayerError", "build_layer", "pack_layer"]

_FORMAT = 1  # raise it when the same inputs shall give another archive


def build_layer(folder: Path, platform: Platform, store: Path) -> Path:
    """The archive of a layer, built when it is not there yet.

    Args:
        folder: holds `layer.yaml`, and `requirements.lock` or the source folder.
        platform: what the layer shall run on.
        store: where archives are kept.

    Raises:
        LayerError: the packages could not be installed.
    """
    recipe = read_recipe(folder)
    archive = store / f"{folder.name}-{_key(folder, recipe, platform)}.zip"
    if archive.exists():
        return archive
    with _alone(store) as scratch:
        if not archive.exists():  # another build may have made it while we waited
            installed = _installed(folder, recipe, platform, scratch)
            write_archive(_placed(installed, recipe, platform), archive, level=_level(platform))
    return archive


def pack_layer(name: str, files: Mapping[str, bytes], store: Path) -> Path:
    """The archive of a layer of given contents."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file}\0{hashlib.sha256(files[file]).hexdigest()}\n".encode())
    archive = store / f"{name}-{digest.hexdigest()[:16]}.zip"
    if not archive.exists():
        write_archive({PurePosixPath(file): body for file, body in files.items()}, archive)
    return archive


def _key(folder: Path, recipe: Recipe, platform: Platform) -> str:
    inputs = _inputs(folder, recipe)
    parts = [
        _FORMAT,
        recipe.model_dump(mode="json"),
        platform.name,
        platform.runs_our_bytecode,
        _level(platform),
        [(str(name), hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in inputs],
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _inputs(folder: Path, recipe: Recipe) -> list[tuple[PurePosixPath, Path]]:
    if recipe.source is None:
        return [(PurePosixPath("requirements.lock"), folder / "requirements.lock")]
    return [
        (name, path)
        for name, path in _files(folder / recipe.source)
        if "__pycache__" not in name.parts and recipe.place(name) is not None
    ]


def _files(root: Path) -> list[tuple[PurePosixPath, Path]]:
    """Files below a folder with their names in it, sorted."""
    return sorted(
        (PurePosixPath(path.relative_to(root).as_posix()), path)
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    )


def _installed(folder: Path, recipe: Recipe, platform: Platform, scratch: Path) -> Path:
    target = scratch / "installed"
    if recipe.source is not None:
        leave = shutil.ignore_patterns("__pycache__", "*.pyc")
        return Path(shutil.copytree(folder / recipe.source, target, ignore=leave))
    lock = (folder / "requirements.lock").read_text(encoding="utf-8")
    install(lock, recipe.packages, platform, target)
    return target


def _placed(
    installed: Path, recipe: Recipe, platform: Platform
) -> dict[PurePosixPath, Path | bytes]:
    placed: dict[PurePosixPath, Path | bytes] = {}
    for name, path in _files(installed):
        place = recipe.place(name)
        if place is None:
            path.unlink()
        else:
            placed[place] = path
    if recipe.take is None and recipe.bytecode and platform.runs_our_bytecode:
        placed |= {"python" / name: path for name, path in _compiled(installed)}
    return placed


def _compiled(installed: Path) -> list[tuple[PurePosixPath, Path]]:
    """Compile the modules, so that no cold start has to: the layer's folder is read-only there.

    The runtime trusts them without a look at the sources, whose times the archive does not keep.
    """
    compileall.compile_dir(
        installed,
        quiet=2,
        stripdir=str(installed),
        prependdir="/opt/python",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    return [(name, path) for name, path in _files(installed) if path.suffix == ".pyc"]


def _level(platform: Platform) -> int:
    """An archive for this machine is unpacked once; one for Lambda at many cold starts."""
    return 1 if platform.machine is None else 9


@contextmanager
def _alone(store: Path) -> Iterator[Path]:
    """A scratch folder, while no other build runs in this store."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for abandoned in store.glob(".building-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        scratch = Path(mkdtemp(prefix=".building-", dir=store))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
