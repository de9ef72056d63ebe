"""Everything that is gathered while the rows of a file go by, and the judgement at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from perennial.data.columns import Column, Role
from perennial.data.csv_reader import Chunk
from perennial.data.duplicates import RepeatCounter, mix, seeds
from perennial.data.examination import Examination, Examined
from perennial.data.leakage import judge_leakage
from perennial.data.outcome import Snapshot, Validation, concluded
from perennial.data.problems import Problems
from perennial.data.profile import CategoryProfile, NumberProfile, Profile
from perennial.data.row_sample import RowSample, numbered
from perennial.data.sample import Sample
from perennial.data.snapshot import SnapshotWriter
from perennial.data.source import SourceFacts
from perennial.data.verdict import judge_identifiers, judge_repeats, judge_whole
from perennial.spec import ModelSpec


class Gathering:
    """Examinations of all columns, repeated rows, a sample, and the snapshot being written."""

    def __init__(
        self, spec: ModelSpec, columns: tuple[Column, ...], problems: Problems, path: Path
    ) -> None:
        self._spec = spec
        self._columns = columns
        self._problems = problems
        self._examinations = [Examination(column) for column in columns]
        self._repeats = RepeatCounter()
        self._sample = Sample()
        self._kept = RowSample()
        self._open = [one.name for one in columns if one.role is Role.FEATURE and not one.sensitive]
        self._path = path
        self._writer: SnapshotWriter | None = None
        self._rows = 0

    def add(self, chunk: Chunk) -> None:
        """Examine the rows of a chunk, and write them unless the file is refused already."""
        if not chunk.table.num_rows:
            return
        found = [examination.add(chunk) for examination in self._examinations]
        self._rows += chunk.table.num_rows
        self._count_repeats(found, chunk.table.num_rows)
        self._sample.add(
            {
                one.column.name: examined.numbers
                for one, examined in zip(self._examinations, found, strict=True)
                if examined.numbers is not None
            }
        )
        if self._problems.fatal or any(one.problems.fatal for one in self._examinations):
            self.close()
        else:
            self._write(found)

    def conclude(self, facts: SourceFacts) -> Validation:
        """Judge the whole and finish the snapshot."""
        for one in self._examinations:
            self._problems.found.update(one.problems.found)
        sample = self._sample.columns()
        profiles = {
            one.column.name: one.profile(sample.get(one.column.name, np.empty(0)))
            for one in self._examinations
        }
        repeated = self._repeats.repeats()
        judge_whole(self._spec, self._columns, profiles, self._rows, self._problems)
        judge_repeats(self._spec, self._rows, repeated, self._problems)
        for one in self._examinations:
            if one.column.role is Role.ID:
                judge_identifiers(one.column, one.identifiers.repeats(), self._problems)
        judge_leakage(self._spec, self._examinations, sample, self._problems)
        profile = self._profile(profiles)
        return concluded(self._problems, self._rows, repeated, facts, profile, self._finished())

    def close(self) -> None:
        """Leave the snapshot as it is; nothing more is written."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _finished(self) -> Snapshot | None:
        if self._problems.fatal or self._writer is None:
            self.close()
            return None
        return Snapshot(self._path, self._writer.finish(), self._rows, self._kept.table())

    def _profile(self, profiles: dict[str, NumberProfile | CategoryProfile]) -> Profile:
        return Profile(
            rows=self._rows,
            features={
                column.name: profiles[column.name]
                for column in self._columns
                if column.role is Role.FEATURE
            },
            target=profiles[self._spec.target],
        )

    def _write(self, found: Sequence[Examined]) -> None:
        schema = pa.schema(
            [
                pa.field(one.column.name, examined.array.type)
                for one, examined in zip(self._examinations, found, strict=True)
            ]
        )
        if self._writer is None:
            self._writer = SnapshotWriter(self._path, schema)
        table = pa.Table.from_arrays([one.array for one in found], schema=schema)
        self._writer.write(table)
        first = self._rows - table.num_rows
        self._kept.add(table.select(self._open), numbered(first, table.num_rows))

    def _count_repeats(self, found: Sequence[Examined], rows: int) -> None:
        """Rows repeat when all but their identifiers are equal."""
        hashes, scratch = seeds(rows), np.empty(rows, np.uint64)
        for one in found:
            if one.bits is not None:
                mix(hashes, one.bits, scratch)
        self._repeats.add(hashes)
