"""What a validation is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from perennial.registry.records import SourceObject


@dataclass(frozen=True, slots=True)
class Order:
    """The run and the upload it is about."""

    model: str
    run_id: str
    source: SourceObject


@dataclass(frozen=True, slots=True)
class Code:
    """The code that validates and will train, for the record."""

    version: str
    digest: str
    commit: str = ""  # of git, with "-dirty" where the checkout was changed; empty: not known
