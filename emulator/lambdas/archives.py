"""Function and layer archives, extracted once instead of once for each worker.

MiniStack unpacks the code and every layer for each worker it starts; with 100 MB of layers that
is most of a cold start. Here an archive is unpacked once by its digest, and a worker's folder is
a link to it.
"""

import hashlib
import io
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from emulator import seams

_KEEP_SECONDS: Final = 3 * 24 * 3600
_UNPACKING: Final = threading.Lock()


def install(store: Path) -> None:
    """Have workers share what is unpacked below `store`."""
    store.mkdir(parents=True, exist_ok=True)
    _forget_unused(store)

    class SharedZipFile(zipfile.ZipFile):
        """Unpacks into a link to the shared folder of its digest."""

        def namelist(self) -> list[str]:
            """Nothing for the caller to check: `unpack` never writes outside its folder."""
            return []

        def extractall(self, path=None, members=None, pwd=None):  # type: ignore[no-untyped-def]  # noqa: ARG002
            target = Path(str(path))
            shared = unpack(Path(str(self.filename)).read_bytes(), store)
            target.rmdir()
            target.symlink_to(shared)
            # The worker's own copy of the archive is of no more use.
            Path(str(self.filename)).unlink(missing_ok=True)

    stand_in = SimpleNamespace(
        ZipFile=SharedZipFile,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=getattr(zipfile, "LargeZipFile", zipfile.BadZipFile),
    )
    seams.replace("core.lambda_runtime:zipfile", stand_in)


def unpack(archive: bytes, store: Path) -> Path:
    """The folder below `store` with what the archive holds; made once, whoever asks first."""
    digest = hashlib.sha256(archive).hexdigest()
    shared = store / digest
    with _UNPACKING:
        if not shared.is_dir():
            fresh = Path(tempfile.mkdtemp(dir=store, prefix="new-"))
            with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
                zipped.extractall(fresh)
            fresh.chmod(0o755)
            fresh.rename(shared)
    (store / f"{digest}.used").touch()
    return shared


def _forget_unused(store: Path) -> None:
    for marker in store.glob("*.used"):
        if time.time() - marker.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(marker.with_suffix(""), ignore_errors=True)
            marker.unlink()
    for unfinished in store.glob("new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
