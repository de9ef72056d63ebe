"""How often the judge of rollouts errs when it looks all the time, and how soon it decides.

Simulated rollouts of two canary steps, judged by the code that is deployed. What is drawn for each
request: whether it failed, its latency (skewed), a score (of which the judge sees deciles and the
label) and its loss. Nothing is timed.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from perennial.registry.records import RolloutStep
from perennial.rollout.evidence import Evidence
from perennial.rollout.findings import Verdict
from perennial.rollout.judge import judge
from perennial.rollout.samples import Counts, Floats, Sample, apart
from perennial.spec.rollout import Rollout

from benchmarks.harness import report

RULES = Rollout(tolerated_loss=0.1)
STEPS = (RolloutStep("canary", 0.1, 3600, 200), RolloutStep("canary", 0.5, 3600, 200))
REQUESTS = 20_000  # of a step at most, of both versions
LOOK = 50  # requests between two looks
EDGES = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True, slots=True)
class World:
    """What the challenger is like; the champion fails one request in a thousand.

    Attributes:
        name: as the table calls it.
        worse: whether it must not be promoted; None: neither good nor worse than tolerated.
        errors: share of requests it fails beyond the champion's.
        latency: times the champion's.
        shift: distance of its scores from the champion's.
        loss: share of the champion's loss it loses beyond.
    """

    name: str
    worse: bool | None
    errors: float = 0.0
    latency: float = 1.0
    shift: float = 0.0
    loss: float = 0.0


WORLDS = (
    World("as good as the champion", False),
    World("half of what is tolerated in everything", None, 0.005, 1.22, 0.12, 0.05),
    World("errors: just not tolerated (+1 %)", True, errors=0.0101),
    World("latency: just not tolerated (1.5 times)", True, latency=1.501),
    World("predictions: just not tolerated (25 % apart)", True, shift=0.251),
    World("loss: just not tolerated (+10 %)", True, loss=0.101),
    World("errors: +5 %", True, errors=0.05),
    World("latency: 3 times", True, latency=3.0),
    World("predictions: 50 % apart", True, shift=0.5),
    World("loss: +50 %", True, loss=0.5),
)


class Drawn:
    """The requests of one step, as sums up to each of them: by row, 0 champion and 1 challenger."""

    def __init__(self, world: World, share: float, random: np.random.Generator) -> None:
        new = random.random(REQUESTS) < share
        values = _values(world, new, random)
        arms = np.stack([~new, new])
        self.counts = arms.cumsum(axis=1)
        self.sums = (arms[:, None, :] * values).cumsum(axis=2)
        self.squares = (arms[:, None, :] * values**2).cumsum(axis=2)

    def sample(self, arm: int, column: int, at: int) -> Sample:
        """What is known of a quantity after so many requests."""
        count = int(self.counts[arm, at])
        if not count:
            return Sample(0, 0.0, 0.0)
        total = float(self.sums[arm, column, at])
        spread = float(self.squares[arm, column, at]) - total**2 / count
        return Sample(count, total / count, max(spread, 0.0))

    def evidence(self, at: int) -> Evidence:
        """What a judge sees then."""
        old, new = (Counts(int(self.counts[arm, at]), int(self.sums[arm, 0, at])) for arm in (0, 1))
        whole = self.sample(0, 2, at).mean
        tolerated = RULES.tolerated_loss
        return Evidence(
            challenger=new,
            champion=old,
            latency=apart(self.sample(1, 1, at), self.sample(0, 1, at), prior=math.log(1.5)),
            shift={
                str(edge): apart(
                    self.sample(1, 3 + place, at), self.sample(0, 3 + place, at), prior=0.25
                )
                for place, edge in enumerate(EDGES)
            },
            loss=apart(
                self.sample(1, 2, at),
                self.sample(0, 2, at),
                prior=tolerated * whole,
                times=1 + tolerated,
            ),
            champion_loss=whole,
        )


def _values(world: World, new: np.ndarray, random: np.random.Generator) -> Floats:
    """By request: failed or not, logarithm of latency, loss, and on which side of each edge."""
    failed = random.random(REQUESTS) < np.where(new, 0.001 + world.errors, 0.001)
    latency = random.gamma(2.0, 10.0, REQUESTS) + 5
    slower = np.log(np.where(new, latency * world.latency, latency))
    lost = random.exponential(0.4, REQUESTS) * np.where(new, 1 + world.loss, 1)
    score = random.random(REQUESTS)
    # A part of the challenger's scores becomes the largest: that part is the distance.
    moved = new & (random.random(REQUESTS) < world.shift / EDGES[-1])
    sides = np.where(moved, 1.0, score)[None, :] <= EDGES[:, None]
    return np.vstack([failed, slower, lost, sides]).astype(float)


def _rollout(world: World, random: np.random.Generator) -> tuple[str, int]:
    """How a rollout ends, and how many requests the challenger was asked."""
    asked = 0
    for step in STEPS:
        drawn = Drawn(world, step.share, random)
        for at in range(LOOK - 1, REQUESTS, LOOK):
            verdict = judge(drawn.evidence(at), RULES, step, len(STEPS)).verdict
            if verdict is not Verdict.UNDECIDED:
                break
        asked += int(drawn.counts[1, at])
        if verdict is Verdict.REJECT:
            return "rejected", asked
        if verdict is Verdict.UNDECIDED:
            return "undecided", asked
    return "promoted", asked


def _peeking(rollouts: int, random: np.random.Generator) -> float:
    """Share of rollouts of equal versions in which a t-test of the latency says "slower" once."""
    wrong = 0
    for _ in range(rollouts):
        drawn = Drawn(WORLDS[0], STEPS[1].share, random)
        for at in range(LOOK - 1, REQUESTS, LOOK):
            new, old = drawn.sample(1, 1, at), drawn.sample(0, 1, at)
            seen = apart(new, old, prior=0.0)
            if seen.estimate > 1.645 * math.sqrt(seen.variance):
                wrong += 1
                break
    return wrong / rollouts


def _figures(rollouts: int, random: np.random.Generator) -> Iterator[dict[str, object]]:
    for world in WORLDS:
        ends = [_rollout(world, random) for _ in range(rollouts)]
        told = Counter(end for end, _ in ends)
        yield {
            "challenger": world.name,
            "worse": world.worse,
            **{end: told[end] / rollouts for end in ("promoted", "rejected", "undecided")},
            "median_requests": int(np.median([asked for _, asked in ends])),
        }


def main() -> None:
    """Simulate and report the largest share of errors."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the rollouts")
    rollouts = 100 if arguments.parse_args().quick else 1000
    random = np.random.default_rng(20261121)
    figures = list(_figures(rollouts, random))
    wrong = [
        float(str(one["promoted" if one["worse"] else "rejected"]))
        for one in figures
        if one["worse"] is not None
    ]
    report(
        name="rollout-errors",
        unit="share",
        value=max(wrong),
        aim=f"No kind of error in more than {RULES.error_rate:.0%} of the rollouts, however "
        f"often the judge looks (here after every {LOOK} requests).",
        met=max(wrong) <= RULES.error_rate,
        command="make bench ARGS=rollout",
        extra={
            "rollouts": rollouts,
            "worlds": figures,
            "t_test_at_every_look": _peeking(rollouts, random),
        },
    )


if __name__ == "__main__":
    main()
