"""What stands in a spec is what is understood: labels stay text, defaults are those documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from perennial.errors import SpecError
from perennial.spec import Metric, ModelSpec, Task, load_spec, load_specs
from perennial.spec.source import parse_spec

from stacks.specs import compile_specs

ROOT = Path(__file__).parents[3]
TEXT = """\
name: m
task: multiclass
target: y
features:
  a: {type: category, categories: %s}
"""


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("On", "On"),
        ("true", "true"),
        ("False", "false"),
        ("1", "1"),
        ("-7", "-7"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("'1.50'", "1.50"),
        ("'null'", "null"),
        ("=", "="),
    ],
)
def test_a_category_stays_the_text_it_is_written_as(written: str, understood: str) -> None:
    spec = parse_spec(TEXT % f"[{written}]")
    assert spec.features["a"].categories == (understood,)


def test_an_exponent_without_a_dot_is_a_number() -> None:
    spec = parse_spec(TEXT % "[a]" + "algorithm: {parameters: {eta: 1e-3, depth: 3, on: true}}")
    assert spec.algorithm.parameters == {"eta": 0.001, "depth": 3, "on": True}


def test_markers_and_columns_may_look_like_numbers() -> None:
    text = TEXT.replace("  a:", "  2020:") % "[b]" + "missing_markers: [-999, no]\nexcluded: [1]"
    spec = parse_spec(text)
    assert spec.missing_markers == ("-999", "no")
    assert set(spec.features) == {"2020"}
    assert spec.excluded == ("1",)


def test_an_anchor_may_be_used_again() -> None:
    spec = parse_spec(TEXT % "&yn [no, yes]" + "  b: {type: category, categories: *yn}\n")
    assert spec.features["b"].categories == ("no", "yes")


@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_specs_of_this_checkout_are_valid_and_name_their_schema(path: Path) -> None:
    load_spec(path)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../docs/model-spec.schema.json"


def test_the_digest_depends_on_meaning_only() -> None:
    plain = parse_spec(TEXT % "[no, yes]")
    same = parse_spec("# a comment\n" + TEXT % "['no', \"yes\"]" + "split: {holdout: 0.20}\n")
    other = parse_spec(TEXT % "[yes, no]")
    assert plain.digest == same.digest != other.digest


def test_compiled_specs_are_read_back_unchanged() -> None:
    for spec in load_specs(ROOT / "models").values():
        assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_deployed_specs_keep_the_order_of_features() -> None:
    for name, text in compile_specs(ROOT / "models").items():
        compiled = ModelSpec.model_validate_json(text)
        written = load_spec(ROOT / "models" / f"{compiled.name}.yaml")
        assert list(compiled.features) == list(written.features), name
        assert compiled.digest == written.digest


def test_a_file_is_called_after_its_model(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(TEXT % "[a]")
    with pytest.raises(
        SpecError, match=r"other\.yaml:1: name: is 'm', so the file must be m\.yaml"
    ):
        load_specs(tmp_path)


def test_mistakes_of_all_files_are_told_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("name: x\n")
    with pytest.raises(SpecError) as caught:
        load_specs(tmp_path)
    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {
        str(tmp_path / "a.yaml"),
        str(tmp_path / "b.yaml"),
    }


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match=r"a\.yaml:1: cannot be read"):
        load_spec(tmp_path / "a.yaml")


def test_the_primary_metric_follows_the_task() -> None:
    assert parse_spec(TEXT % "[a]").primary is Metric.LOG_LOSS
    named = parse_spec(TEXT % "[a]" + "primary_metric: accuracy\n")
    assert (named.task, named.primary) == (Task.MULTICLASS, Metric.ACCURACY)
