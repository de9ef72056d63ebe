"""The version in service beside the one before it, on the same rows: what if we had not changed?

The previous version is asked, here and now, about the captured features whose truth has become
known. So the comparison is a paired one, and a world that has become harder for both is not held
against the newer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from perennial.errors import ArtifactError, NeedsPipelineRuntime
from perennial.evaluation.compare import compared
from perennial.evaluation.outcomes import Scored, outcome
from perennial.evaluation.record import Comparison
from perennial.evaluation.subject import Scorer
from perennial.monitoring.labelled import features_of, said, truth_of
from perennial.monitoring.performance import SEED, watched
from perennial.monitoring.record import AgainstPrevious, Verdict, alarm, not_enough, not_judged, ok
from perennial.report import count, short
from perennial.spec import ModelSpec

ROWS = 20_000  # that the previous version is asked about at most


def beside_previous(
    spec: ModelSpec,
    version: int,
    rows: pa.Table,
    threshold: float | None,
    load: Callable[[], Scorer],
) -> tuple[AgainstPrevious | None, Verdict]:
    """Ask the previous version about the same rows, and judge the difference.

    Args:
        spec: of the model.
        version: the previous one.
        rows: what the version in service predicted, with outcomes and features.
        threshold: of the version in service (binary).
        load: gives the previous version; may raise what loading one raises.
    """
    least = spec.monitoring.performance.minimum_outcomes
    if rows.num_rows < least:
        return None, not_enough(f"{count(rows.num_rows)} of at least {count(least)} outcomes")
    try:
        found = _compared(spec, version, rows, threshold, load())
    except NeedsPipelineRuntime:
        return None, not_judged(f"version {version} is a pipeline, which cannot be asked here")
    except (ArtifactError, FileNotFoundError):
        return None, not_judged(f"the artifact of version {version} cannot be read")
    except (ValueError, KeyError) as error:
        return None, not_judged(f"version {version} cannot be asked: {error}")
    if found is None:
        return None, not_judged(f"version {version} refuses all of these rows")
    told = AgainstPrevious(version=version, rows=found.rows, difference=found.difference)
    return told, _judged(spec, told)


def _compared(
    spec: ModelSpec, version: int, rows: pa.Table, threshold: float | None, other: Scorer
) -> Comparison | None:
    features = features_of(rows)
    scores, answered = other.scores(features)
    if not answered.any():
        return None
    kept = rows.filter(pa.array(answered))
    truth, every = truth_of(spec, kept), np.ones(kept.num_rows, dtype=np.bool_)
    mine = outcome(spec, truth, said(spec, kept, threshold), every)
    by_row = other.thresholds(features)
    by_row = None if by_row is None else by_row[answered]
    theirs = Scored(scores[answered], every, other.labels, other.threshold, by_row)
    before = outcome(spec, truth, theirs, every)
    return compared(
        f"version {version}",
        spec.task,
        watched(spec),
        mine,
        before,
        unanswerable=rows.num_rows - kept.num_rows,
        seed=SEED,
    )


def _judged(spec: ModelSpec, found: AgainstPrevious) -> Verdict:
    metric, allowed = watched(spec), spec.monitoring.performance.tolerance
    name, difference = f"version {found.version}", found.difference
    if difference is None or difference.interval is None:
        return not_enough(f"{metric.value} is undefined on the rows shared with {name}")
    span = difference.interval
    worse = span.high < -allowed if metric.higher_is_better else span.low > allowed
    told = f"{metric.value} {short(difference.value)} from that of {name} on the same "
    told += f"{count(found.rows)} rows, 95 % interval {short(span.low)} to {short(span.high)}"
    told += f"; tolerated {short(allowed)}" if allowed else ""
    return alarm(told) if worse else ok(told)
