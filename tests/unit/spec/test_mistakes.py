"""Every mistake in a spec is told with its file, line, field and the nearest right name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import SpecError
from perennial.spec.source import parse_spec

GOOD = """\
name: m
task: binary
target: y
positive_class: 1
features:
  a: {type: number}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "f.yaml")
    return str(caught.value).split("\n")


def with_feature(feature: str) -> str:
    return GOOD.replace("{type: number}", feature)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GOOD + "splt: {}\n",
            "7: splt: no such field; did you mean 'split'?",
        ),
        (
            GOOD + "Gates: []\n",
            "7: Gates: no such field; did you mean 'gates'?",
        ),
        (
            GOOD + "split: {holdot: 0.1}\n",
            "7: split.holdot: no such field; did you mean 'holdout'?",
        ),
        (
            with_feature("{type: nmber}"),
            "6: features.a.type: must be one of number, integer, category, boolean, "
            "timestamp, text; did you mean 'number'?",
        ),
        (
            with_feature("{type: number, minmum: 0}"),
            "6: features.a.minmum: no such field; did you mean 'minimum'?",
        ),
        (
            with_feature("number"),
            "6: features.a: must be a mapping of fields",
        ),
        (
            with_feature(""),
            "6: features.a: has no value",
        ),
        (
            with_feature("{type: number, minimum: low}"),
            "6: features.a.minimum: must be a number",
        ),
        (
            with_feature("{type: number, minimum: .nan}"),
            "6: features.a.minimum: must be a finite number",
        ),
        (
            with_feature("{type: number, minimum: 2, maximum: 1}"),
            "6: features.a: minimum 2.0 is above maximum 1.0",
        ),
        (
            with_feature("{type: category, minimum: 2}"),
            "6: features.a: minimum and maximum do not apply to a category",
        ),
        (
            with_feature("{type: number, categories: [b]}"),
            "6: features.a: categories do not apply to a number",
        ),
        (
            with_feature("{type: category, categories: []}"),
            "6: features.a: categories is empty; leave it out to take them from the data",
        ),
        (
            with_feature("{type: category, categories: [b, b]}"),
            "6: features.a: categories holds the same value twice",
        ),
        (
            with_feature("{type: category, categories: [1.50]}"),
            "6: features.a.categories.0: must be text; put it in quotes to have it read as "
            "it stands here",
        ),
        (
            with_feature("{type: number, unseen: missing}"),
            "6: features.a: unseen does not apply to a number",
        ),
        (
            GOOD.replace("name: m", "name: My Model"),
            "1: name: must begin with a letter and have only lower-case letters, digits and "
            "dashes, at most 48 in all",
        ),
        (
            GOOD.replace("task: binary\n", ""),
            "1: task: is required and missing",
        ),
        (
            GOOD.replace("positive_class: 1\n", ""),
            "1: positive_class: is missing; a binary task needs it",
        ),
        (
            GOOD.replace("binary", "regression"),
            "4: positive_class: does not apply to a regression task",
        ),
        (
            GOOD.replace("target: y", "target: a"),
            "3: target: 'a' is a feature too",
        ),
        (
            GOOD + "id_column: y\n",
            "7: id_column: 'y' is the target too",
        ),
        (
            GOOD + "id_column: a\n",
            "7: id_column: 'a' is a feature too",
        ),
        (
            GOOD + "time_column: y\n",
            "7: time_column: 'y' is the target too",
        ),
        (
            GOOD + "excluded:\n  - b\n  - a\n",
            "9: excluded.1: 'a' is a feature too",
        ),
        (
            GOOD + "excluded: [b, b]\n",
            "7: excluded.1: 'b' stands here twice",
        ),
        (
            GOOD + "excluded: [gender]\nsensitive: [gendr]\n",
            "8: sensitive.0: 'gendr' is no column of this spec; did you mean 'gender'?",
        ),
        (
            GOOD + "sensitive: a\n",
            "7: sensitive: must be a list, such as [a, b]",
        ),
        (
            GOOD + "gates:\n  - {metric: f1}\n",
            "8: gates.0: a gate needs minimum, maximum or against",
        ),
        (
            GOOD + "gates:\n  - {metric: f1, tolerance: 1, minimum: 1}\n",
            "8: gates.0: tolerance only applies together with against",
        ),
        (
            GOOD + "approval: manuel\n",
            "7: approval.method: must be one of automatic, manual; did you mean 'manual'?",
        ),
        (
            GOOD + "approval: {approvers: [Risk]}\n",
            "7: approval: approvers only apply with method manual",
        ),
        (
            GOOD + "approval: {method: manual, expires_after: 91d}\n",
            "7: approval.expires_after: must be 90d at most",
        ),
        (
            GOOD + "approval: {method: manual, approvers: ['no body']}\n",
            "7: approval.approvers: 'no body' can be neither an ARN nor the name of a role",
        ),
        (
            GOOD + "approval: {method: manual, required_gates: [f1]}\n",
            "7: approval.required_gates.0: 'f1' is the metric of no gate of this spec; "
            "there are none",
        ),
        (
            GOOD + "tuning: {method: bayes}\n",
            "7: tuning.method: must be one of none, grid, random, bayesian; "
            "did you mean 'bayesian'?",
        ),
        (
            GOOD + "split: {holdout: 0.9, validation: 0.09}\n",
            "7: split: holdout and validation leave less than 5 % of the rows to train on",
        ),
        (
            GOOD + "split: {holdout: 1}\n",
            "7: split.holdout: must be less than 1",
        ),
        (
            GOOD + "split: {seed: 1.5}\n",
            "7: split.seed: must be a whole number",
        ),
        (
            GOOD + "algorithm: {parameters: {x: [1]}}\n",
            "7: algorithm.parameters.x: must be a number, text, true or false",
        ),
        (
            GOOD + "target: z\n",
            "7: target: stands here twice",
        ),
        (
            GOOD + "  a: {type: number}\n",
            "7: a: stands here twice",
        ),
        (
            GOOD + "split: {seed: 1, seed: 2}\n",
            "7: seed: stands here twice",
        ),
        (
            "",
            "1: expected a mapping of fields such as `name:` and `task:`",
        ),
        (
            "- a\n",
            "1: expected a mapping of fields such as `name:` and `task:`",
        ),
        (
            "a: [\n",
            "2: not valid YAML: expected the node content, but found '<stream end>'",
        ),
        (
            "[" * 5000,
            "1: not valid YAML: nested too deeply",
        ),
        (
            GOOD + "x: &x [*x]\n",
            "7: x: no such field",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, expected: str) -> None:
    assert mistakes(text) == [f"f.yaml:{expected}"]


