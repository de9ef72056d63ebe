"""Where a search keeps its rounds and trials, and how they are read back."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.errors import TrainingFailed
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.spec import ModelSpec
from perennial.tuning.records import Round, Search, Trial

_JSON = "application/json"
Record = TypeVar("Record", bound=BaseModel)


class SearchJob(BaseModel):
    """What `job.json` says, as far as a search needs it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    spec: ModelSpec
    seed: int


class Begun(BaseModel):
    """How often a trial was begun."""

    model_config = ConfigDict(frozen=True)

    times: int


class SearchFiles:
    """The files of one run's search."""

    def __init__(self, run_uri: str, store: ObjectStore) -> None:
        """Args: run_uri: where the run keeps its work; store: holds it."""
        self._run = run_uri
        self._store = store

    def job(self) -> SearchJob:
        """The job of the run.

        Raises:
            TrainingFailed: there is none, or it is damaged.
        """
        found = self._read(SearchJob, layout.JOB)
        if found is None:
            raise TrainingFailed("the run has no job.json: was its data validated?")
        return found

    def round(self, number: int) -> Round | None:
        """A round, where it has been proposed."""
        return self._read(Round, _round(number))

    def write_round(self, proposed: Round) -> None:
        """Keep a round before any of it runs."""
        self._write(_round(proposed.number), proposed)

    def trial(self, number: int) -> Trial | None:
        """A trial, where it has ended."""
        return self._read(Trial, f"{layout.TRIALS}{number:04d}.json")

    def write_trial(self, trial: Trial) -> None:
        """Keep what came of a trial."""
        self._write(f"{layout.TRIALS}{trial.number:04d}.json", trial)

    def begun(self, number: int) -> int:
        """How often a trial was begun so far."""
        found = self._read(Begun, f"{layout.TRIALS}{number:04d}.begun.json")
        return 0 if found is None else found.times

    def begin(self, number: int, times: int) -> None:
        """Note that a trial is begun for the so many-th time."""
        self._write(f"{layout.TRIALS}{number:04d}.begun.json", Begun(times=times))

    def search(self) -> Search | None:
        """What the search found, once it is over."""
        return self._read(Search, layout.SEARCH)

    def write_search(self, found: Search) -> None:
        """Keep what the search found."""
        self._write(layout.SEARCH, found)

    def _read(self, kind: type[Record], name: str) -> Record | None:
        try:
            return kind.model_validate_json(self._store.read(self._run + name))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:5])
            told = f"{name} of the run is damaged: {fields or 'not JSON'}"
            raise TrainingFailed(told) from error

    def _write(self, name: str, record: BaseModel) -> None:
        self._store.write(self._run + name, record.model_dump_json(indent=1).encode(), _JSON)


def _round(number: int) -> str:
    return f"{layout.TRIALS}round-{number:03d}.json"
