"""Benchmark 1b: where the seconds of the training workflow go, state by state and by processor.

The deployment is made once. Before each round the emulator is stopped and started, so that every
function starts anew, as after a quiet night on AWS. Wall-clock seconds are Step Functions' own
times of the states; processor seconds are read from `/proc` (Linux) and tell the same on a machine
that others use, too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness import median, report
from cli import local, project, run_report, training
from cli.outputs import Deployment
from cli.samples import write
from cli.steps import Steps
from cli.target import on_emulator
from emulator import process

MODEL = "breast-cancer"
SECONDS = 10.0  # of a processor; what the aim of five of the clock asks of two
_TICKS = os.sysconf("SC_CLK_TCK")
_FUNCTION = b"AWS_LAMBDA_FUNCTION_NAME="

Line = dict[str, float]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one round")
    count = 1 if parser.parse_args().quick else 3
    with tempfile.TemporaryDirectory() as state:
        os.environ["PERENNIAL_STATE"] = state
        here = project.current()
        sample = write(MODEL, here.build / "samples")
        # The first deploys, too, and what it unpacks is nothing that a training does.
        rounds = [play(here, sample.path) for _ in range(count + 1)][1:]
    middle = {name: median(one.get(name, 0.0) for one in rounds) for name in rounds[0]}
    report(
        name="workflow-processor",
        unit="s",
        value=middle["processor"],
        aim=f"a training with every function cold takes at most {SECONDS:g} s of a processor",
        met=middle["processor"] <= SECONDS,
        command="make bench ARGS=workflow",
        libraries=("ministack", "botocore", "pydantic"),
        extra={"rounds": rounds, "phases": middle},
    )


def play(here: project.Project, data: Path) -> Line:
    """One training on an emulator that has just started; seconds by state and by process."""
    with (
        local.alone(here),
        Steps() as steps,
        local.emulator_of(here, steps, stay=False) as (emulator, _),
    ):
        deployment = Deployment(on_emulator(emulator))
        local.bring_up(here, deployment.target, steps)
        before = processor(emulator.pid)
        started = training.upload_file(deployment, MODEL, data, steps)
        ended = training.follow(deployment, MODEL, started.run_id, steps)
        used = processor(emulator.pid)
        if not run_report.succeeded(ended.run):
            raise SystemExit(f"the run ended {ended.run.status.value}: {ended.run.reason}")
    spent = {f"processor {name}": s - before.get(name, 0.0) for name, s in used.items()}
    return {
        **ended.seconds,
        "states": sum(ended.seconds.values()),
        **{name: round(seconds, 3) for name, seconds in spent.items() if seconds > 0},
        "processor": round(sum(spent.values()), 3),
    }


def processor(session: int) -> Mapping[str, float]:
    """Processor seconds so far of an emulator's processes: its functions by name, server, jobs."""
    used: Line = {}
    for pid in process.session_members(session):
        try:
            own, ended = _times(pid)
            name = _function(pid) or ("server" if pid == session else "jobs")
        except OSError:
            continue  # it has ended meanwhile
        used[name] = used.get(name, 0.0) + own
        used["jobs"] = used.get("jobs", 0.0) + ended
    return used


def _times(pid: int) -> tuple[float, float]:
    """Of a process itself, and of its children that have ended: proc(5), fields 14 to 17."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system, user_of_ended, system_of_ended = map(int, fields[11:15])
    return (user + system) / _TICKS, (user_of_ended + system_of_ended) / _TICKS


def _function(pid: int) -> str:
    variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    names = [one.removeprefix(_FUNCTION) for one in variables if one.startswith(_FUNCTION)]
    return names[0].decode() if names else ""


if __name__ == "__main__":
    main()
