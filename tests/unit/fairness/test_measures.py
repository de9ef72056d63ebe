"""Numbers by group: those of fairlearn, and those of a pencil."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.evaluation.calibration import calibration_error
from perennial.evaluation.fairness import Grouping
from perennial.evaluation.measure import value
from perennial.evaluation.measures import Classified, Estimated, Outcome
from perennial.spec import ModelSpec
from perennial.spec.fairness import Disparity
from perennial.training.fairness import fairness_of
from perennial.training.fairness_rates import by_group, counted
from sklearn.metrics import mean_absolute_error

from tests.unit.fairness.people import a_spec, answers, codes_of

# By hand: of 100 women 40 are true, of 200 men 120.
CELLS = {"f": (30, 10, 6, 54), "m": (108, 12, 16, 64)}


def found_of(spec: ModelSpec, rows: pa.Table, outcome: Outcome) -> Grouping:
    found = fairness_of(spec, rows, outcome, run_id="r", artifact_digest="d")
    return found.groupings[0]


def by_sex(task: str = "binary", **given: object) -> ModelSpec:
    return a_spec(task, fairness={"columns": ["sex"], **given})


def apart(grouping: Grouping, of_class: str | None = None) -> dict[Disparity, float]:
    return {one.measure: one.value for one in grouping.apart if one.of_class == of_class}


def test_rates_of_groups_are_those_of_a_pencil() -> None:
    women, men = found_of(by_sex(), *answers(CELLS)).groups
    assert (women.labels, women.rows, men.labels, men.rows) == (("f",), 100, ("m",), 200)
    expected = {
        "base_rate": (0.4, 0.6),
        "selection_rate": (0.36, 0.62),
        "true_positive_rate": (0.75, 0.9),
        "false_positive_rate": (0.1, 0.2),
        "false_negative_rate": (0.25, 0.1),
        "precision": (30 / 36, 108 / 124),
        "accuracy": (0.84, 0.86),
        "mean_probability": (0.36 * 0.8 + 0.64 * 0.2, 0.62 * 0.8 + 0.38 * 0.2),
    }
    for name, both in expected.items():
        told = (women.measures[name].value, men.measures[name].value)
        assert told == pytest.approx(both), name
    gap = women.measures["calibration_gap"].value
    assert gap == pytest.approx(0.4 - expected["mean_probability"][0])


def test_distances_are_those_of_a_pencil_and_name_who_is_apart() -> None:
    grouping = found_of(by_sex(), *answers(CELLS))
    told = apart(grouping)
    assert told[Disparity.DEMOGRAPHIC_PARITY_DIFFERENCE] == pytest.approx(0.26)
    assert told[Disparity.DEMOGRAPHIC_PARITY_RATIO] == pytest.approx(0.36 / 0.62)
    assert told[Disparity.EQUAL_OPPORTUNITY_DIFFERENCE] == pytest.approx(0.15)
    assert told[Disparity.FALSE_POSITIVE_RATE_DIFFERENCE] == pytest.approx(0.1)
    assert told[Disparity.EQUALIZED_ODDS_DIFFERENCE] == pytest.approx(0.15)
    assert told[Disparity.EQUALIZED_ODDS_RATIO] == pytest.approx(0.5)
    assert told[Disparity.ACCURACY_DIFFERENCE] == pytest.approx(0.02)
    assert grouping.apart[0].between == ("f", "m")


@settings(max_examples=8)  # fairlearn is slow
@given(st.lists(st.tuples(*[st.integers(40, 90)] * 4), min_size=2, max_size=4))
def test_distances_are_those_of_fairlearn(cells: list[tuple[int, int, int, int]]) -> None:
    rows, outcome = answers({f"g{place}": counts for place, counts in enumerate(cells)})
    told = apart(found_of(by_sex(), rows, outcome))
    for name in (
        "demographic_parity_difference", "demographic_parity_ratio",
        "equalized_odds_difference", "equalized_odds_ratio",
        "equal_opportunity_difference", "equal_opportunity_ratio",
        "false_positive_rate_difference", "accuracy_score_difference",
    ):  # fmt: skip
        theirs = getattr(fairlearn, name)(
            outcome.truth, outcome.decided, sensitive_features=rows["sex"].to_pylist()
        )
        ours = told[Disparity(name.replace("accuracy_score", "accuracy"))]
        assert ours == pytest.approx(theirs), name


@settings(max_examples=8)  # fairlearn is slow
@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 5))
def test_counted_rows_give_fairlearn_what_the_rows_themselves_do(
    seed: int, rows: int, groups: int
) -> None:
    random = np.random.default_rng(seed)
    codes = np.unique(random.integers(0, groups, rows), return_inverse=True)[1].astype(np.int64)
    truth, called = random.random(rows) < 0.3, random.random(rows) < 0.4
    ours = by_group(counted(codes, int(codes.max()) + 1, truth, called))
    names = {
        "selection_rate": fairlearn.selection_rate,
        "true_positive_rate": lambda t, p: fairlearn.true_positive_rate(t, p, pos_label=1),
        "false_positive_rate": lambda t, p: fairlearn.false_positive_rate(t, p, pos_label=1),
    }
    for name, metric in names.items():
        frame = fairlearn.MetricFrame(
            metrics=metric, y_true=truth.astype(int), y_pred=called.astype(int),
            sensitive_features=codes.tolist(),
        )  # fmt: skip
        assert ours[name] == pytest.approx(frame.by_group.to_numpy(dtype=float)), name


def test_calibration_of_a_group_is_that_of_its_rows_alone() -> None:
    random = np.random.default_rng(3)
    probability = random.random(900)
    truth = (random.random(900) < probability**2).astype(np.int64)
    sex = random.choice(["f", "m"], 900)
    outcome = Classified(("no", "yes"), truth, np.column_stack([1 - probability, probability]), 0.5)
    for place, group in enumerate(found_of(by_sex(), pa.table({"sex": sex}), outcome).groups):
        mine = sex == "fm"[place]
        alone = value(calibration_error(truth[mine].astype(float), probability[mine]), mine.sum())
        assert group.measures["calibration_error"].value == pytest.approx(alone)


def test_errors_of_a_regression_are_those_of_fairlearn() -> None:
    random = np.random.default_rng(1)
    sex = random.choice(["f", "m", "x"], 600)
    truth = random.normal(size=600)
    outcome = Estimated(truth, truth + random.normal(size=600) + (sex == "x") * 0.5)
    grouping = found_of(by_sex("regression"), pa.table({"sex": sex}), outcome)
    frame = fairlearn.MetricFrame(
        metrics={"mae": mean_absolute_error, "mean": fairlearn.mean_prediction},
        y_true=truth, y_pred=outcome.predicted, sensitive_features=sex,
    )  # fmt: skip
    for place, group in enumerate(grouping.groups):
        ours = group.measures
        assert ours["mean_absolute_error"].value == pytest.approx(frame.by_group["mae"].iloc[place])
        assert ours["mean_prediction"].value == pytest.approx(frame.by_group["mean"].iloc[place])
    told = apart(grouping)
    assert told[Disparity.MEAN_ABSOLUTE_ERROR_DIFFERENCE] == pytest.approx(
        frame.difference()["mae"]
    )
    assert told[Disparity.MEAN_ABSOLUTE_ERROR_RATIO] == pytest.approx(frame.ratio()["mae"])
    assert grouping.apart[1].between[1] == "x"


def test_each_class_of_several_is_told_from_the_others() -> None:
    random = np.random.default_rng(2)
    sex = random.choice(["f", "m"], 800)
    truth, decided = random.integers(0, 3, 800), random.integers(0, 3, 800)
    outcome = Classified(("a", "b", "c"), truth, np.eye(3)[decided] * 0.7 + 0.1)
    rows = pa.table({"sex": sex})
    grouping = found_of(by_sex("multiclass"), rows, outcome)
    codes = codes_of(rows, "sex")
    for code, label in enumerate("abc"):
        theirs = fairlearn.demographic_parity_difference(
            truth == code, decided == code, sensitive_features=codes
        )
        assert apart(grouping, label)[Disparity.DEMOGRAPHIC_PARITY_DIFFERENCE] == pytest.approx(
            theirs
        )
        rate = ((decided == code) & (codes == 0)).sum() / (codes == 0).sum()
        assert grouping.groups[0].by_class[label]["selection_rate"].value == pytest.approx(rate)
    overall = fairlearn.MetricFrame(
        metrics=lambda t, p: (t == p).mean(), y_true=truth, y_pred=decided,
        sensitive_features=codes,
    ).difference()  # fmt: skip
    assert apart(grouping)[Disparity.ACCURACY_DIFFERENCE] == pytest.approx(overall)


def test_an_intersection_shows_what_its_columns_alone_hide() -> None:
    """Called positive: young men and old women; by sex or by age alone, everybody is alike."""
    sex = np.repeat(["f", "m"], 200)
    age = np.tile(np.repeat([30, 60], 100), 2)
    called = ((sex == "m") == (age == 30)).astype(float)
    outcome = Classified(
        ("no", "yes"), np.tile([0, 1], 200), np.column_stack([1 - called, called]), 0.5
    )
    spec = a_spec(fairness={"columns": ["sex", "age"], "bins": {"age": [45]}})
    rows = pa.table({"sex": sex, "age": age})
    found = fairness_of(spec, rows, outcome, run_id="r", artifact_digest="d").groupings
    parity = Disparity.DEMOGRAPHIC_PARITY_DIFFERENCE
    assert [one.columns for one in found] == [("sex",), ("age",), ("sex", "age")]
    assert [apart(one)[parity] for one in found] == [0.0, 0.0, 1.0]
