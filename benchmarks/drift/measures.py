"""What is counted over repetitions: rates with their intervals, beside Evidently's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy import stats

from benchmarks.drift.ours import reference_of, told
from benchmarks.drift.trials import COLUMN, Trial

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = ROOT / "build" / "bench-venv-evidently" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often of how many, with the exact 95 % interval (Clopper and Pearson)."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0

    def document(self) -> dict[str, float]:
        low = stats.beta.ppf(0.025, self.hits, self.of - self.hits + 1) if self.hits else 0.0
        rest = self.of - self.hits
        high = stats.beta.ppf(0.975, self.hits + 1, rest) if rest else 1.0
        return {
            "hits": self.hits,
            "of": self.of,
            "share": self.share,
            "low": float(low),
            "high": float(high),
        }


def false_alarms(trial: Trial) -> Rate:
    """Whole reports of ours that alarm: drift, predictions, all features together or quality."""
    hits = 0
    for columns, numbers in trial.references():
        reference = reference_of(columns)
        hits += sum(bool(told(reference, trial.window(number)).alarms) for number in numbers)
    return Rate(hits, trial.repetitions)


def found(trial: Trial) -> Rate:
    """Reports of ours that find the changed column."""
    hits, name = 0, COLUMN[trial.change.kind]
    for columns, numbers in trial.references():
        reference = reference_of(columns)
        for number in numbers:
            said = told(reference, trial.window(number), multivariate=False)
            hits += name in said.drifted
    return Rate(hits, trial.repetitions)


class EvidentlySide:
    """Works through trials in a process of its own, beside ours."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._trials = trials
        self._process = subprocess.Popen(
            [str(PEER), "-m", "benchmarks.drift.evidently_side", "count"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        given = self._process.stdin
        if given is None:
            raise RuntimeError("the process takes no input")
        given.writelines(json.dumps(asdict(trial)) + "\n" for trial in trials)
        given.close()

    def rates(self) -> Iterator[Rate]:
        """For each trial how many windows have a column flagged."""
        answers = self._process.stdout
        if answers is None:
            raise RuntimeError("the process gives no output")
        for trial in self._trials:
            line = answers.readline()
            if not line:
                sys.stderr.write("Evidently's side ended early\n")
                return
            counts = json.loads(line)
            yield Rate(sum(count > 0 for count in counts), trial.repetitions)
        self._process.wait()
