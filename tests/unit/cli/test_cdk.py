"""`cdk` runs in a session of its own, and none of its processes outlives the command."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from cli import assembly
from cli.cdk import Cdk
from cli.exits import CommandError
from cli.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, tmp_path / "state")


def fake_cdk(project: Project, script: str) -> Cdk:
    program = project.root / "node_modules" / ".bin" / "cdk"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Cdk(project, {"PATH": os.environ["PATH"], "TOLD": "yes"})


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for(path: Path) -> int:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(path.read_text())


def test_what_it_says_is_followed_and_kept(project: Project) -> None:
    lines: list[str] = []
    with fake_cdk(project, 'echo "$TOLD $1"; echo more >&2') as cdk:
        cdk.run("synth", on_line=lines.append)
    assert lines == ["yes synth", "more"]
    assert (project.build / "logs" / "cdk-synth.log").read_text() == "yes synth\nmore\n"


def test_a_failure_is_told_with_the_end_of_what_it_said(project: Project) -> None:
    with (
        fake_cdk(project, "seq 100; echo the reason; exit 3") as cdk,
        pytest.raises(CommandError, match="the reason") as caught,
    ):
        cdk.run("deploy")
    assert "\n71\n" not in caught.value.message
    assert "cdk-deploy.log" in caught.value.advice


def test_it_gets_nothing_of_the_shell_but_what_it_is_given(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    lines: list[str] = []
    with fake_cdk(project, 'echo "profile=$AWS_PROFILE"') as cdk:
        cdk.run("synth", on_line=lines.append)
    assert lines == ["profile="]


def test_an_interrupted_run_leaves_no_process(project: Project) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    child = project.root / "child"
    script = f"sleep 60 & echo $! > {child}; echo started; wait"
    with fake_cdk(project, script) as cdk, pytest.raises(KeyboardInterrupt):
        cdk.run("deploy", on_line=stop)
    assert not alive(wait_for(child))


def test_leaving_ends_what_another_thread_waits_for(project: Project) -> None:
    child = project.root / "child"
    failed: list[CommandError] = []

    def bootstrap() -> None:
        try:
            cdk.run("bootstrap")
        except CommandError as error:
            failed.append(error)

    with fake_cdk(project, f"echo $$ > {child}; exec sleep 60") as cdk:
        thread = threading.Thread(target=bootstrap)
        thread.start()
        pid = wait_for(child)
    thread.join(10)
    assert not alive(pid)
    assert failed


def test_a_missing_cdk_says_what_to_run(project: Project) -> None:
    with pytest.raises(CommandError) as caught, Cdk(project, {}) as cdk:
        cdk.run("synth")
    assert caught.value.advice == "Run `make setup`."


def test_templates_are_made_again_only_when_an_input_has_changed(project: Project) -> None:
    spec = project.root / "models" / "wine.yaml"
    spec.parent.mkdir()
    spec.write_text("a")
    context = {"target": "local"}
    before = assembly.fingerprint(project, context)
    with fake_cdk(project, 'mkdir -p "$4"; echo {} > "$4/A.template.json"') as cdk:
        made = assembly.synthesize(project, cdk, context, before)
    assert assembly.current(project, before) == made
    (project.root / "models" / "__pycache__").mkdir()
    (project.root / "models" / "__pycache__" / "x.pyc").write_text("b")
    (project.root / "README.md").write_text("b")
    assert assembly.fingerprint(project, context) == before
    spec.write_text("b")
    after = assembly.fingerprint(project, context)
    assert assembly.current(project, after) is None
    assert assembly.fingerprint(project, {"target": "cloud"}) != after


def test_an_interrupted_synth_leaves_the_former_templates(project: Project) -> None:
    with fake_cdk(project, 'mkdir -p "$4"; touch "$4/A.template.json"') as cdk:
        made = assembly.synthesize(project, cdk, {}, "first")
    with (
        fake_cdk(project, 'mkdir -p "$4"; exit 1') as cdk,
        pytest.raises(CommandError),
    ):
        assembly.synthesize(project, cdk, {}, "second")
    assert assembly.current(project, "first") == made
    assert assembly.current(project, "second") is None
