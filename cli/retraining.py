"""Trains once more, in a process of its own and with the code it is told to use.

A program beside the command: `python -P retraining.py CODE STORE RUN_URI THREADS LOCK`. Objects are
files below STORE. Only the standard library is imported before CODE is in place.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

REFUSED = 2


class Folder:
    """An object store in a folder: `s3://bucket/key` is `bucket/key` below it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, uri: str) -> Path:
        """Where an object lies."""
        return self.root / uri.removeprefix("s3://")

    def read(self, uri: str) -> bytes:
        """All bytes of an object."""
        return self.path(uri).read_bytes()

    def open(self, uri: str, version_id: str | None = None) -> BinaryIO:
        """A stream over an object."""
        del version_id
        return self.path(uri).open("rb")

    def write(self, uri: str, body: bytes, content_type: str, *, once: bool = False) -> None:
        """Store bytes; with `once`, what is there stays."""
        del content_type
        if place := self._place(uri, once=once):
            place.write_bytes(body)

    def upload(self, path: Path, uri: str, content_type: str, *, once: bool = False) -> None:
        """Store a file; with `once`, what is there stays."""
        del content_type
        if place := self._place(uri, once=once):
            shutil.copyfile(path, place)

    def download(self, uri: str, path: Path, version_id: str | None = None) -> None:
        """Fetch an object into a file."""
        del version_id
        shutil.copyfile(self.path(uri), path)

    def exists(self, uri: str) -> bool:
        """Whether there is such an object."""
        return self.path(uri).exists()

    def _place(self, uri: str, *, once: bool) -> Path | None:
        """Where to write; None where something is that stays."""
        place = self.path(uri)
        if once and place.exists():
            return None
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


def main(arguments: list[str]) -> int:
    """Train; 0 when the candidate is there, 2 with a sentence on stderr when it cannot be."""
    code, root, run_uri, threads, lock = arguments
    sys.path.insert(0, code)
    from perennial.errors import PerennialError
    from perennial.training.job import read_job
    from perennial.training.lean import import_xgboost
    from perennial.training.run import train

    store: Any = Folder(Path(root))
    try:
        job = read_job(run_uri, store)
        if job.spec.algorithm.name.value == "xgboost":
            import_xgboost()
        with tempfile.TemporaryDirectory() as workdir:
            train(job, run_uri, store, Path(workdir), threads=int(threads), lock=Path(lock))
    except PerennialError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
