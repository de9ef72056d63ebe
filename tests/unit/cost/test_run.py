"""What a run cost is what its jobs were given, for as long as they ran, at dated prices."""

from __future__ import annotations

import pytest
from perennial.cost import prices
from perennial.cost.bill import Bill, Line, dollars
from perennial.cost.run import Sizes, cost_of_run
from perennial.registry.records import Run, RunStatus, SourceObject


def a_run(**fields: object) -> Run:
    source = SourceObject("data", "incoming/bank/a.csv", "v1", "e", 1)
    known: dict[str, object] = {
        "model": "bank",
        "run_id": "r",
        "status": RunStatus.SUCCEEDED,
        "source": source,
        "created_at": "2026-01-01T00:00:00.000Z",
        "created_by": "s3",
        "trigger": "upload",
        "updated_at": "2026-01-01T00:10:00.000Z",
    }
    return Run(**{**known, **fields})  # type: ignore[arg-type]


def amounts(bill: Bill) -> dict[str, float]:
    return {line.what: line.dollars for line in bill.lines}


def test_what_batch_said_of_the_jobs_is_billed() -> None:
    usage = {"jobs": 3.0, "job_seconds": 3600.0, "vcpu_seconds": 14_400.0, "gib_seconds": 57_600.0}
    found = amounts(cost_of_run(a_run(usage=usage, seconds={"TrainModel": 99.0})))
    assert found["Batch, processors"] == pytest.approx(4 * 0.03238)
    assert found["Batch, memory"] == pytest.approx(16 * 0.00356)
    assert found["Batch, addresses"] == pytest.approx(0.005)


def test_without_that_the_time_of_the_step_stands_for_it() -> None:
    found = amounts(
        cost_of_run(a_run(seconds={"TrainModel": 3600.0}), Sizes(train_vcpus=1, train_gib=2))
    )
    assert found["Batch, processors"] == pytest.approx(0.03238)
    assert found["Batch, memory"] == pytest.approx(2 * 0.00356)


def test_a_job_is_billed_for_a_minute_at_least() -> None:
    second, minute = (cost_of_run(a_run(seconds={"TrainModel": s})) for s in (1.0, 60.0))
    assert second.dollars == minute.dollars > 0


def test_functions_are_billed_by_the_memory_they_have() -> None:
    seconds = {"ValidateData": 10.0, "RegisterVersion": 10.0}
    bill = cost_of_run(a_run(seconds=seconds), Sizes(step_gib={"ValidateData": 3.0}))
    expected = (10 * 3.0 + 10 * 0.5) * prices.FUNCTION_GIB_SECOND
    assert amounts(bill)["Lambda"] == pytest.approx(expected)


def test_a_run_that_has_not_begun_cost_nothing() -> None:
    assert cost_of_run(a_run()).lines == ()
    assert cost_of_run(a_run()).dollars == 0


def test_a_bill_says_of_when_its_prices_are() -> None:
    document = Bill((Line("x", 2.0, "things", 0.5),)).as_json()
    assert document["prices_of"] == prices.PRICES_OF
    assert document["dollars"] == 0.5


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0.0, "0.00 $"),
        (12.3, "12.30 $"),
        (12345.6, "12,345.60 $"),
        (0.0042, "0.0042 $"),
        (0.0176, "0.0176 $"),
        (0.00000001, "< 0.0001 $"),
    ],
)
def test_small_amounts_are_not_rounded_away(amount: float, said: str) -> None:
    assert dollars(amount) == said
