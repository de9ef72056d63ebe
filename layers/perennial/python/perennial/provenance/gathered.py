"""What a retraining file was gathered from, written beside it when it was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from perennial.registry.files import Files
from perennial.registry.intake import run_id_of
from perennial.registry.layout import (
    CAPTURES,
    OUTCOMES,
    RETRAINING,
    TRUTH,
    gathered_key,
    gathered_prefix,
    retrained_model,
    split_uri,
    uri,
)
from perennial.registry.records import SourceObject

GATHERED_FROM = RETRAINING  # keys that begin so are files that were gathered
_VERSION = "/version="


@dataclass(frozen=True, slots=True)
class Gathering:
    """A retraining file and what was read to make it.

    Attributes:
        location: URI of the file.
        sources: URIs of the files of predictions and outcomes that were read.
        first: when its first prediction was made; ISO 8601, empty when that is not known.
        last: when its last one was.
    """

    location: str
    sources: tuple[str, ...]
    first: str = ""
    last: str = ""

    @property
    def versions(self) -> list[int]:
        """The versions whose predictions were read."""
        numbers = {
            one.partition(_VERSION)[2].partition("/")[0] for one in self.sources if _VERSION in one
        }
        return sorted(int(number) for number in numbers if number.isdigit())


def gathering_of(source: SourceObject, files: Files) -> Gathering | None:
    """What a retraining file was gathered from; None where nobody wrote it down.

    Raises:
        Unavailable: the store does not answer.
    """
    model = retrained_model(source.key)
    name = source.key.rpartition("/")[2].removesuffix(".parquet")
    return _read(uri(source.bucket, gathered_key(model, name)), files) if model else None


def gatherings_with(location: str, files: Files, bucket: str) -> Iterator[Gathering]:
    """The retraining files that were gathered from one file of predictions or outcomes.

    Reads what was written of each retraining of the model. A file of outcomes as it was uploaded
    is looked for by the name of what it was kept as.

    Raises:
        Unavailable: the store does not answer.
    """
    _, key = split_uri(location)
    model = _model_of(key)
    if model is None:
        return
    for listed in files.listed(uri(bucket, gathered_prefix(model))):
        found = _read(listed.uri, files)
        if found is not None and _holds(found, location, files):
            yield found


def _model_of(key: str) -> str | None:
    first = key.partition("/")[0] + "/"
    if first in (CAPTURES, TRUTH):
        return key.partition("model=")[2].partition("/")[0] or None
    return key.split("/")[1] if first == OUTCOMES and key.count("/") > 1 else None


def _holds(gathering: Gathering, location: str, files: Files) -> bool:
    if location in gathering.sources:
        return True
    bucket, key = split_uri(location)
    if not key.startswith(OUTCOMES):
        return False
    try:
        stat = files.stat(location)
    except FileNotFoundError:
        return False
    kept = run_id_of(SourceObject(bucket, key, stat.version_id, stat.etag, stat.size))
    return any(one.endswith(f"/{kept}.parquet") for one in gathering.sources)


def _read(place: str, files: Files) -> Gathering | None:
    try:
        said = json.loads(files.read(place))
        return Gathering(said["file"], tuple(said["sources"]), said["first"], said["last"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
