"""Whether the data in service is other than the training data, with a verdict that can be trusted.

All tests of a report share one probability of a false alarm (Holm's correction), and what differs
beyond chance alarms only where the difference is also large enough to matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perennial.monitoring import record
from perennial.monitoring.comparison import Compared, compare, picture
from perennial.monitoring.multivariate import MINIMUM_AUC, Separation, tell_apart
from perennial.monitoring.numbers import NumberWindow
from perennial.monitoring.record import Moved, Verdict
from perennial.monitoring.reference import Reference
from perennial.monitoring.significance import holm
from perennial.monitoring.window import ColumnWindow, DataWindow
from perennial.report import count, short
from perennial.spec.monitoring import Drift

PREDICTION = "prediction"
LEARNT_ROWS = 500  # of each sample, below which a classifier has too little to learn from
_NAMED = 5  # features a sentence names


@dataclass(frozen=True, slots=True)
class DriftFindings:
    """What has drifted.

    Attributes:
        features: all of them, what moved most first.
        prediction: the answers; None where they have no reference.
        auc: of the classifier; None where it did not run.
        verdicts: `drift`, `prediction_drift` and `multivariate`.
    """

    features: tuple[Moved, ...]
    prediction: Moved | None
    auc: float | None
    verdicts: dict[str, Verdict]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A column on its way to a verdict."""

    name: str
    window: ColumnWindow
    compared: Compared | None
    unjudged: str  # why there is no verdict; empty: there is one
    adjusted: float | None = None

    @property
    def judged(self) -> bool:
        return self.compared is not None and not self.unjudged


def judge_drift(window: DataWindow, spec: Drift) -> DriftFindings:
    """Judge all features, the predictions and, where there are samples, all features together."""
    reference = window.reference
    features = [_candidate(n, w, reference, spec) for n, w in window.features.items()]
    prediction = (
        None
        if window.predictions is None
        else _candidate(PREDICTION, window.predictions, reference, spec)
    )
    together = _separation(window, spec)
    features, prediction, chance = _corrected(features, prediction, together)
    found = sorted(
        (_moved(one, reference, spec) for one in features),
        key=lambda one: (not one.drifted, not one.judged, -(one.score or 0.0), one.name),
    )
    answers = None if prediction is None else _moved(prediction, reference, spec)
    verdicts = {
        "drift": _of_features(found, window, spec),
        "prediction_drift": _of_prediction(answers),
        "multivariate": _of_all(together, chance, window, spec),
    }
    return DriftFindings(tuple(found), answers, together.auc if together else None, verdicts)


def _candidate(name: str, window: ColumnWindow, reference: Reference, spec: Drift) -> _Candidate:
    profile = window.reference.profile
    known, given = profile.rows - profile.nulls, window.count
    unjudged = ""
    if min(known, given) < spec.minimum_rows:
        what = "training had" if known < spec.minimum_rows else "the window has"
        unjudged = f"{what} {count(min(known, given))} values; needed are {spec.minimum_rows}"
    if name != PREDICTION and name in reference.moving:
        unjudged = "times move by nature; shown and not judged"
    if name != PREDICTION and name in spec.exclude:
        unjudged = "excluded by the spec; shown and not judged"
    compared = compare(window, spec) if known and given else None
    if compared is None and not unjudged:
        unjudged = "the profile of the training data does not list all labels"
    return _Candidate(name, window, compared, unjudged)


def _separation(window: DataWindow, spec: Drift) -> Separation | None:
    held, current = window.reference.sample, window.sample.table()
    if not spec.multivariate or held is None or current is None:
        return None
    weights = window.reference.importances
    names = [
        name
        for name in window.features
        if name not in spec.exclude and name not in window.reference.moving
    ]
    names.sort(key=lambda name: -weights.get(name, 0.0))
    return tell_apart(held, current, names, max(LEARNT_ROWS, spec.minimum_rows))


