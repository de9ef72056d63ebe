"""A distributed Map that is redriven: children that succeeded are not run again.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from emulator import seams

Json = Any
_SFN: Final = "services.stepfunctions:"
_SHARE: Final = "ToleratedFailurePercentage"
_STATE: Final = "_state"  # in the record of a map run: the state it belongs to


class MapAgain:
    """One passage through a Map state, the first or a later one.

    Attributes:
        left: the inputs whose children have not succeeded yet.
    """

    def __init__(self, execution: dict[str, Json], state: str, inputs: Sequence[Json]) -> None:
        """Args: execution, state: what runs; inputs: of all children."""
        self._execution, self._state = execution, state
        self._earlier = self._run() if execution.get("redriveCount") else None
        known = self._outputs()
        self._results: list[Json] = [None] * len(inputs)
        self._places: list[int] = []
        self.left: list[Json] = []
        for place, each in enumerate(inputs):
            outputs = known[json.dumps(each)]
            if outputs:
                self._results[place] = outputs.pop()
            else:
                self._places.append(place)
                self.left.append(each)

    def tolerance(self, state: Mapping[str, Json]) -> dict[str, Json]:
        """The tolerated share of all children, as a share of those that are left."""
        if _SHARE not in state or not self.left:
            return {}
        share = float(state[_SHARE] or 0) * len(self._results) / len(self.left)
        return {_SHARE: min(100.0, share)}

    def merged(self, results: Sequence[Json]) -> list[Json]:
        """The outputs of all children that succeeded, in the order of their inputs."""
        for place, result in zip(self._places, results, strict=True):
            self._results[place] = result
        return [each for each in self._results if each is not None]

    @contextmanager
    def as_one_run(self) -> Iterator[None]:
        """Let both passages be one map run, under the name of the first."""
        before = set(_runs())
        try:
            yield
        finally:
            for arn in set(_runs()) - before:
                run = _runs()[arn]
                if run["executionArn"] == self._execution["executionArn"]:
                    run[_STATE] = self._state
                    self._fold(arn, run)

    def _fold(self, arn: str, run: dict[str, Json]) -> None:
        if self._earlier is None:
            return
        first = self._earlier["mapRunArn"]
        done = len(self._results) - len(self.left)
        for counts in (run["itemCounts"], run["executionCounts"]):
            counts["succeeded"] += done
            counts["total"] += done
        run.update(mapRunArn=first, redriveCount=self._earlier["redriveCount"] + 1)
        run["startDate"] = self._earlier["startDate"]
        for child in _executions():
            if child.get("mapRunArn") == first and child["status"] != "SUCCEEDED":
                child["mapRunArn"] = f"{first}#replaced"
            if child.get("mapRunArn") == arn:
                child["mapRunArn"] = first
        del _runs()[arn]
        _runs()[first] = run

    def _run(self) -> dict[str, Json] | None:
        """The map run of an earlier passage."""
        mine = self._execution["executionArn"]
        found = [
            run
            for run in _runs().values()
            if run["executionArn"] == mine and run.get(_STATE) == self._state
        ]
        return found[-1] if found else None

    def _outputs(self) -> defaultdict[str, list[Json]]:
        """What children returned in an earlier passage, by their input."""
        known: defaultdict[str, list[Json]] = defaultdict(list)
        if self._earlier is not None:
            for child in _executions():
                mine = child.get("mapRunArn") == self._earlier["mapRunArn"]
                if mine and child["status"] == "SUCCEEDED":
                    known[child["input"]].append(json.loads(child["output"]))
        return known


def _runs() -> Any:
    return seams.get(_SFN + "_map_runs")


def _executions() -> list[dict[str, Json]]:
    return list(seams.get(_SFN + "_executions").values())
