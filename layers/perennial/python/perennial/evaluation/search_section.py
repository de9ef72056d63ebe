"""What a search tried, in the report of a run: every trial, its curve, and the best of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, ValidationError

from perennial.errors import ArtifactError
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.report import (
    Block,
    Figure,
    Grid,
    Line,
    Section,
    Series,
    Table,
    measure,
    parallel,
    short,
    traces,
)
from perennial.spec import Metric

_DRAWN = 300  # trials: more lines are a blot
_LISTED = 10  # in the table
_COMPLETE = "COMPLETE"
_ALGORITHM = "algorithm"

Value = bool | int | float | str


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class CurvePoint(_Read):
    """Loss after some rounds."""

    round: int
    train: float | None = None
    validation: float


class Trial(_Read):
    """What came of one set of parameters."""

    number: int
    algorithm: str
    parameters: dict[str, Value]
    state: str
    value: float | None = None
    curve: tuple[CurvePoint, ...] = ()
    seconds: float = 0.0
    reason: str = ""


class Search(_Read):
    """What of `search.json` the report shows."""

    method: str
    metric: Metric
    trials: tuple[Trial, ...]
    best: int
    ended_by: str


def read_search(run_uri: str, store: ObjectStore) -> Search | None:
    """The search of a run; None where nothing was searched.

    Raises:
        ArtifactError: it is damaged.
        Unavailable: the store does not answer.
    """
    try:
        return Search.model_validate_json(store.read(run_uri + layout.SEARCH))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ArtifactError("search.json of the run is damaged") from error


def search_sections(search: Search | None) -> Iterator[Section]:
    """Parallel coordinates, curves and the best trials; nothing without a search."""
    if search is None or not search.trials:
        return
    ranked = _ranked(search)
    blocks: list[Block] = [Figure(_coordinates(search, ranked), _CAPTION), *_curves(search)]
    lead = (
        f"{len(search.trials)} trials by {search.method} search, judged by {search.metric.value}; "
        f"{len(ranked)} came to their end. {_ENDED.get(search.ended_by, '')}"
    )
    if ranked:
        blocks.append(_best(search, ranked))
    yield Section("Search", blocks, lead.strip())


_CAPTION = (
    "Each line is a trial, from its parameters to its value: the darker the better, the best one "
    "bold. Dashed ones were given up or failed."
)
_ENDED = {
    "trials": "It ended when it had tried as many as it may.",
    "minutes": "It ended when its time was up.",
    "dollars": "It ended when its money was spent.",
    "exhausted": "It tried all there is.",
}


def _ranked(search: Search) -> list[Trial]:
    """The trials that came to their end, the best first."""
    done = [one for one in search.trials if one.state == _COMPLETE and one.value is not None]
    sign = -1.0 if search.metric.higher_is_better else 1.0
    return sorted(done, key=lambda one: (sign * (one.value or 0.0), one.number))


def _coordinates(search: Search, ranked: Sequence[Trial]) -> Markup:
    shown = _shown(search, ranked)
    names = _varied(sorted(shown, key=lambda one: one.number))
    place = {one.number: order for order, one in enumerate(ranked)}
    last = max(len(ranked) - 1, 1)
    drawn = [
        Line(
            values=[*(_value(one, name) for name in names), one.value],
            rank=1 - place[one.number] / last if one.number in place else None,
            tip=_tip(one),
            best=one.number == search.best,
        )
        for one in shown
    ]
    title = f"Trials by {', '.join(names)}"
    return parallel([*names, search.metric.value], drawn, title=title)


def _shown(search: Search, ranked: Sequence[Trial]) -> list[Trial]:
    """The best of very many trials, and as many of the rest as can be told apart."""
    done = {one.number for one in ranked}
    rest = [one for one in search.trials if one.number not in done]
    return [*ranked, *rest][:_DRAWN]


def _varied(trials: Sequence[Trial]) -> list[str]:
    """Parameters that are not the same in all trials; the algorithm where there are several."""
    several = len({one.algorithm for one in trials}) > 1
    names = dict.fromkeys(name for one in trials for name in one.parameters)
    found = [name for name in names if len({repr(one.parameters.get(name)) for one in trials}) > 1]
    return [*([_ALGORITHM] if several else []), *found] or [_ALGORITHM]


def _value(trial: Trial, name: str) -> float | str | None:
    if name == _ALGORITHM:
        return trial.algorithm
    found = trial.parameters.get(name)
    return str(found).lower() if isinstance(found, bool) else found


def _tip(trial: Trial) -> str:
    given = ", ".join(f"{name} {value}" for name, value in trial.parameters.items())
    came = short(trial.value) if trial.value is not None else trial.reason or trial.state.lower()
    return f"trial {trial.number}, {trial.algorithm}: {given or 'as it is'}: {came}"


def _curves(search: Search) -> Iterator[Grid]:
    """Validation loss of all trials that have rounds; the best one's training loss beside it."""
    curved = [one for one in search.trials if one.curve][:_DRAWN]
    if not curved:
        return
    faint = [
        Series(_tip(one), [(point.round, point.validation) for point in one.curve])
        for one in curved
    ]
    best = next((one for one in curved if one.number == search.best), None)
    strong = []
    if best is not None:
        strong = [
            Series("best, validation", [(p.round, p.validation) for p in best.curve]),
            Series("best, train", [(p.round, p.train) for p in best.curve if p.train is not None]),
        ]
    chart = traces(
        faint,
        [one for one in strong if one.points],
        title="Learning curves of all trials",
        x_label="round",
        y_label="loss",
    )
    told = "Loss on the validation part by round. A line that ends early stopped to gain."
    yield Grid([Figure(chart, told)])


def _best(search: Search, ranked: Sequence[Trial]) -> Table:
    rows = [
        [
            f"{one.number}{' (best)' if one.number == search.best else ''}",
            one.algorithm,
            ", ".join(f"{name} {_written(value)}" for name, value in one.parameters.items()),
            measure(one.value),
            f"{one.seconds:,.1f}",
        ]
        for one in ranked[:_LISTED]
    ]
    headers = ["trial", "algorithm", "parameters", search.metric.value, "seconds"]
    return Table(headers, rows, caption="The best trials", numeric=frozenset({3, 4}))


def _written(value: Value) -> str:
    return short(value, 3) if isinstance(value, float) else str(value)