def _corrected(
    features: list[_Candidate], prediction: _Candidate | None, together: Separation | None
) -> tuple[list[_Candidate], _Candidate | None, float]:
    """Probabilities corrected for all that the report tests."""
    columns = [*features, *([prediction] if prediction else [])]
    raw = [one.compared.probability for one in columns if one.judged and one.compared]
    adjusted = iter(holm([*raw, *([together.probability] if together else [])]))
    columns = [replace(one, adjusted=next(adjusted)) if one.judged else one for one in columns]
    chance = next(adjusted, 1.0)
    return columns[: len(features)], columns[-1] if prediction else None, chance


def _moved(one: _Candidate, reference: Reference, spec: Drift) -> Moved:
    weight = reference.importances.get(one.name)
    if one.compared is None:
        return Moved(
            name=one.name,
            statistic=(spec.numbers if isinstance(one.window, NumberWindow) else spec.categories),
            effect=None,
            p_value=None,
            drifted=False,
            judged=False,
            importance=weight,
            sentence=f"{one.name}: {one.unjudged}",
        )
    found = one.compared
    drifted = (
        one.adjusted is not None
        and one.adjusted <= spec.false_alarms
        and found.effect >= found.minimum
    )
    return Moved(
        name=one.name,
        statistic=found.statistic,
        effect=found.effect,
        p_value=one.adjusted,
        drifted=drifted,
        judged=one.judged,
        importance=weight,
        score=found.effect / found.minimum * (1.0 if weight is None else weight),
        sentence=f"{one.name}: {one.unjudged or _sentence(found, one.adjusted)}",
        shape=picture(one.window),
    )


def _sentence(found: Compared, adjusted: float | None) -> str:
    chance = 1.0 if adjusted is None else adjusted
    return (
        f"{found.statistic} {short(found.effect)}, from {short(found.minimum)} on it matters; "
        f"as large by chance with a probability {_likely(chance)}"
    )


def _likely(chance: float) -> str:
    return "under 0.0001" if chance < 1e-4 else f"of {short(chance)}"


def _of_features(found: Sequence[Moved], window: DataWindow, spec: Drift) -> Verdict:
    if not window.reference.features:
        return record.not_judged("there is no profile of the training data for any feature")
    drifted = [one.name for one in found if one.drifted]
    judged = sum(one.judged for one in found)
    if drifted:
        more = f" and {len(drifted) - _NAMED} more" if len(drifted) > _NAMED else ""
        names = ", ".join(drifted[:_NAMED])
        return record.alarm(f"{len(drifted)} of {judged} features drifted: {names}{more}")
    if judged:
        return record.ok(f"none of {judged} features drifted, on {count(window.rows)} predictions")
    if window.rows < spec.minimum_rows:
        return record.not_enough(
            f"{count(window.rows)} predictions; needed are {spec.minimum_rows}"
        )
    return record.not_enough("no feature could be judged: " + (found[0].sentence if found else ""))


def _of_prediction(found: Moved | None) -> Verdict:
    if found is None:
        return record.not_judged("what the version said of its holdout is not known")
    if not found.judged:
        return record.not_enough(found.sentence)
    return record.alarm(found.sentence) if found.drifted else record.ok(found.sentence)


def _of_all(together: Separation | None, chance: float, window: DataWindow, spec: Drift) -> Verdict:
    if not spec.multivariate:
        return record.not_judged("switched off by the spec")
    if window.reference.sample is None:
        return record.not_judged("there is no sample of the training data")
    if together is None:
        return record.not_enough(
            f"a classifier needs {LEARNT_ROWS} rows of training and of the window"
        )
    sentence = (
        f"a classifier tells service from training with an AUC of {short(together.auc)}, "
        f"from {MINIMUM_AUC} on it matters; on {count(together.rows)} rows, as high by chance "
        f"with a probability {_likely(chance)}"
    )
    alarm = chance <= spec.false_alarms and together.auc >= MINIMUM_AUC
    return record.alarm(sentence) if alarm else record.ok(sentence)
