"""One uploaded file of outcomes: what of it becomes truth, and what is told of the rest."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perennial.data.csv_reader import Chunk
from perennial.data.problems import Problem, ProblemKind, Problems
from perennial.data.source import Source
from perennial.errors import UnreadableData
from perennial.outcomes.batch import MEDIA_TYPE
from perennial.outcomes.columns import MOMENT, truth_schema
from perennial.outcomes.concealment import concealed_table
from perennial.outcomes.rejects import Rejects
from perennial.outcomes.rules import MEMBERS, rules_of, why_none
from perennial.outcomes.summary import INCOMPLETE, RECORDED, REJECTED, SUMMARY, Summary
from perennial.outcomes.table import Checked, check_table, file_columns, what_is_missing
from perennial.registry.intake import run_id_of
from perennial.registry.layout import recorded_prefix, truth_key, uri
from perennial.registry.objects import ObjectStore
from perennial.registry.records import SourceObject
from perennial.spec import ModelSpec

_RAGGED = "the row has more or fewer values than the header has names"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of outcomes.

    Attributes:
        source: exactly the object version that was uploaded.
        spec: of the model.
        received_at: when it came in, UTC.
        classes: labels of the version in service; None without one.
    """

    source: SourceObject
    spec: ModelSpec
    received_at: datetime
    classes: Sequence[str] | None


def record_file(upload: Upload, store: ObjectStore) -> Summary:
    """Write the outcomes of a file below `truth/`, and what is to be told beside it.

    All is named after the object version: recording it again replaces what was written.
    Of a file that breaks off, the rows before the break are taken and the rest is told of.

    Raises:
        FileNotFoundError: the upload is gone.
        Unavailable: the store does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        recording = _Recording(upload, Path(name))
        if why := why_none(upload.spec):
            recording.reject(why)
        else:
            recording.read(store)
        return recording.publish(store)


@dataclass
class _Recording:
    upload: Upload
    folder: Path
    status: str = RECORDED
    reason: str = ""
    rows: int = 0
    accepted: int = 0
    new: int = 0
    notes: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._truth = self.folder / "truth.parquet"
        self._rejects = Rejects(self.folder / "rejected.csv")

    def reject(self, why: str) -> None:
        self.status, self.reason = REJECTED, why

    def read(self, store: ObjectStore) -> None:
        """Go through the file; what is wrong with it as a whole ends the reading, not the rest."""
        source = self.upload.source
        location = uri(source.bucket, source.key)
        with (
            store.open(location, source.version_id or None) as stream,
            pq.ParquetWriter(
                self._truth, truth_schema(self.upload.spec), compression="zstd"
            ) as writer,
        ):
            try:
                self._read(Source(stream, source.key, MEMBERS, self.folder / "spill"), writer)
            except UnreadableData as error:
                self.status, self.reason = (INCOMPLETE if self.rows else REJECTED), str(error)
        if self.status == RECORDED and not self.rows:
            self.reject("the file has no rows")

    def _read(self, source: Source, writer: pq.ParquetWriter) -> None:
        if why := what_is_missing(source.header):
            raise UnreadableData(why)
        upload, problems = self.upload, Problems()
        rules = rules_of(upload.spec, upload.classes, upload.received_at)
        columns, markers = file_columns(source.header), upload.spec.missing_markers
        ignored = sorted(set(source.header) - set(MEMBERS))
        if ignored:
            self.notes.append(f"columns that mean nothing here were passed over: {len(ignored)}")
        for chunk in source.chunks(columns, markers, problems):
            self._add(chunk, check_table(chunk.table, rules), writer)
        for problem in problems.found.values():
            self._note(problem)

    def _add(self, chunk: Chunk, checked: Checked, writer: pq.ParquetWriter) -> None:
        self.rows += chunk.table.num_rows
        self.accepted += checked.taken.num_rows
        self.new += checked.new
        self.reasons.update(checked.reasons)
        self._rejects.add(chunk, checked)
        if checked.taken.num_rows:
            taken = concealed_table(self.upload.spec.privacy, checked.taken)
            writer.write_table(self._completed(taken))

    def _note(self, problem: Problem) -> None:
        """What the reader met. Rows of another length it leaves out: they are refused, too."""
        if problem.kind is ProblemKind.RAGGED_ROW:
            self.rows += problem.count
            self.reasons[_RAGGED] += problem.count
        else:
            self.notes.append(problem.message)

    def _completed(self, taken: pa.Table) -> pa.Table:
        """Rows as they are kept."""
        source = self.upload.source
        received = pa.scalar(self.upload.received_at, pa.timestamp("us", tz="UTC"))
        came = pa.repeat(received.cast(MOMENT, safe=False), taken.num_rows)
        place = pa.repeat(uri(source.bucket, source.key), taken.num_rows)
        whole = taken.append_column("received_at", came).append_column("source", place)
        return whole.cast(truth_schema(self.upload.spec))

    def publish(self, store: ObjectStore) -> Summary:
        """Put everything where it belongs, the summary last: it says that all is there."""
        source, model = self.upload.source, self.upload.spec.name
        run_id, beside = run_id_of(source), recorded_prefix(source.key)
        truth = rejects = None
        if self.accepted:
            day = f"{self.upload.received_at:%Y-%m-%d}"
            truth = uri(source.bucket, truth_key(model, day, run_id))
            store.upload(self._truth, truth, MEDIA_TYPE)
        path = self._rejects.finished()
        if path is not None:
            rejects = uri(source.bucket, f"{beside}rejected.csv")
            store.upload(path, rejects, "text/csv")
        summary = Summary(
            model=model,
            run_id=run_id,
            status=self.status,
            reason=self.reason,
            rows=self.rows,
            accepted=self.accepted,
            rejected=self.rows - self.accepted,
            new_labels=self.new,
            reasons=dict(self.reasons.most_common()),
            notes=tuple(self.notes),
            received_at=self.upload.received_at.isoformat(),
            truth=truth,
            rejects=rejects,
        )
        body = json.dumps(summary.document(), indent=2).encode()
        store.write(uri(source.bucket, f"{beside}{SUMMARY}"), body, "application/json")
        return summary
