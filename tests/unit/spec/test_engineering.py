"""What cannot be made of the features is refused when the spec is read, with its line."""

from __future__ import annotations

import pytest
from perennial.errors import SpecError
from perennial.spec.derived import MOST_COLUMNS, TAKES
from perennial.spec.schema import ModelSpec
from perennial.spec.source import parse_spec
from perennial.spec.steps import STEPS

SPEC = """\
name: m
task: {task}
target: y
positive_class: {positive}
id_column: row
algorithm: {{name: {algorithm}{file}}}
features:
  age: {{type: integer, nullable: true}}
  spent: {{type: number}}
  plan: {{type: category, categories: [a, b], nullable: true}}
  city: {{type: category}}
  since: {{type: timestamp}}
  ok: {{type: boolean}}
{text}engineering:
{engineering}
"""
TEXT = "  said: {type: text}\n"


def with_steps(*steps: str, rest: str = "", text: str = "", algorithm: str = "xgboost") -> str:
    listed = "".join(f"    - {{{step}}}\n" for step in steps)
    return SPEC.format(
        engineering=(f"  steps:\n{listed}" if steps else "") + (f"  {rest}\n" if rest else ""),
        text=text,
        task="binary",
        positive=1,
        algorithm=algorithm,
        file=", file: m.py" if algorithm == "pipeline" else "",
    )


def mistake(text: str) -> str:
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    (line,) = str(refused.value).splitlines()
    return line.removeprefix("<spec>:")


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("step: log, column: spend", "column: 'spend' is no column; did you mean 'spent'?"),
        ("step: logs, column: spent", ": needs step: one of one_hot, ordinal"),
        ("column: spent", ": needs step: one of one_hot, ordinal"),
        ("step: log, column: plan", "column: 'plan' is of type category; log takes number or int"),
        ("step: log, column: spent, base: 2", "base: no such field"),
        ("step: target, column: city, smothing: 2", "no such field; did you mean 'smoothing'?"),
        ("step: one_hot, column: age", "is of type integer; one_hot takes category"),
        ("step: date, column: spent, parts: [year]", "is of type number; date takes timestamp"),
        ("step: date, column: since", "makes nothing; name parts, cyclic or since"),
        ("step: date, column: since, parts: [decade]", "must be one of year, month, day"),
        ("step: text, column: plan", "'plan' is of type category; text takes text"),
        ("step: ratio, columns: [age]", "a ratio is made of two columns, not 1"),
        ("step: ratio, columns: [age, age]", "columns.1: 'age' stands here twice"),
        ("step: ratio, columns: [age, city]", "'city' is of type category; ratio takes number"),
        ("step: ordinal, column: plan, order: [a]", "order: lacks the category 'b'"),
        ("step: ordinal, column: plan, order: [a, b, c]", "'c' is no category of 'plan'"),
        ("step: ordinal, column: plan, order: [a, b, a]", "order holds the same category twice"),
        ("step: bin, column: age, method: edges", "edges go with method: edges"),
        ("step: bin, column: age, edges: [1]", "edges go with method: edges"),
        ("step: bin, column: age, method: edges, edges: [2, 1]", "edges must ascend"),
        ("step: bin, column: age, bins: 1", "greater than or equal to 2"),
        ("step: target, column: city, folds: 1", "greater than or equal to 2"),
        ("step: target, column: city, smoothing: -1", "greater than or equal to 0"),
        ("step: reduce, columns: [age, spent], components: 3", "3 components are more than 2"),
        ("step: log, column: spent, name: age", "makes 'age', and there is a column of that name"),
        ("step: log, column: spent, name: y", "makes 'y', and there is a column of that name"),
        ("step: log, column: spent, name: row", "makes 'row', and there is a column"),
        ("step: log, column: x, name: x", "'x' is made by this step or a later one"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_place(step: str, told: str) -> None:
    found = mistake(with_steps(step))
    assert found.startswith("16: engineering.steps.0")
    assert told in found


def test_a_step_uses_what_came_before_and_nothing_later() -> None:
    ratio, log = "step: ratio, columns: [spent, age]", "step: log, column: spent_per_age"
    assert parse_spec(with_steps(ratio, log)).engineering.asked
    assert "made by this step or a later one" in mistake(with_steps(log, ratio))


def test_two_steps_of_one_name_are_refused() -> None:
    log = "step: log, column: spent"
    assert "'spent_log', and there is a column of that name" in mistake(with_steps(log, log))


def test_what_was_learned_from_the_target_goes_no_further() -> None:
    """It would be scaled by what training rows are never given."""
    target, log = "step: target, column: city", "step: log, column: city_target"
    assert "is of type encoded target" in mistake(with_steps(target, log))


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("drop: [plam]", "'plam' is no column; did you mean 'plan'?"),
        ("drop: [age, spent, plan, city, since, ok]", "leaves nothing for the model to see"),
        ("selection: {}", "needs keep, at_least or cumulative, and one of them only"),
        ("selection: {keep: 1, at_least: 0.1}", "one of them only"),
        ("selection: {keep: 0}", "greater than or equal to 1"),
        ("selection: {at_least: 2}", "less than 1"),
        ("selection: {keep: 1, protected: [agee]}", "'agee' is no column; did you mean 'age'?"),
        ("{drop: [age], selection: {keep: 1, protected: [age]}}", "'age' is dropped"),
        ("selection: {keep: 1, methd: importance}", "did you mean 'method'?"),
    ],
)
def test_what_is_dropped_or_kept_must_exist(rest: str, told: str) -> None:
    assert told in mistake(with_steps(rest=rest))


