"""A file that does not fit ends its run with a reason and changes nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform, until

MODEL = "breast-cancer"


def lines_of(table: bytes) -> list[str]:
    return table.decode().splitlines()


def with_line(table: bytes, number: int, change: Callable[[list[str]], list[str]]) -> bytes:
    """The file with one data row changed; row 1 is the first below the header."""
    lines = lines_of(table)
    lines[number] = ",".join(change(lines[number].split(",")))
    return "\n".join(lines).encode()


def without_values(table: bytes, column: str) -> bytes:
    rows = [line.split(",") for line in lines_of(table)]
    position = rows[0].index(column)
    for row in rows[1:]:
        row[position] = ""
    return "\n".join(",".join(row) for row in rows).encode()


def each_line(table: bytes, change: Callable[[str], str]) -> bytes:
    return "\n".join(change(line) for line in lines_of(table)).encode()


def one_class(table: bytes) -> bytes:
    header, *rows = lines_of(table)
    return "\n".join([header, *(row for row in rows if row.endswith("benign"))]).encode()


# Name of the fault, how it is made, and what the reason must tell.
FAULTS: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda table: b"", "empty"),
    ("header only", lambda table: lines_of(table)[0].encode(), "row"),
    ("ragged", lambda table: with_line(table, 5, lambda row: [*row, "1"]), "line 6"),
    ("null byte", lambda table: table[:3000] + b"\x00" + table[3000:], "null byte"),
    ("wrong delimiter", lambda table: table.replace(b",", b"~"), "column"),
    ("a picture", lambda table: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "PNG"),
    ("half a gzip", lambda table: gzip.compress(table)[:2000], "gzip"),
    ("missing column", lambda t: each_line(t, lambda x: x.partition(",")[2]), "mean radius"),
    ("extra column", lambda t: each_line(t, lambda x: x + ",surplus"), "surplus"),
    ("wrong type", lambda t: with_line(t, 1, lambda row: ["wide", *row[1:]]), "mean radius"),
    ("out of range", lambda t: with_line(t, 1, lambda row: ["-5", *row[1:]]), "mean radius"),
    ("one class", one_class, "class"),
    ("unknown label", lambda t: with_line(t, 1, lambda row: [*row[:-1], "odd"]), "diagnosis"),
    ("too few rows", lambda table: "\n".join(lines_of(table)[:30]).encode(), "rows"),
    ("all null", lambda table: without_values(table, "mean area"), "mean area"),
]


@pytest.mark.parametrize(("how", "spoil", "told"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_is_rejected_with_the_reason_and_the_champion_stays(
    platform: Platform, breast_cancer: bytes, how: str, spoil: Callable[[bytes], bytes], told: str
) -> None:
    route = platform.registry.route(MODEL)
    versions = len(platform.registry.versions(MODEL))

    run = platform.train(MODEL, spoil(breast_cancer), f"{how.replace(' ', '-')}.csv")

    assert run.status is RunStatus.REJECTED, run.reason
    assert told in run.reason
    assert len(platform.registry.versions(MODEL)) == versions
    assert platform.registry.route(MODEL) == route


def test_an_upload_for_a_model_nobody_deployed_starts_nothing(platform: Platform) -> None:
    run_id = platform.upload("no-such-model", b"a,b\n1,2\n")
    logged = platform.client("logs")
    until(
        lambda: any(
            "no-such-model" in event["message"]
            for event in logged.filter_log_events(logGroupName="/perennial/trigger")["events"]
        ),
        "the trigger to tell",
        30,
    )
    assert platform.registry.run("no-such-model", run_id) is None
