"""Warns of features that know the target too well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from perennial.data.association import MEASURE, NEARLY_DETERMINES, strength
from perennial.data.columns import Role
from perennial.data.examination import Examination
from perennial.data.problems import ProblemKind, Problems, Severity
from perennial.data.sample import Floats
from perennial.report import short
from perennial.spec import ModelSpec


def judge_leakage(
    spec: ModelSpec,
    examinations: Sequence[Examination],
    sample: Mapping[str, Floats],
    problems: Problems,
) -> None:
    """Note every feature that alone nearly determines the target, on the sampled rows."""
    target = next(one for one in examinations if one.column.role is Role.TARGET)
    truth = sample.get(spec.target, np.empty(0))
    known = np.flatnonzero(
        np.isfinite(truth) & (truth >= 0) if target.coded else np.isfinite(truth)
    )
    if not len(known) or np.ptp(truth[known]) == 0:
        return
    for one in examinations:
        if one.column.role is not Role.FEATURE:
            continue
        values = sample[one.column.name][known]
        found = strength(values, truth[known], spec.task, numeric=not one.coded)
        if found >= NEARLY_DETERMINES[spec.task]:
            problems.add(
                ProblemKind.LEAKAGE,
                one.column.name,
                f"alone predicts the target with a {MEASURE[spec.task]} of {short(found, 3)}; "
                "is it known before the target is?",
                severity=Severity.WARNING,
            )
