"""The trials of the next round, from all that finished before it and from nothing else.

So what is tried follows from the spec, the data and the seed: not from how many jobs ran at once,
in which order they ended, or how trials were divided among them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from perennial.spec import ModelSpec
from perennial.spec.tuning import SearchMethod
from perennial.tuning.records import Proposal, Trial
from perennial.tuning.space import Point, default_of, grid, key
from perennial.tuning.stopping import bounds_of

_TRIES = 200  # draws of points that were tried already, before the space counts as exhausted


def propose(
    spec: ModelSpec, finished: Sequence[Trial], seed: int, round_number: int
) -> tuple[Proposal, ...]:
    """The trials of a round; none when nothing new is left to try.

    Args:
        spec: with the search.
        finished: what came of all earlier rounds, in order of number.
        seed: of the search.
        round_number: of this round, from 1.
    """
    wanted = min(spec.tuning.trials_per_round, spec.tuning.trials - len(finished))
    default = [] if finished else [default_of(spec)]
    tried = {key((trial.algorithm, trial.parameters)) for trial in finished}
    tried |= {key(point) for point in default}
    new = islice(_new(_points(spec, finished, seed, round_number), tried), wanted - len(default))
    return tuple(
        Proposal(
            number=len(finished) + place,
            algorithm=algorithm,
            parameters=parameters,
            bounds=bounds_of(spec, algorithm, parameters, finished),
        )
        for place, (algorithm, parameters) in enumerate([*default, *new])
    )


def _points(
    spec: ModelSpec, finished: Sequence[Trial], seed: int, round_number: int
) -> Iterable[Point]:
    if spec.tuning.method is SearchMethod.GRID:
        points = list(grid(spec))
        # A search that runs out of time has then seen a sample of the grid, and not its one corner.
        random.Random(seed).shuffle(points)  # noqa: S311 - nothing secret
        return points
    from perennial.tuning.sampling import drawn

    return drawn(spec, finished, seed, round_number)


def _new(points: Iterable[Point], tried: set[str]) -> Iterator[Point]:
    repeated = 0
    for point in points:
        if key(point) in tried:
            repeated += 1
            # A grid has an end of its own.
            if repeated >= _TRIES and not isinstance(points, list):
                return
            continue
        tried.add(key(point))
        yield point
