from __future__ import annotations

import hashlib
import json

import pyarrow.parquet as pq
import pytest
from perennial.data.order import Code, Order
from perennial.data.profile import Profile
from perennial.data.run import validate_run
from perennial.registry.records import RunStatus, SourceObject

from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_run
from tests.fakes.registry import InMemoryRegistry
from tests.unit.data.loans import rows, spec, text

SOURCE = SourceObject("data", "incoming/loans/a.csv", "1", "etag", 1)
ORDER = Order("loans", "f" * 32, SOURCE)
RUN = "s3://data/runs/loans/" + "f" * 32 + "/"


@pytest.fixture
def registry() -> InMemoryRegistry:
    registry = InMemoryRegistry()
    registry.create_run(a_run(ORDER.run_id, model="loans", source=SOURCE))
    return registry


@pytest.fixture
def objects() -> InMemoryObjects:
    return InMemoryObjects()


def validated(
    objects: InMemoryObjects, registry: InMemoryRegistry, content: str
) -> dict[str, object]:
    objects.write("s3://data/incoming/loans/a.csv", content.encode(), "text/csv")
    code = Code("0.1.0", "c" * 64)
    answer, _ = validate_run(ORDER, spec(), code, "data", objects, registry, lambda: "now")
    return answer


def test_an_accepted_upload_leaves_dataset_profile_report_and_job(
    objects: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    answer = validated(objects, registry, text())
    dataset = answer["dataset"]
    assert isinstance(dataset, dict)
    assert answer["outcome"] == "ACCEPTED"
    assert (answer["run_uri"], answer["report_uri"]) == (RUN, RUN + "validation.html")
    body = objects.read(dataset["uri"])
    assert hashlib.sha256(body).hexdigest() == dataset["digest"]
    job = json.loads(objects.read(RUN + "job.json"))
    assert job["dataset"]["digest"] == dataset["digest"]
    assert (job["spec_digest"], job["seed"]) == (spec().digest, 0)
    assert Profile.model_validate_json(objects.read(job["dataset"]["profile_uri"])).rows == 40
    run = registry.run("loans", ORDER.run_id)
    assert run is not None
    assert (run.status, run.dataset_digest) == (RunStatus.RUNNING, dataset["digest"])


def test_a_rejected_upload_leaves_its_reasons_and_nothing_to_train_from(
    objects: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    answer = validated(objects, registry, text(rows(3)))
    assert (answer["outcome"], answer["dataset"]) == ("REJECTED", None)
    document = json.loads(objects.read(RUN + "validation.json"))
    assert document["errors"][0]["kind"] == "too_few_rows"
    assert b"Rejected" in objects.read(RUN + "validation.html")
    assert not objects.exists(RUN + "job.json")


def test_the_same_rows_are_one_dataset_whatever_form_they_came_in(
    objects: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    first = validated(objects, registry, text())
    objects = InMemoryObjects()
    second = validated(objects, registry, "\ufeff" + text(delimiter=";").replace("\n", "\r\n"))
    assert first["dataset"] == second["dataset"]


def test_the_dataset_has_the_agreed_columns_and_types(
    objects: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    answer = validated(objects, registry, text())
    dataset = answer["dataset"]
    assert isinstance(dataset, dict)
    import pyarrow as pa

    schema = pq.read_schema(pa.BufferReader(objects.read(dataset["uri"])))
    assert [(field.name, str(field.type)) for field in schema] == [
        ("age", "int64"),
        ("income", "double"),
        ("job", "string"),
        ("owner", "bool"),
        ("since", "timestamp[us, tz=UTC]"),
        ("paid", "string"),
    ]


def test_repeating_a_validation_changes_nothing(
    objects: InMemoryObjects, registry: InMemoryRegistry
) -> None:
    assert validated(objects, registry, text()) == validated(objects, registry, text())
