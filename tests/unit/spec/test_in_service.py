"""What is asked of a model in service cannot contradict itself; each mistake is told by name."""

from __future__ import annotations

import pytest
from perennial.errors import SpecError
from perennial.spec.duration import seconds
from perennial.spec.source import parse_spec

GOOD = """\
name: m
task: binary
target: y
positive_class: 1
features:
  a: {type: number}
  b: {type: category, nullable: true}
"""


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("monitoring: {every: 30s}", "every is at least 1m"),
        ("monitoring: {every: 2d, window: 1d}", "window (1d) is shorter than every (2d)"),
        ("monitoring: {every: daily}", "monitoring.every"),
        ("monitoring: {drift: {exclude: [c]}}", "'c' is no feature"),
        ("monitoring: {drift: {minimum_rows: 5}}", "monitoring.drift.minimum_rows"),
        ("monitoring: {drift: {false_alarms: 0.5}}", "monitoring.drift.false_alarms"),
        ("monitoring: {performance: {metric: rmse}}", "rmse is no metric of a binary task"),
        ("monitoring: {performance: {slices: [c]}}", "'c' is no feature"),
        (
            "monitoring: {performance: {slices: [b]}}\nsensitive: [b]",
            "'b' is not captured, so nothing can be sliced by it",
        ),
        (
            "monitoring: {performance: {metric: log_loss, floor: 0.5, collapse: 0.4}}",
            "collapse (0.4) is better than floor (0.5)",
        ),
        (
            "monitoring: {performance: {floor: 0.9}}\ngates: [{metric: roc_auc, minimum: 0.8}]",
            "floor (0.9) asks for more than the gate that lets it in (0.8)",
        ),
        ("monitoring: {enabled: true}\ncapture: {enabled: false}", "needs capture"),
        ("rollout: {stages: [{strategy: shadow}]}\ncapture: {enabled: false}", "need capture"),
        ("rollout: {stages: [{strategy: shadow, steps: [0.1]}]}", "steps do not apply to a shadow"),
        ("rollout: {stages: [{strategy: canary, steps: [0.5, 0.2]}]}", "steps must ascend"),
        ("rollout: {stages: [{strategy: canary, steps: [0.5, 1.5]}]}", "between 0 and 1"),
        ("rollout: {stages: [{strategy: ab, steps: [0.2, 0.5]}]}", "ab has one step"),
        (
            "rollout: {stages: [{strategy: shadow, bake: 30s}], check_every: 1m}",
            "30s is shorter than check_every (1m)",
        ),
        ("rollout: {strategy: direct}", "no such field"),
        ("retraining: {minimum_rows: 5000, maximum_rows: 2000}", "is above maximum_rows (2000)"),
        ("retraining: {on: [boredom]}", "retraining.on"),
        ("outcomes: {window: forever}", "outcomes.window"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(section: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(f"{GOOD}{section}\n", "f.yaml")
    assert told in str(caught.value)


def test_without_a_word_a_model_is_watched_and_released_at_once() -> None:
    spec = parse_spec(GOOD, "f.yaml")
    assert spec.monitoring.enabled
    assert spec.rollout.stages == ()
    assert spec.rollback.automatic


def test_a_canary_grows_step_by_step_and_a_shadow_answers_nobody() -> None:
    stages = "rollout: {stages: [{strategy: shadow}, {strategy: canary}, {strategy: ab}]}\n"
    shares = [stage.shares for stage in parse_spec(GOOD + stages, "f.yaml").rollout.stages]
    assert shares == [(0.0,), (0.05, 0.25, 0.5), (0.5,)]


@pytest.mark.parametrize(("text", "length"), [("90s", 90), ("15m", 900), ("6h", 21600)])
def test_a_length_of_time_has_a_unit(text: str, length: int) -> None:
    assert seconds(text) == length
