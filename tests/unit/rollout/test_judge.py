"""A challenger passes or is rejected with certainty, and nothing in between is decided."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from perennial.rollout.evidence import Evidence
from perennial.rollout.findings import Findings, Verdict
from perennial.rollout.judge import Limits, judge
from perennial.rollout.samples import Counts

from tests.unit.rollout.scenes import (
    FAILING,
    GOOD,
    NOTHING,
    SLOW,
    STEP,
    difference,
    evidence,
    rules,
)


def found(seen: Evidence, **given: object) -> Findings:
    return judge(seen, rules(**given), STEP, 3)


def verdict_on(name: str, findings: Findings) -> Verdict:
    return next(one.verdict for one in findings.guardrails if one.name == name)


def test_a_challenger_as_good_as_the_champion_passes() -> None:
    assert found(GOOD).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("errors", FAILING),
        ("latency", SLOW),
        ("predictions", evidence(shift={"labelled 'yes'": difference(0.6)})),
        ("predictions", evidence(shift={"labelled 'yes'": difference(-0.6)})),
        ("loss", evidence(loss=difference(0.5), champion_loss=1.0)),
    ],
)
def test_worse_than_tolerated_in_one_thing_is_rejected(name: str, seen: Evidence) -> None:
    findings = found(seen)
    assert findings.verdict is Verdict.REJECT
    assert verdict_on(name, findings) is Verdict.REJECT
    assert name in findings.sentence


def test_what_is_tolerated_follows_from_the_spec() -> None:
    assert found(SLOW, tolerated_latency=6).verdict is Verdict.PASS
    assert found(FAILING, tolerated_errors=0.7).verdict is Verdict.PASS


def test_no_requests_at_all_decide_nothing() -> None:
    findings = found(NOTHING)
    assert findings.verdict is Verdict.UNDECIDED
    assert "seen 0 of the challenger" in findings.sentence


def test_one_request_decides_nothing() -> None:
    one = evidence(
        challenger=Counts(1, 0),
        champion=Counts(1, 0),
        latency=difference(0.0, units=1),
        shift={"labelled 'yes'": difference(0.0, units=1)},
    )
    assert found(one).verdict is Verdict.UNDECIDED


def test_fewer_requests_than_the_minimum_never_pass() -> None:
    few = evidence(challenger=Counts(199, 0), champion=Counts(10**6, 0))
    assert verdict_on("errors", found(few, tolerated_errors=0.5)) is Verdict.UNDECIDED
    enough = evidence(challenger=Counts(200, 0), champion=Counts(10**6, 0))
    assert verdict_on("errors", found(enough, tolerated_errors=0.5)) is Verdict.PASS


def test_a_challenger_that_always_fails_is_rejected_before_the_minimum() -> None:
    broken = Evidence(challenger=Counts(12, 12), champion=Counts(400, 0))
    findings = found(broken)
    assert findings.verdict is Verdict.REJECT
    assert verdict_on("latency", findings) is Verdict.UNDECIDED


def test_a_champion_that_always_fails_does_not_keep_a_good_one_out() -> None:
    saved = evidence(challenger=Counts(5000, 0), champion=Counts(5000, 5000))
    assert verdict_on("errors", found(saved)) is Verdict.PASS


def test_without_outcomes_the_loss_is_not_judged_and_the_rest_decides() -> None:
    findings = found(GOOD)
    assert verdict_on("loss", findings) is Verdict.NOT_JUDGED
    assert findings.verdict is Verdict.PASS


def test_a_few_outcomes_are_not_judged_either() -> None:
    findings = found(evidence(loss=difference(9.0, units=20), champion_loss=1.0))
    assert verdict_on("loss", findings) is Verdict.NOT_JUDGED
    assert "20 outcomes of 200" in findings.guardrails[-1].sentence


@pytest.mark.parametrize(("rarer", "judged"), [(0, False), (9, False), (10, True), (None, True)])
def test_outcomes_that_are_next_to_all_alike_are_not_judged(
    rarer: int | None, judged: bool
) -> None:
    seen = evidence(loss=difference(0.5), champion_loss=1.0, rarer_outcomes=rarer)
    verdict = verdict_on("loss", findings := found(seen))
    assert verdict is (Verdict.REJECT if judged else Verdict.NOT_JUDGED)
    if not judged:
        assert f"{rarer} of 10 needed" in findings.guardrails[-1].sentence


def test_where_no_predictions_are_kept_they_are_not_judged() -> None:
    findings = found(evidence(shift={}))
    assert verdict_on("predictions", findings) is Verdict.NOT_JUDGED
    assert findings.verdict is Verdict.PASS


def test_a_loss_of_zero_does_not_divide_by_it() -> None:
    findings = found(evidence(loss=difference(0.0), champion_loss=0.0))
    assert all(one.estimate is None or math.isfinite(one.estimate) for one in findings.guardrails)


@pytest.mark.parametrize("seen", [GOOD, FAILING, NOTHING, SLOW], ids=str)
def test_findings_are_json_whatever_was_seen(seen: Evidence) -> None:
    told = json.loads(found(seen).as_json(looked_at="now"))
    assert {one["name"] for one in told["guardrails"]} == {
        "errors",
        "latency",
        "predictions",
        "loss",
    }
    assert told["looked_at"] == "now"


def test_the_error_rate_of_rejecting_is_shared_by_guardrails_and_steps() -> None:
    limits = Limits.of(rules(error_rate=0.12), STEP, 3)
    assert limits.rejecting * 3 * 4 == pytest.approx(0.12)
    assert limits.passing == 0.12


def test_means_are_not_trusted_below_thirty_units_even_where_the_spec_asks_for_fewer() -> None:
    few = evidence(
        challenger=Counts(5000, 0),
        champion=Counts(5000, 0),
        latency=difference(0.0, units=29, spread=0.001),
    )
    findings = judge(few, rules(), replace(STEP, minimum_requests=1), 3)
    assert verdict_on("latency", findings) is Verdict.UNDECIDED
