"""Function and layer archives, extracted once instead of once for each worker.

MiniStack unpacks the code and every layer for each worker it starts; with 100 MB of layers that
is most of a cold start. Here an archive is unpacked once by its digest, and a worker's folder is
a link to it. Of a layer, the worker is handed the digest only: AWS keeps layers at hand, too.
"""

import hashlib
import io
import shutil
import tempfile
import threading
import time
import zipfile
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from emulator import seams

_KEEP_SECONDS: Final = 3 * 24 * 3600
_unpacking: Final[dict[str, threading.Lock]] = {}  # by digest: a small layer waits for no large one
_MARK: Final = b"emulator: unpacked as "
_spawning: ContextVar[bool] = ContextVar("spawning", default=False)
# By identity, with the archive itself so that its identity stays its own.
_digests: Final[dict[int, tuple[bytes, str]]] = {}


def install(store: Path) -> None:
    """Have workers share what is unpacked below `store`."""
    store.mkdir(parents=True, exist_ok=True)
    _forget_unused(store)

    class SharedArchive:
        """Unpacks into a link to the shared folder of its digest."""

        def __init__(self, file: object) -> None:
            self._file = Path(str(file))

        def __enter__(self) -> "SharedArchive":
            return self

        def __exit__(self, *_: object) -> None:
            # The worker's own copy of the archive is of no more use.
            self._file.unlink(missing_ok=True)

        def namelist(self) -> list[str]:
            """Nothing for the caller to check: `unpack` never writes outside its folder."""
            return []

        def extractall(self, path: object) -> None:
            """Make the folder a link."""
            contents = self._file.read_bytes()
            name = contents.removeprefix(_MARK)
            shared = unpack(contents, store) if name == contents else store / name.decode()
            target = Path(str(path))
            target.rmdir()
            target.symlink_to(shared)

    stand_in = SimpleNamespace(
        ZipFile=SharedArchive,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=getattr(zipfile, "LargeZipFile", zipfile.BadZipFile),
    )
    seams.replace("core.lambda_runtime:zipfile", stand_in)
    _name_layers(store)


def _name_layers(store: Path) -> None:
    """Hand a worker that starts the digest of a layer, unpacked by then, in place of its bytes."""

    def spawn(worker: Any) -> None:
        token = _spawning.set(True)
        try:
            original_spawn(worker)
        finally:
            _spawning.reset(token)

    def resolve(attachment: Any) -> bytes | None:
        archive: bytes | None = original(attachment)
        if not archive or not _spawning.get():
            return archive
        return _MARK + unpack(archive, store).name.encode()

    original_spawn = seams.replace("core.lambda_runtime:Worker._spawn", spawn)
    original = seams.replace("services.lambda_svc:_resolve_layer_zip", resolve)


def unpack(archive: bytes, store: Path) -> Path:
    """The folder below `store` with what the archive holds; made once, whoever asks first."""
    digest = _digest(archive)
    shared = store / digest
    with _unpacking.setdefault(digest, threading.Lock()):
        if not shared.is_dir():
            fresh = Path(tempfile.mkdtemp(dir=store, prefix="new-"))
            with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
                zipped.extractall(fresh)
            fresh.chmod(0o755)
            fresh.rename(shared)
    (store / f"{digest}.used").touch()
    return shared


def _digest(archive: bytes) -> str:
    """Its SHA-256, taken once of each of the layers that are deployed."""
    known = _digests.get(id(archive))
    if known is None or known[0] is not archive:
        known = (archive, hashlib.sha256(archive).hexdigest())
        if len(archive) > 1 << 20:
            _digests[id(archive)] = known
    return known[1]


def _forget_unused(store: Path) -> None:
    for marker in store.glob("*.used"):
        if time.time() - marker.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(marker.with_suffix(""), ignore_errors=True)
            marker.unlink()
    for unfinished in store.glob("new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
