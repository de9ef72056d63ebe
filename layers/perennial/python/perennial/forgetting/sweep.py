"""Goes through everything that is stored of a model, and takes one person's rows out of it.

It may be stopped after any object and begun again there, or from the start: what is gone stays
gone, and what is there is found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from perennial.errors import UnreadableData
from perennial.forgetting.datasets import Request, remove_from_dataset
from perennial.forgetting.files import names, names_in_part, rows_of, write_others
from perennial.forgetting.person import Mask, Person
from perennial.forgetting.places import Deed, Place, places
from perennial.forgetting.records import Found
from perennial.registry.layout import uri
from perennial.registry.stored import Changed, Stored, VersionedStore

_ATTEMPTS = 5  # at an object that somebody else writes
_MOST_NAMED = 20  # files that could not be read
_PARQUET = "application/octet-stream"


@dataclass(slots=True)
class Cursor:
    """How far a pass has come.

    Attributes:
        place: number of the place that is gone through.
        after: URI of the object that was done last there.
    """

    place: int = 0
    after: str = ""


class Sweep:
    """One pass over all places."""

    def __init__(
        self,
        store: VersionedStore,
        bucket: str,
        request: Request,
        person: Person,
        found: Found,
        *,
        dry_run: bool = False,
    ) -> None:
        """Wire a pass.

        Args:
            store: of the data bucket.
            bucket: its name.
            request: why.
            person: whom to look for.
            found: is told what was found.
            dry_run: whether nothing is changed.
        """
        self._store, self._bucket = store, bucket
        self._request, self._person, self._found = request, person, found
        self._dry_run = dry_run

    def run(self, cursor: Cursor, out_of_time: Callable[[], bool]) -> bool:
        """Go on from a cursor, which is moved; whether the pass came to its end.

        Raises:
            Changed: an object is written by somebody else all the time.
            Unavailable: the store does not answer.
        """
        everything = places(self._request.model)
        while cursor.place < len(everything):
            place = everything[cursor.place]
            for versions in self._objects(place, cursor.after):
                self._object(place, versions)
                cursor.after = versions[0].uri
                if out_of_time():
                    return False
            cursor.place, cursor.after = cursor.place + 1, ""
        return True

    def _objects(self, place: Place, after: str) -> Iterator[list[Stored]]:
        """The objects of a place, each with all its versions."""
        versions = self._store.versions(uri(self._bucket, place.prefix), after)
        for name, of in groupby(versions, key=lambda one: one.uri):
            if name.endswith(place.ending):
                yield list(of)

    def _object(self, place: Place, versions: list[Stored]) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._once(place, versions)
            except Changed:
                if attempt == _ATTEMPTS - 1:
                    raise
                name = versions[0].uri
                versions = [one for one in self._store.versions(name) if one.uri == name]
            else:
                return

    def _once(self, place: Place, versions: list[Stored]) -> None:
        with tempfile.TemporaryDirectory(prefix="perennial-") as name:
            for stored in versions:
                try:
                    self._version(place, stored, Path(name))
                except FileNotFoundError:
                    continue  # it has gone since it was listed
                except UnreadableData:
                    named = self._found.unreadable
                    if stored.latest and stored.uri not in named and len(named) < _MOST_NAMED:
                        named.append(stored.uri)

    def _version(self, place: Place, stored: Stored, folder: Path) -> None:
        path = folder / "read"
        self._store.fetch(stored, path)
        if place.deed is Deed.DELETE:
            looks = names_in_part if place.whole_folder else names
            if looks(path, stored.uri.rpartition("/")[2], self._person, folder):
                self._delete(place, stored)
            return
        rows = rows_of(path, self._person)
        if rows.any():
            self._filter(place, stored, path, rows, folder)

    def _filter(self, place: Place, stored: Stored, path: Path, rows: Mask, folder: Path) -> None:
        self._found.changed = True
        if stored.latest:
            self._found.count_rows(place.name, int(rows.sum()))
        if place.deed is Deed.FILTER_DATASET:
            self._note_dataset(stored)
        if self._dry_run:
            return
        if stored.latest and place.deed is Deed.FILTER_DATASET:
            remove_from_dataset(stored, path, rows, self._request, self._store)
        elif stored.latest:
            write_others(path, rows, folder / "others")
            self._store.replace(stored.uri, folder / "others", _PARQUET, stored.etag)
        self._remove(stored)

    def _note_dataset(self, stored: Stored) -> None:
        digest = stored.uri.split("/")[-2]
        if digest not in self._found.datasets:
            self._found.datasets.append(digest)

    def _delete(self, place: Place, stored: Stored) -> None:
        """An object goes with all its versions; what is in it is somebody's file, or made again."""
        self._found.changed = True
        self._found.count_file(place.name)
        if self._dry_run:
            return
        prefix = stored.uri
        if place.whole_folder:  # scoring/<model>/<digest>/…
            prefix = "/".join(stored.uri.split("/")[:6]) + "/"
        for one in list(self._store.versions(prefix)):
            if one.uri == stored.uri or place.whole_folder:
                self._remove(one)

    def _remove(self, stored: Stored) -> None:
        self._store.remove(stored)
        self._found.versions += 1
