"""A captured prediction is found by its id alone, faster by its day."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from perennial.provenance.graph import Kind
from perennial.provenance.predicted import find
from perennial.registry.clock import iso
from perennial.registry.files import Listed
from perennial.registry.layout import capture_key

from tests.fakes.files import InMemoryFiles

NOW = datetime.now(UTC).replace(minute=30)
LONG_AGO = NOW - timedelta(days=40)


class Counted(InMemoryFiles):
    """Counts the files that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0

    def read(self, uri: str) -> bytes:
        self.opened += 1
        return super().read(uri)

    def listed(self, prefix: str, after: str = "") -> Iterator[Listed]:
        before, found = self.opened, list(super().listed(prefix, after))
        self.opened = before  # the store in memory reads what it lists
        return iter(found)


@pytest.fixture
def files() -> Counted:
    found = Counted()
    for number, moment in enumerate((LONG_AGO, NOW - timedelta(days=1), NOW)):
        capture(found, moment, f"r{number}", version=number + 1)
    return found


def capture(files: InMemoryFiles, moment: datetime, request: str, version: int) -> None:
    table = pa.table(
        {
            "prediction_id": [f"{request}-0", f"{request}-1"],
            "predicted_at": pa.array([moment] * 2, pa.timestamp("ms", tz="UTC")),
            "role": ["champion", "challenger"],
            "artifact_digest": ["d" * 64] * 2,
            "features": [{"age": 41}] * 2,
        }
    )
    body = io.BytesIO()
    pq.write_table(table, body)
    key = capture_key("bank", version, f"{moment:%Y-%m-%dT%H}", request)
    files.write(f"s3://data/{key}", body.getvalue(), "application/octet-stream")


def test_a_prediction_is_found_by_its_id(files: Counted) -> None:
    found = find(files, "data", "bank", "r1-1")
    assert found is not None
    assert (found.version, found.role) == (2, "challenger")
    assert found.artifact_digest == "d" * 64
    assert files.opened == 2


def test_an_old_prediction_is_found_at_once_by_its_day(files: Counted) -> None:
    day = iso(LONG_AGO.replace(hour=0, minute=0))
    found = find(files, "data", "bank", "r0-0", day)
    assert found is not None
    assert (found.version, files.opened) == (1, 1)
    assert find(files, "data", "bank", "r1-0", day) is None


@pytest.mark.parametrize("unknown", ["r9-0", "r1", "", "r1-1 ", "'; DROP"])
def test_an_id_nobody_was_given_is_not_found(files: Counted, unknown: str) -> None:
    assert find(files, "data", "bank", unknown) is None


def test_a_model_without_captures_has_no_predictions() -> None:
    assert find(InMemoryFiles(), "data", "bank", "r1-1") is None


def test_a_damaged_file_is_passed_over(files: Counted) -> None:
    key = capture_key("bank", 3, f"{NOW:%Y-%m-%dT%H}", "a-damaged")
    files.write(f"s3://data/{key}", b"no parquet", "")
    assert find(files, "data", "bank", "r2-0") is not None


def test_a_prediction_in_a_lineage_shows_none_of_its_values(files: Counted) -> None:
    found = find(files, "data", "bank", "r1-1")
    assert found is not None
    node = found.node()
    assert node.kind is Kind.PREDICTION
    assert set(node.details) == {"at", "role", "artifact", "captured in"}
