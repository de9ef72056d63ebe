"""Fetches small files in their order, a few ahead of whoever reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Protocol, TypeVar

from perennial.registry.files import Files

_AHEAD = 8  # files fetched beside each other


class Located(Protocol):
    """Something that lies in the store."""

    @property
    def uri(self) -> str:
        """Its `s3://` address."""
        ...


Place = TypeVar("Place", bound=Located)


def fetched(files: Files, found: Iterator[Place]) -> Generator[tuple[Place, bytes | None]]:
    """Files with their bytes, in order; None for one that is gone.

    Close it when it is not read to its end: it holds threads.

    Raises:
        Unavailable: the store does not answer.
    """

    def fetch(one: Place) -> bytes | None:
        try:
            return files.read(one.uri)
        except FileNotFoundError:
            return None

    waiting: deque[tuple[Place, Future[bytes | None]]] = deque()
    with ThreadPoolExecutor(_AHEAD, "fetch") as threads:
        try:
            waiting.extend((one, threads.submit(fetch, one)) for one in islice(found, _AHEAD))
            while waiting:
                one, body = waiting.popleft()
                yield one, body.result()
                waiting.extend((more, threads.submit(fetch, more)) for more in islice(found, 1))
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
