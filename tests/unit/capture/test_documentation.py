"""`docs/capture.md` says what the files hold, and its example reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest
from perennial.adapters import lean_sender
from perennial.capture.batch import Batch
from perennial.capture.columns import features_type, schema_of
from perennial.spec import FeatureType
from perennial.spec.source import parse_spec

from stacks.settings import Settings
from tests.fakes.objects import InMemoryObjects
from tests.unit.capture.messages import AT, SPEC, one_row, spec

PAGE = (Path(__file__).parents[3] / "docs" / "capture.md").read_text("utf-8")


def cells(header: str) -> dict[str, str]:
    """The first two columns of the table with this first heading."""
    below = PAGE.split(f"| {header} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {
        key.strip("` "): value.strip()
        for key, value in (line.strip("|").split("|")[:2] for line in below)
    }


def test_every_column_is_documented_with_its_type() -> None:
    types = {
        field.name: "struct" if field.name == "features" else str(field.type)
        for field in schema_of(spec())
    }
    assert cells("Column") == types


def test_the_type_of_every_feature_is_documented() -> None:
    named = {kind.value: f"  {kind.value}: {{type: {kind.value}}}" for kind in FeatureType}
    head = SPEC.partition("features:")[0]
    texts = "engineering: {steps: [{step: text, column: text}]}\n"
    features = "features:\n" + "\n".join(named.values()) + "\n"
    every = features_type(parse_spec(head + features + texts))
    assert cells("Type of the feature") == {field.name: str(field.type) for field in every}


def test_the_example_section_is_a_part_of_a_spec() -> None:
    section = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert section
    text = SPEC.partition("sensitive:")[0] + "  gender: {type: category}\n"
    made = parse_spec(text + "  postcode: {type: category}\n" + section[1])
    assert (made.capture.sample, made.capture.exclude) == (0.1, ("postcode",))


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    assert f"`capture_days` ({Settings().capture_days})" in PAGE
    assert lean_sender.MOST_BYTES == 16 * 1_048_576
    assert "up to 16 MiB" in PAGE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three predictions of two hours in files; one was delivered twice, in two batches."""
    store = InMemoryObjects()
    for texts in ([one_row("a"), one_row("b", at=AT + 3_600_000)], [one_row("a"), one_row("c")]):
        batch = Batch(lambda _: spec(), store, "data")
        for text in texts:
            batch.take("m", text)
        assert all(written.error is None for written in batch.write())
    for uri in store.content_types:
        place = tmp_path / uri.removeprefix("s3://data/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(store.read(uri))
    return tmp_path / "captures"


def test_the_example_reads_each_prediction_once(folder: Path) -> None:
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example
    names: dict[str, object] = {"FOLDER": str(folder)}
    exec(example[1], names)
    once, ages = names["once"], names["ages"]
    assert isinstance(once, pa.Table)
    assert isinstance(ages, pa.ChunkedArray)
    assert sorted(once["prediction_id"].to_pylist()) == ["a-0", "b-0", "c-0"]
    assert {str(hour) for hour in once["hour"].to_pylist()} == {"2026-11-21T14", "2026-11-21T15"}
    assert ages.to_pylist() == [41, 41, 41]