def test_a_text_needs_a_step() -> None:
    assert "features.said.type: a text is no number" in mistake(with_steps(rest="{}", text=TEXT))
    assert parse_spec(with_steps("step: text, column: said", text=TEXT))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("time_column: said", "time_column: 'said' is a text, which orders nothing"),
        ("monitoring: {performance: {slices: [said]}}", "slices.0: 'said' is a text, which no"),
    ],
)
def test_a_text_orders_and_divides_nothing(more: str, told: str) -> None:
    assert told in mistake(with_steps("step: text, column: said", text=TEXT) + more + "\n")


def test_a_pipeline_makes_columns_of_its_own() -> None:
    log = with_steps("step: log, column: spent", algorithm="pipeline")
    assert "engineering: does not apply to a pipeline" in mistake(log)
    assert "takes no text" in mistake(with_steps(rest="{}", text=TEXT, algorithm="pipeline"))


def test_more_columns_than_a_model_can_see_are_refused() -> None:
    hashed = [f"step: text, column: t{place}, hashes: 1024" for place in range(10)]
    texts = "".join(f"  t{place}: {{type: text}}\n" for place in range(10))
    told = mistake(with_steps(*hashed, text=texts))
    assert f"a model sees at most {MOST_COLUMNS}" in told


def test_labels_nobody_may_read_are_in_no_name() -> None:
    from perennial.spec.derived import made_by

    text = with_steps("step: one_hot, column: plan")
    names = [made_by(spec.engineering.steps[0], spec) for spec in _both(text)]
    assert names == [("plan=a", "plan=b", "plan_missing"), ("plan=1", "plan=2", "plan_missing")]


def _both(text: str) -> list[ModelSpec]:
    return [parse_spec(text), parse_spec(text + "sensitive: [plan]\n")]


def test_a_spec_survives_its_job() -> None:
    spec = parse_spec(
        with_steps(
            "step: date, column: since, parts: [year], since: 2024-02-29",
            "step: scale, columns: [age, spent], method: minmax",
            rest="drop: [city]",
        )
    )
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_every_step_says_what_it_takes() -> None:
    assert TAKES.keys() == STEPS.keys()


@pytest.mark.parametrize("field", ["minimum: 1", "categories: [a]", "unseen: missing"])
def test_limits_of_other_types_do_not_apply_to_a_text(field: str) -> None:
    text = TEXT.replace("}", f", {field}}}")
    assert "to a text" in mistake(with_steps("step: text, column: said", text=text))
