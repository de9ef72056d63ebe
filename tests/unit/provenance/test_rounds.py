"""A round of audits comes to every model, however little time a call has and whatever fails."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from perennial.errors import Unavailable
from perennial.provenance.audit import Audit, OutOfTime
from perennial.provenance.findings import Finding, Kind
from perennial.provenance.rounds import Round, go_on, round_of

MODELS = ("ant", "bee", "cat")
FOUND = Finding(Kind.EDITED_EVENT, "event 1", "event 1 was edited")


@dataclass
class Call:
    """One call of the function: so much time, and models that fail or have findings."""

    time: int = 100
    needs: dict[str, int] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    tampered: tuple[str, ...] = ()
    audited: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def examine(self, model: str) -> Audit:
        self.time -= self.needs.get(model, 1)
        if self.time < 0:
            raise OutOfTime("too late")
        if model in self.broken:
            raise Unavailable("DynamoDB does not answer")
        return Audit(model, findings=[FOUND] if model in self.tampered else [])

    def goes_on(self, round_: Round) -> Round:
        return go_on(
            round_,
            self.examine,
            found=lambda done: self.audited.append(done.model),
            failed=lambda model, _: self.failed.append(model),
        )


def test_a_round_comes_to_every_model_and_counts_what_it_finds() -> None:
    call = Call(tampered=("ant", "cat"))
    assert call.goes_on(Round(MODELS)) == Round((), findings=2)
    assert call.audited == [*MODELS]


def test_a_model_whose_audit_breaks_keeps_nobody_from_the_others() -> None:
    call = Call(broken=("bee",), tampered=("cat",))
    assert call.goes_on(Round(MODELS)) == Round((), findings=1, unfinished=("bee",))
    assert (call.audited, call.failed) == (["ant", "cat"], ["bee"])


def test_what_there_is_no_time_for_is_left_to_the_next_call() -> None:
    call = Call(time=1, tampered=("ant",))
    assert call.goes_on(Round(MODELS)) == Round(("bee", "cat"), findings=1)
    assert call.failed == []


def test_a_model_that_a_whole_call_is_not_enough_for_is_given_up() -> None:
    call = Call(time=5, needs={"ant": 9})
    assert call.goes_on(Round(MODELS)) == Round(("bee", "cat"), unfinished=("ant",))
    assert call.failed == ["ant"]


def test_a_call_goes_on_where_another_stood() -> None:
    stood = Round(("bee",), findings=3, unfinished=("ant",))
    event = json.loads(json.dumps(stood.document()))
    assert round_of(event, MODELS) == stood
    assert round_of({"source": "aws.scheduler"}, MODELS) == Round(MODELS)


@given(
    time=st.integers(1, 8),
    needs=st.fixed_dictionaries({model: st.integers(1, 9) for model in MODELS}),
    broken=st.sets(st.sampled_from(MODELS)),
)
def test_every_round_ends_with_each_model_audited_or_named(
    time: int, needs: dict[str, int], broken: set[str]
) -> None:
    round_, audited, calls = Round(MODELS), [], 0
    while round_.left:
        call = Call(time, needs, tuple(broken))
        round_ = call.goes_on(round_)
        audited += call.audited
        calls += 1
        assert calls <= 2 * len(MODELS)
    assert sorted([*audited, *round_.unfinished]) == sorted(MODELS)
    assert {model for model in MODELS if needs[model] > time} <= {*round_.unfinished}


@pytest.mark.parametrize("models", [(), ("ant",)])
def test_a_round_over_few_models_ends(models: tuple[str, ...]) -> None:
    assert Call().goes_on(Round(models)).left == ()
