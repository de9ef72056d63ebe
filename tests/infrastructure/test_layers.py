"""Layers: what is in them, when they are built, and that their contents run by themselves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pytest

from stacks.layers import LAMBDA, LayerError, Platform, build_layer, host
from stacks.layers.archive import write_archive
from stacks.layers.install import install, only
from tests.infrastructure.archives import names, unpack
from tests.infrastructure.templates import ROOT

STORE = ROOT / "build" / "layers"
OTHER = Platform(python="3.9", machine="x86_64-manylinux_2_28")


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer of plain source."""
    folder = tmp_path / "layers" / "own"
    (folder / "python" / "package").mkdir(parents=True)
    (folder / "python" / "package" / "__init__.py").write_text("ANSWER = 42\n")
    (folder / "python" / "package" / "notes.txt").write_text("not needed\n")
    (folder / "layer.yaml").write_text('source: python\nleave_out: ["*.txt"]\n')
    return folder


def test_the_same_inputs_give_the_same_bytes(layer: Path, tmp_path: Path) -> None:
    first = build_layer(layer, OTHER, tmp_path / "one")
    (layer / "python" / "package" / "__init__.py").touch()
    second = build_layer(layer, OTHER, tmp_path / "two")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_a_layer_is_built_once(layer: Path, tmp_path: Path) -> None:
    first = build_layer(layer, OTHER, tmp_path / "store")
    built = first.stat().st_mtime_ns
    assert build_layer(layer, OTHER, tmp_path / "store") == first
    assert first.stat().st_mtime_ns == built


@pytest.mark.parametrize("change", ["source", "recipe", "platform"])
def test_a_layer_is_built_anew_when_something_in_it_changes(
    layer: Path, tmp_path: Path, change: str
) -> None:
    before = build_layer(layer, OTHER, tmp_path / "store")
    platform = OTHER
    if change == "source":
        (layer / "python" / "package" / "__init__.py").write_text("ANSWER = 43\n")
    elif change == "recipe":
        (layer / "layer.yaml").write_text("source: python\n")
    else:
        platform = LAMBDA
    assert build_layer(layer, platform, tmp_path / "store") != before


def test_what_is_left_out_changes_nothing(layer: Path, tmp_path: Path) -> None:
    before = build_layer(layer, OTHER, tmp_path / "store")
    (layer / "python" / "package" / "notes.txt").write_text("other notes\n")
    (layer / "python" / "package" / "__pycache__").mkdir()
    (layer / "python" / "package" / "__pycache__" / "x.pyc").write_bytes(b"\0")
    assert build_layer(layer, OTHER, tmp_path / "store") == before
    assert names(before) == ["python/package/__init__.py"]


