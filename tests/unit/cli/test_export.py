"""`perennial export` writes what answers alike, or says why it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from perennial.adapters import s3
from perennial.registry.records import Version, VersionStatus

from cli import exporting
from cli.exits import Exit
from cli.outputs import Deployment
from tests.fakes.objects import InMemoryObjects
from tests.fakes.records import a_route, a_run, a_version, an_event
from tests.unit.cli.conftest import Line
from tests.unit.portable.models import golden, trained

MODEL = trained("xgboost", "binary")
DIGEST = MODEL.engine.artifact.digest
URI = f"s3://artifacts/artifacts/wine/{DIGEST}.zip"


@pytest.fixture
def store(line: Line, monkeypatch: pytest.MonkeyPatch) -> InMemoryObjects:
    """Two versions of `wine`, of which the first is in service, and their artifact."""
    objects = InMemoryObjects()
    objects.write(URI, MODEL.artifact, "application/zip")
    for run_id in ("a", "b"):
        line.registry.create_run(a_run(run_id, model="wine"))
        version = a_version(run_id, model="wine", artifact_digest=DIGEST, artifact_uri=URI)
        line.registry.register_version(version, an_event(model="wine"))
    line.registry.set_route(a_route(model="wine"), an_event("route_changed", model="wine"))
    monkeypatch.setattr(s3, "S3ObjectStore", lambda *_: objects)
    monkeypatch.setattr(Deployment, "storage", {"DataBucketName": "data"})
    return objects


@pytest.mark.parametrize(
    ("form", "name"),
    [("bundle", "wine-1.pyz"), ("mlflow", "wine-1-mlflow"), ("onnx", "wine-1.onnx")],
)
def test_the_version_in_service_is_exported_under_a_name_of_its_own(
    line: Line, store: InMemoryObjects, here: Any, form: str, name: str
) -> None:
    done = line("export", "wine", "--format", form, "--json")
    assert done.exit_code == Exit.OK, done.output
    told = json.loads(done.stdout)
    assert (told["version"], told["output"], told["artifact_digest"]) == (1, name, DIGEST)
    assert told["checked"]["rows"] >= len(golden(MODEL))
    assert told["checked"]["largest_difference"] <= told["checked"]["tolerance"]
    path = here.root / name
    if form == "onnx":
        assert onnxruntime.InferenceSession(path.read_bytes())
    assert (path / "MLmodel").is_file() if form == "mlflow" else path.is_file()
    assert sorted(one.name for one in here.root.glob(".export-*")) == []


def test_people_are_told_what_was_checked(line: Line, store: InMemoryObjects) -> None:
    told = line("export", "wine", "2").stdout
    assert "wine, version 2, as bundle" in told
    assert "Checked" in told
    assert "wine-2.pyz" in told


def test_what_is_there_already_is_replaced_only_when_told_so(
    line: Line, store: InMemoryObjects, here: Any
) -> None:
    for form, name in (("bundle", "out"), ("mlflow", "out"), ("bundle", "out")):
        place = here.root / name
        if not place.exists():
            place.write_text("a file")
        before = place.is_dir() or place.read_bytes()
        refused = line("export", "wine", "--format", form, "--output", str(place))
        assert refused.exit_code == Exit.USAGE
        assert "--force" in refused.stderr
        assert (place.is_dir() or place.read_bytes()) == before
        forced = line("export", "wine", "--format", form, "--output", str(place), "--force")
        assert forced.exit_code == Exit.OK
        assert place.is_dir() is (form == "mlflow")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("wine", "9"), Exit.NOT_FOUND, "no version 9"),
        (("wnie",), Exit.NOT_FOUND, "did you mean wine"),
        (("wine", "--format", "pmml"), Exit.USAGE, "onnx"),
        (("wine", "0"), Exit.USAGE, "greater than or equal to 1"),
    ],
)
def test_what_there_is_not_is_refused(
    line: Line, store: InMemoryObjects, arguments: tuple[str, ...], code: Exit, says: str
) -> None:
    done = line("export", *arguments)
    assert done.exit_code == code
    assert says in done.stderr.replace("│\n│", "")


def test_a_model_without_a_version_in_service_asks_which_one(line: Line) -> None:
    done = line("export", "wine")
    assert done.exit_code == Exit.NOT_FOUND
    assert "no version in service" in done.stderr


def test_an_artifact_that_is_gone_or_damaged_is_not_exported(
    line: Line, store: InMemoryObjects, here: Any
) -> None:
    store.write(URI, MODEL.artifact[:-1] + b"?", "application/zip")
    for form in ("bundle", "mlflow", "onnx"):
        damaged = line("export", "wine", "--format", form)
        assert damaged.exit_code == Exit.FAILED
        assert "do not have the digest" in damaged.stderr
    store._versions.pop(URI)
    gone = line("export", "wine")
    assert gone.exit_code == Exit.NOT_FOUND
    assert "is gone" in gone.stderr
    assert sorted(path.name for path in here.root.glob("wine-*")) == []


def test_a_rejected_version_is_exported_with_a_warning(
    line: Line, store: InMemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = line.registry.version

    def rejected(model: str, number: int) -> Version | None:
        found = version(model, number)
        return found and replace(found, status=VersionStatus.REJECTED)

    monkeypatch.setattr(line.registry, "version", rejected)
    done = line("export", "wine", "2")
    assert done.exit_code == Exit.OK
    assert "was rejected" in done.stderr


def test_a_champion_that_changes_meanwhile_is_named(
    line: Line, store: InMemoryObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes = [a_route(model="wine"), a_route(2, 2, model="wine")]
    monkeypatch.setattr(line.registry, "route", lambda model: routes.pop(0))
    told = json.loads(line("export", "wine", "--json").stdout)
    assert told["version"] == 1
    assert told["remarks"] == ["Version 2 has come into service meanwhile; this is version 1."]


def test_an_export_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "out"

    class Broken(dict[str, bytes]):
        def items(self) -> Any:
            yield "a", b"1"
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        exporting.write(Broken(), place)
    assert list(tmp_path.iterdir()) == []


def test_versions_tell_where_mlflow_finds_them(line: Line, store: InMemoryObjects) -> None:
    listed = json.loads(line("versions", "wine", "--json").stdout)
    assert [one["mlflow_uri"] for one in listed] == [
        "s3://artifacts/mlflow/wine/00000002",
        "s3://artifacts/mlflow/wine/00000001",
    ]
