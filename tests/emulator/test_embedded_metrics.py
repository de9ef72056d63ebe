"""Log lines in embedded metric format become metrics."""

import json

from emulator.metrics.embedded import Value, values

HEADER = {
    "Timestamp": 1_700_000_000_000,
    "CloudWatchMetrics": [
        {
            "Namespace": "Perennial",
            "Dimensions": [["model"], ["model", "version"], []],
            "Metrics": [
                {"Name": "latency", "Unit": "Milliseconds", "StorageResolution": 1},
                {"Name": "rows", "Unit": "Count"},
            ],
        }
    ],
}


def line(**fields: object) -> str:
    return json.dumps({"_aws": HEADER, **fields})


def test_each_dimension_set_gets_each_value() -> None:
    found = list(values(line(model="iris", version=3, latency=[1.5, 2.5], rows=7)))
    assert len(found) == 9
    assert Value("Perennial", "latency", 2.5, "Milliseconds", {"model": "iris"}, 1.7e9) in found
    both = {"model": "iris", "version": "3"}
    assert Value("Perennial", "rows", 7.0, "Count", both, 1.7e9) in found
    assert Value("Perennial", "rows", 7.0, "Count", {}, 1.7e9) in found


def test_dimension_without_a_value_drops_its_set() -> None:
    found = list(values(line(model="iris", rows=7)))
    assert [dict(each.dimensions) for each in found] == [{"model": "iris"}, {}]


def test_metric_that_is_no_number_is_left_out() -> None:
    assert not list(values(line(model="iris", rows="many", latency=True)))


def test_line_with_a_log_prefix_is_read_too() -> None:
    assert list(values("2026-01-01T00:00:00Z " + line(model="iris", rows=7)))


def test_other_lines_are_no_metrics() -> None:
    for other in ("hello", "{}", '{"_aws": 1}', '{"_aws": {', '["_aws"]'):
        assert not list(values(other))