def test_builds_at_the_same_time_agree(layer: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        built = set(pool.map(lambda _: build_layer(layer, OTHER, tmp_path / "s"), range(8)))
    assert len(built) == 1
    assert [path.name for path in (tmp_path / "s").iterdir() if path.suffix == ".zip"] == [
        built.pop().name
    ]


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zipfile.ZipFile.writestr", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build_layer(layer, OTHER, tmp_path / "s")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {".lock"}
    assert build_layer(layer, OTHER, tmp_path / "s").exists()


def test_what_a_killed_build_left_is_cleared_away(layer: Path, tmp_path: Path) -> None:
    left = tmp_path / "s" / ".building-x"
    left.mkdir(parents=True)
    build_layer(layer, OTHER, tmp_path / "s")
    assert not left.exists()


def test_modules_are_compiled_for_the_python_we_run(layer: Path, tmp_path: Path) -> None:
    ours = build_layer(layer, host(), tmp_path / "s")
    assert any(name.endswith(".pyc") for name in names(ours))
    compiled = unpack(ours, tmp_path / "opt") / "python"
    (compiled / "package" / "__init__.py").write_text("ANSWER = 0  # not looked at\n")
    program = "import package; print(package.ANSWER)"
    assert run(program, compiled) == "42"


def test_a_lock_file_without_the_package_is_told() -> None:
    with pytest.raises(LayerError, match="no entry for nothing; run `make lock`"):
        only("something==1.0 \\\n    --hash=sha256:00\n", ["nothing"])


def test_a_package_with_a_wrong_hash_is_not_installed(tmp_path: Path) -> None:
    lock = "jinja2==3.1.6 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    with pytest.raises(LayerError, match="could not install"):
        install(lock, None, host(), tmp_path / "installed")


def test_an_archive_keeps_neither_times_nor_users(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("1")
    write_archive({PurePosixPath("a"): source}, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (entry,) = archive.infolist()
    assert (entry.date_time, entry.extra) == ((1980, 1, 1, 0, 0, 0), b"")


def run(program: str, *folders: Path) -> str:
    """Run a program with the standard library and some folders, and nothing else."""
    paths = f"import sys; sys.path[:0] = {[str(folder) for folder in folders]!r}; "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", paths + program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All layers for this machine, unpacked over each other as Lambda does."""
    folder = tmp_path_factory.mktemp("opt")
    for name in ("data", "perennial", "runtime", "serving"):
        unpack(build_layer(ROOT / "layers" / name, host(), STORE), folder)
    return folder


def test_the_data_layer_reads_and_writes_files(opt: Path) -> None:
    program = (
        "import io, numpy, pyarrow, pyarrow.compute, pyarrow.csv, pyarrow.dataset, pyarrow.parquet;"
        # Without threads: they may outlive so short a program, and abort it at its end.
        "alone = pyarrow.csv.ReadOptions(use_threads=False);"
        "table = pyarrow.csv.read_csv(io.BytesIO(b'a,b\\n1,x\\n2,y\\n'), read_options=alone);"
        "sink = io.BytesIO(); pyarrow.parquet.write_table(table, sink);"
        "sink.seek(0); again = pyarrow.parquet.read_table(sink, use_threads=False);"
        "print(pyarrow.compute.sum(again['a']), numpy.asarray(again['a']).sum())"
    )
    assert run(program, opt / "python") == "3 3"


def test_the_runtime_layer_has_what_handlers_are_written_with(opt: Path) -> None:
    # boto3 comes with the Lambda runtime; powertools is imported without it.
    program = (
        "import jinja2, pydantic, importlib.metadata as m;"
        "from aws_lambda_powertools import Logger;"
        "print(jinja2.Template('{{ a }}').render(a=m.version('pydantic') == pydantic.VERSION))"
    )
    assert run(program, opt / "python") == "True"


def test_the_serving_layer_loads_in_a_process_with_nothing_else(opt: Path) -> None:
    program = (
        "import ctypes, glob;"
        f"found = glob.glob({str(opt / 'lib' / 'perennial')!r} + '/libxgboost.*');"
        "library = ctypes.CDLL(found[0]); major = ctypes.c_int();"
        "library.XGBoostVersion(ctypes.byref(major), None, None); print(major.value)"
    )
    assert run(program) == "3"


def test_the_serving_layer_reads_long_bodies(opt: Path) -> None:
    program = "import orjson; print(orjson.loads('[1]'))"
    assert run(program, opt / "python") == "[1]"


def test_the_serving_layer_has_the_library_and_a_parser_and_nothing_else() -> None:
    archive = build_layer(ROOT / "layers" / "serving", host(), STORE)
    assert [name for name in names(archive) if not name.startswith("python/orjson/")] == [
        name for name in names(archive) if name.startswith(("lib/", "xgboost_cpu.libs/"))
    ]
    assert len(names(archive)) <= 8


def test_the_predict_function_stays_small(tmp_path: Path) -> None:
    """In bytes, unpacked, with its layers: the sooner it is there, the sooner it answers."""
    for name in ("perennial", "serving"):
        unpack(build_layer(ROOT / "layers" / name, host(), STORE), tmp_path)
    code = ROOT / "functions" / "predict"
    files = [path for folder in (tmp_path, code) for path in folder.rglob("*") if path.is_file()]
    assert 15_000_000 < sum(path.stat().st_size for path in files) < 40_000_000


def test_the_domain_layer_has_no_training(opt: Path) -> None:
    package = opt / "python" / "perennial"
    assert (package / "errors.py").is_file()
    assert not (package / "training").exists()
