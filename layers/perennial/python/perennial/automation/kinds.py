"""The alarms of a model: which there are, what they are called, and what each is about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from perennial.spec import ModelSpec
from perennial.spec.duration import seconds
from perennial.spec.monitoring import RetrainingCause


class AlarmKind(StrEnum):
    """One alarm of a model; its value ends the alarm's name."""

    ERRORS = "errors"
    RECURRING_ERRORS = "recurring-errors"
    LATENCY = "latency"
    BAD_ARTIFACT = "bad-artifact"
    QUALITY = "quality"
    DRIFT = "drift"
    CONCEPT_DRIFT = "concept-drift"
    BELOW_FLOOR = "below-floor"
    COLLAPSED = "collapsed"
    BELOW_PREVIOUS = "below-previous"
    STALE = "stale"
    SILENT = "silent"
    OVER_BUDGET = "over-budget"


DEGRADED, HARMFUL = "degraded", "harmful"  # the two alarms made of others

# What says that the version in service does harm: it is taken back.
HARMS = (
    AlarmKind.ERRORS,
    AlarmKind.RECURRING_ERRORS,
    AlarmKind.LATENCY,
    AlarmKind.BAD_ARTIFACT,
    AlarmKind.COLLAPSED,
)

# What says that the world has moved: the model is trained anew.
CAUSES: Mapping[AlarmKind, RetrainingCause] = {
    AlarmKind.DRIFT: RetrainingCause.DRIFT,
    AlarmKind.CONCEPT_DRIFT: RetrainingCause.DRIFT,
    AlarmKind.BELOW_FLOOR: RetrainingCause.PERFORMANCE,
    AlarmKind.BELOW_PREVIOUS: RetrainingCause.PERFORMANCE,
    AlarmKind.STALE: RetrainingCause.STALENESS,
}

# The verdicts of a report behind an alarm; the others watch the endpoint itself.
VERDICTS: Mapping[AlarmKind, tuple[str, ...]] = {
    AlarmKind.QUALITY: ("quality",),
    AlarmKind.DRIFT: ("drift", "prediction_drift", "multivariate"),
    AlarmKind.CONCEPT_DRIFT: ("concept_drift",),
    AlarmKind.BELOW_FLOOR: ("performance",),
    AlarmKind.COLLAPSED: ("collapse",),
    AlarmKind.BELOW_PREVIOUS: ("previous",),
    AlarmKind.STALE: ("stale_data", "stale_model"),
    AlarmKind.OVER_BUDGET: ("budget",),
}

_RARELY = 6 * 86_400  # CloudWatch looks back for a week
_ENDPOINT = (
    AlarmKind.ERRORS,
    AlarmKind.RECURRING_ERRORS,
    AlarmKind.LATENCY,
    AlarmKind.BAD_ARTIFACT,
)


def kinds_of(spec: ModelSpec) -> tuple[AlarmKind, ...]:
    """The alarms a model has: those of the endpoint, and of what its spec has watched."""
    if not (spec.monitoring.enabled and spec.capture.enabled):
        return _ENDPOINT
    watched, performance = spec.monitoring, spec.monitoring.performance
    asked = {
        AlarmKind.BELOW_FLOOR: performance.floor is not None,
        AlarmKind.COLLAPSED: performance.collapse is not None,
        AlarmKind.STALE: watched.maximum_silence is not None or watched.maximum_age is not None,
        AlarmKind.OVER_BUDGET: watched.maximum_dollars is not None,
        AlarmKind.SILENT: seconds(watched.every) <= _RARELY,
    }
    return tuple(kind for kind in AlarmKind if asked.get(kind, True))


def composites_of(spec: ModelSpec) -> tuple[str, ...]:
    """What ends the names of the alarms made of others that a model has."""
    there = kinds_of(spec)
    made = {HARMFUL: HARMS, DEGRADED: tuple(CAUSES)}
    return tuple(end for end, kinds in made.items() if any(kind in there for kind in kinds))


def alarm_name(prefix: str, model: str, kind: str) -> str:
    """The name of an alarm; `prefix` is the deployment's, in lower case."""
    return f"{prefix}-{model}-{kind}"


def model_of(name: str, prefix: str, models: Collection[str]) -> str | None:
    """The deployed model an alarm belongs to, or None: it belongs to none."""
    return next((model for model in models if name in names(prefix, model)), None)


def names(prefix: str, model: str) -> dict[str, str]:
    """Names of all alarms a model can have, with what ends each."""
    kinds = (*AlarmKind, DEGRADED, HARMFUL)
    return {alarm_name(prefix, model, kind): str(kind) for kind in kinds}


def clashes(prefix: str, models: Collection[str], taken: Collection[str]) -> Iterator[str]:
    """Sentences about names that two alarms would share: `taken` are those of no model."""
    owners = dict.fromkeys(taken, "the deployment")
    for model in sorted(models):
        for name in names(prefix, model):
            if name in owners:
                yield f"{model} and {owners[name]} would both have an alarm named {name}"
            owners[name] = model
