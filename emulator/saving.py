"""The state on disk: written whole, by one writer at a time, and without what lies there anyway.

MiniStack writes a service's state as one JSON document, the contents of layers in it as text; each
stack publishes its own layers, so that a save took seconds in which nothing was answered. Here a
layer's contents lie in a file of their digest, as those of functions do, and the documents are
written by the fast encoder.
"""

import json
import logging
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Final

from emulator import seams

_log = logging.getLogger("emulator")
_saving = threading.Lock()
_KEPT: Final = "emulator_layer"  # marks contents that lie in a file; its value is their digest

State = dict[str, Any]


def install(folder: Path) -> None:
    """Save as this module says, the contents of layers below `folder`."""
    _one_save_at_a_time()
    _encode_at_once()
    _keep_layers(folder)


def save() -> None:
    """Write the state of every service."""
    with _saving:
        for name, state_of in seams.get("app:_build_persistence_save_dict")().items():
            try:
                state = state_of()
            except RuntimeError:
                # A store changed while it was copied; the next round gets it.
                _log.info("state of %s not saved this time", name)
                continue
            if state is not None:
                seams.get("core.persistence:save_state")(name, state)


def _one_save_at_a_time() -> None:
    """Let MiniStack's save at the end wait for one of ours that is still under way.

    Both write through the same file beside the state's own; at once, they write into one another,
    and the next start finds no functions.
    """
    save_all = seams.get("app:save_all")

    def alone(services: dict[str, Callable[[], Any]]) -> None:
        with _saving:
            save_all(services)

    seams.replace("app:save_all", alone)


def _encode_at_once() -> None:
    """MiniStack has documents encoded piece by piece, which takes ten times as long."""

    def dump(document: object, file: IO[str], *, default: Callable[[object], object]) -> None:
        file.write(json.dumps(document, default=default))

    stand_in = SimpleNamespace(
        dump=dump, load=json.load, dumps=json.dumps, JSONDecodeError=json.JSONDecodeError
    )
    seams.replace("core.persistence:json", stand_in)


def _keep_layers(folder: Path) -> None:
    """Name the contents of layers by their digest in the state of functions."""

    def state() -> State:
        told: State = state_of()
        kept = {_keep(version, folder) for version in _versions(told["layers"])}
        for path in folder.glob("*.zip"):
            if path.stem not in kept:
                path.unlink()
        return told

    def load(data: State) -> None:
        read = cache(lambda digest: _contents(folder / f"{digest}.zip"))
        for version in _versions(data["layers"]):
            contents = version.get("_zip_data")
            if isinstance(contents, dict):
                version["_zip_data"] = read(contents[_KEPT])
        load_state(data)

    state_of = seams.replace("services.lambda_svc:get_state", state)
    load_state = seams.replace("services.lambda_svc:load_persisted_state", load)


def _versions(layers: Any) -> Iterator[State]:
    for layer in layers._data.values():
        yield from layer["versions"]


def _keep(version: State, folder: Path) -> str:
    """Put the contents into a file, once, and a mark in their place; returns the digest."""
    digest = b64decode(version["Content"]["CodeSha256"]).hex()
    if digest and version["_zip_data"]:
        path = folder / f"{digest}.zip"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _replace(path, version["_zip_data"])
        version["_zip_data"] = {_KEPT: digest}
    return digest


def _contents(path: Path) -> bytes | None:
    """Those of a file; a layer without them breaks the functions that need it, and no others."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        _log.error("the contents of a layer are gone: %s", path)
        return None


def _replace(path: Path, contents: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(contents)
    temporary.replace(path)