def test_a_metric_of_another_task_is_refused_with_those_that_fit() -> None:
    (told,) = mistakes(GOOD + "gates:\n  - {metric: rmse, maximum: 1}\n")
    assert told.startswith("f.yaml:8: gates.0.metric: rmse is no metric of a binary task; use one")
    (told,) = mistakes(GOOD + "primary_metric: rmse\n")
    assert told.startswith("f.yaml:7: primary_metric: rmse is no metric of a binary task")


@pytest.mark.parametrize(
    ("task", "algorithm"),
    [("binary", "linear_regression"), ("binary", "ridge"), ("regression", "logistic_regression")],
)
def test_an_algorithm_of_another_task_is_refused_with_those_that_fit(
    task: str, algorithm: str
) -> None:
    text = GOOD.replace("task: binary", f"task: {task}") + f"algorithm:\n  name: {algorithm}\n"
    if task == "regression":
        text = text.replace("positive_class: 1\n", "")
    (told,) = mistakes(text)
    place, _, fitting = told.partition("use one of ")
    line = text.splitlines().index(f"  name: {algorithm}") + 1
    assert place == f"f.yaml:{line}: algorithm.name: {algorithm} is no algorithm of a {task} task; "
    assert {"xgboost", "linear", "extra_trees"} <= set(fitting.split(", "))
    assert algorithm not in fitting.split(", ")


def test_all_mistakes_are_told_at_once() -> None:
    text = with_feature("{type: nmber, minmum: 1}") + "splt: {}\nsplit: {holdout: 7}\n"
    assert [line.split(": ")[1] for line in mistakes(text)] == [
        "features.a.type",
        "features.a.minmum",
        "split.holdout",
        "splt",
    ]


def test_all_contradictions_are_told_at_once() -> None:
    text = GOOD + "excluded: [a]\nsensitive: [b]\napproval: {maximum_age: 1d}\n"
    assert [line.split(":")[1] for line in mistakes(text)] == ["7", "8", "9"]


@given(st.text(max_size=200))
def test_any_text_is_a_spec_or_a_told_mistake(text: str) -> None:
    with pytest.raises(SpecError, match=r"^f\.yaml:\d+: "):
        parse_spec(text, "f.yaml")


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.integers(0, len(GOOD)))
def test_damage_anywhere_is_told_and_never_crashes(noise: str, at: int) -> None:
    told = _told(GOOD[:at] + noise + GOOD[at:])
    assert all(line.startswith("f.yaml:") for line in told)


def _told(text: str) -> list[str]:
    try:
        parse_spec(text, "f.yaml")
    except SpecError as error:
        return str(error).split("\n")
    return []
