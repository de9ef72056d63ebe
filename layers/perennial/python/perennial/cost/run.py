"""What one training run cost: its jobs, the functions of its workflow, its states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from perennial.cost import prices
from perennial.cost.bill import Bill, Line, bill, line
from perennial.registry.records import Run

# States that wait for jobs: nothing of Lambda is billed meanwhile.
JOB_STEPS = ("TrainModel", "RunTrials")
STATES = 12  # that a run without a search enters
# `Run.usage`: what its jobs were given, times how long each of their attempts ran.
JOBS, VCPU_SECONDS, GIB_SECONDS = "jobs", "vcpu_seconds", "gib_seconds"
JOB_SECONDS = "job_seconds"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the parts of the deployment are that are billed by size."""

    predict_gib: float = 1.0
    train_vcpus: float = 4.0
    train_gib: float = 16.0
    step_gib: Mapping[str, float] = field(
        default_factory=lambda: {"ValidateData": 3008 / 1024, "EvaluateModel": 3008 / 1024}
    )
    other_gib: float = 0.5


def cost_of_run(run: Run, sizes: Sizes | None = None) -> Bill:
    """The bill of a run that has ended.

    What its jobs used is what Batch said of them; of a run that has not told, the time of the step
    stands for it, at the present size of a job.

    Args:
        run: with what it used.
        sizes: of what is billed by size; the defaults of a deployment when left out.
    """
    return bill(_lines(run, sizes or Sizes()))


def _lines(run: Run, sizes: Sizes) -> Iterator[Line]:
    vcpu, gib, seconds, jobs = _jobs(run, sizes)
    yield line("Batch, processors", vcpu, "vCPU seconds", prices.TRAINING_VCPU_SECOND)
    yield line("Batch, memory", gib, "GiB seconds", prices.TRAINING_GIB_SECOND)
    yield line("Batch, addresses", seconds, "seconds", prices.PUBLIC_ADDRESS_SECOND)
    called = {step: took for step, took in run.seconds.items() if step not in JOB_STEPS}
    functions = sum(
        took * sizes.step_gib.get(step, sizes.other_gib) for step, took in called.items()
    )
    yield line("Lambda", functions, "GiB seconds", prices.FUNCTION_GIB_SECOND)
    yield line("Lambda, calls", len(called), "calls", prices.FUNCTION_REQUEST)
    transitions = STATES + 2 * max(jobs - 1, 0) if run.seconds else 0
    yield line("Step Functions", transitions, "states", prices.TRANSITION)


def _jobs(run: Run, sizes: Sizes) -> tuple[float, float, float, float]:
    """VCPU seconds, GiB seconds, seconds and number of the run's jobs."""
    used = run.usage
    if used.get(JOB_SECONDS):
        return used[VCPU_SECONDS], used[GIB_SECONDS], used[JOB_SECONDS], used[JOBS]
    steps = [run.seconds[step] for step in JOB_STEPS if run.seconds.get(step)]
    seconds = sum(max(took, prices.TRAINING_LEAST_SECONDS) for took in steps)
    return seconds * sizes.train_vcpus, seconds * sizes.train_gib, seconds, len(steps)
