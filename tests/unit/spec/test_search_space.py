"""A search that cannot be is refused when its spec is read, with the place and the reason."""

from __future__ import annotations

import pytest
from perennial.errors import SpecError
from perennial.spec import ModelSpec
from perennial.spec.source import parse_spec
from perennial.spec.tuning import Range

GOOD = """name: m
task: {task}
target: y
features: {{a: {{type: number}}, b: {{type: number}}}}
id_column: id
"""


def spec(tuning: str, *, task: str = "binary", more: str = "") -> ModelSpec:
    positive = "positive_class: 'yes'\n" if task == "binary" else ""
    return parse_spec(GOOD.format(task=task) + positive + more + f"tuning: {tuning}\n")


def trees(parameters: str, *, method: str = "grid", more: str = "") -> str:
    return f"{{method: {method}, {more} search: [{{algorithm: xgboost, {parameters}}}]}}"


@pytest.mark.parametrize(
    ("tuning", "told"),
    [
        ("{method: grid}", "search: is empty: there is nothing to search"),
        ("{method: grid, search: []}", "search: is empty"),
        (trees("parameters: {}"), "search: has one point only"),
        (trees("parameters: {eta: []}"), "eta has no values to choose from"),
        (trees("parameters: {eta: [0.1, 0.1]}"), "eta lists the same value twice"),
        (trees("parameters: {eta: 0.1}"), "eta: must be a range, as {low: 1, high: 8}, or a list"),
        (trees("parameters: {eta: [[1]]}"), "eta.0: must be a number, text, true or false"),
        (trees("parameters: {max_depth: {low: 8, high: 2}}"), "low (8) must be below high (2)"),
        (trees("parameters: {max_depth: {low: 8}}"), "max_depth.high: is required and missing"),
        (
            trees("parameters: {eta: {low: 0.0, high: 1.0, scale: log}}"),
            "a log scale needs a low above 0, not 0.0",
        ),
        (
            trees("parameters: {eta: {low: 0.1, high: 1.0, scale: log, step: 0.1}}"),
            "a step has no meaning on a log scale",
        ),
        (trees("parameters: {eta: {low: 0.1, high: 1.0, step: 2.0}}"), "larger than the range"),
        (trees("parameters: {max_depth: {low: 1, high: 9, step: 0.5}}"), "need a whole step"),
        (trees("parameters: {eta: [1, 2]}, fixed: {eta: 3}"), "eta is searched and fixed"),
        (trees("parameters: {eta: [1, 2]}, fixed: {learning_rate: 3}"), "are one parameter"),
        (trees("parameters: {max_dpth: [1, 2]}"), "did you mean 'max_depth'?"),
        (trees("parameters: {seed: [1, 2]}"), "seed: is decided by split.seed, not by a search"),
        (trees("parameters: {eta: {low: 0.1, high: 1.0}}"), "a grid needs a step here"),
        (
            trees("parameters: {max_depth: {low: 1, high: 99}}"),
            "trials: the grid has 99 points, with the default that is 100 trials, and trials "
            "allows 50",
        ),
        (
            "{method: grid, search: [{algorithm: ridge, parameters: {alpha: [1, 2]}}]}",
            "search.0.algorithm: ridge is no algorithm of a binary task",
        ),
        (
            "{method: grid, search: [{algorithm: pipeline, parameters: {k: [1, 2]}}]}",
            "a pipeline can be searched where algorithm names it, with its file",
        ),
        (
            "{method: grid, search: [{algorithm: xgboost, parameters: {eta: [1, 2]}},"
            " {algorithm: xgboost, parameters: {gamma: [1, 2]}}]}",
            "search.1.algorithm: xgboost stands here twice",
        ),
        (
            "{search: [{algorithm: xgboost, parameters: {eta: [1, 2]}}]}",
            "method: is none, and there is a search",
        ),
        (trees("parameters: {eta: [1, 2]}", more="metric: rmse,"), "rmse is no metric of a binary"),
        (trees("parameters: {eta: [1, 2]}", more="trials: 501,"), "trials: "),
        (trees("parameters: {eta: [1, 2]}", more="minutes: 0,"), "minutes: "),
        (trees("parameters: {eta: [1, 2]}", more="dollars: -1,"), "dollars: "),
        ("{cross_validation: {method: group}}", "group needs group_column"),
        ("{cross_validation: {method: random, group_column: id}}", "does not apply to random"),
        ("{cross_validation: {method: group, group_column: z}}", "'z' is no feature"),
        ("{cross_validation: {folds: 1}}", "folds: "),
        (trees("parameters: {eta: {low: -1.0e+308, high: 1.0e+308}}"), "further apart than any"),
        (trees("parameters: {eta: {low: 0.1, high: 1, step: 1.0e-300}}"), "than can be counted"),
        (trees("parameters: {max_depth: {low: 1, high: 1" + "0" * 400 + "}}"), "beyond 2**53"),
    ],
)
def test_a_search_that_cannot_be_is_refused_with_its_place(tuning: str, told: str) -> None:
    with pytest.raises(SpecError) as refused:
        spec(tuning)
    assert told in str(refused.value)
    assert ":7: tuning" in str(refused.value)


def test_a_regression_has_no_classes_to_stratify_by() -> None:
    with pytest.raises(SpecError, match="no classes to stratify by"):
        spec("{cross_validation: {method: stratified}}", task="regression")


def test_rows_split_by_time_are_not_judged_by_their_future() -> None:
    with pytest.raises(SpecError, match="judge the past by the future"):
        spec("{cross_validation: {method: random}}", more="split: {method: time}\n")
    assert spec("{cross_validation: {method: time}}", more="split: {method: time}\n")


def test_points_are_counted_over_all_algorithms() -> None:
    both = (
        "{method: grid, search: [{algorithm: xgboost, parameters: {max_depth: {low: 2, high: 8, "
        "step: 3}, eta: {low: 0.1, high: 0.4, step: 0.1}}}, {algorithm: linear, parameters: "
        "{C: [1, 10]}}]}"
    )
    assert spec(both).tuning.size == 3 * 4 + 2
    endless = trees("parameters: {eta: {low: 0.1, high: 0.4}}", method="random")
    assert spec(endless).tuning.size is None


def test_a_step_reaches_its_upper_bound_in_spite_of_binary_fractions() -> None:
    assert [*Range(low=0.6, high=1.0, step=0.2).values()] == [0.6, 0.8, 1.0]
    assert [*Range(low=0.0, high=0.3, step=0.1).values()] == [0.0, 0.1, 0.2, 0.3]
    assert [*Range(low=1, high=8, step=3).values()] == [1, 4, 7]
    assert [*Range(low=-0.3, high=0.0, step=0.1).values()] == [-0.3, -0.2, -0.1, 0.0]
    assert [*Range(low=1e-14, high=3e-14, step=1e-14).values()] == [1e-14, 2e-14, 3e-14]


def test_a_range_of_very_many_values_is_never_listed() -> None:
    """A list of them would be all the memory there is."""
    wide = Range(low=0, high=2**53)
    fine = Range(low=0.0, high=1.0, step=1e-12)
    assert (wide.value(10**15), wide.place(10**15)) == (10**15, 10**15)
    assert (fine.value(3), fine.place(3e-12)) == (3e-12, 3)
    assert [wide.place(one) for one in (-1, 0.5, 2**53 + 2)] == [None] * 3


def test_a_search_survives_the_way_to_the_container() -> None:
    given = spec(trees("parameters: {eta: {low: 0.1, high: 1, step: 0.1}, max_depth: [2, 4]}"))
    assert ModelSpec.model_validate(given.model_dump(mode="json")) == given
