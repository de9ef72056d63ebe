"""Writes the tables and plots of `docs/drift.md` from what `make bench ARGS=drift` has measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perennial.report.curves import Series, lines

from benchmarks.page import DOCS, fill, save

_OURS, _THEIRS = "Perennial", "Evidently"
_KINDS = {
    "shift": "a normal column moves, in standard deviations",
    "heavy-shift": "a heavy-tailed column (t, 3 degrees) moves, in standard deviations",
    "spread": "the standard deviation of a normal column grows by a share",
    "share": "a share of the rows of a column of 8 labels gets the first one",
}


def main() -> None:
    fill(DOCS / "drift.md", _PARTS)


def _percent(one: dict[str, Any]) -> str:
    return f"{100 * one['share']:.3g} %"


def _false_alarms(figures: dict[str, Any]) -> str:
    one = figures["drift"]
    theirs = {rate["rows"]: rate for rate in one["evidently"]}
    table = [
        "| Rows in the window | in the reference | reports | of them alarmed | 95 % interval "
        "| Evidently, equal reference |",
        "|---|---|---|---|---|---|",
    ]
    for rate in one["ours"]:
        peer = theirs.get(rate["rows"]) if rate["reference"] == rate["rows"] else None
        said = f"{_percent(peer)} of {peer['of']}" if peer else ""
        table.append(
            f"| {rate['rows']:,} | {rate['reference']:,} | {rate['of']:,} "
            f"| {rate['hits']} ({_percent(rate)}) "
            f"| {100 * rate['low']:.2g} to {100 * rate['high']:.2g} % | {said} |"
        )
    hits, of = (sum(rate[name] for rate in one["ours"]) for name in ("hits", "of"))
    table += ["", f"All together {hits} of {of:,} reports: {100 * hits / of:.2g} %."]
    return "\n".join(table)


def _power(figures: dict[str, Any]) -> str:
    one = figures["drift-power"]
    shown = []
    for kind, title in _KINDS.items():
        for rows in sorted({rate["rows"] for rate in one["ours"]}):
            sides = {_OURS: one["ours"], _THEIRS: one["evidently"]}
            series = [
                Series(
                    name,
                    [
                        (rate["size"], rate["share"])
                        for rate in rates
                        if (rate["change"], rate["rows"]) == (kind, rows)
                    ],
                )
                for name, rates in sides.items()
            ]
            chart = lines(
                series,
                title=f"Found at {rows:,} rows: {kind}",
                x_label="size of the change",
                y_label="share of reports",
                y_range=(0, 1.25),
            )
            name = f"drift-{kind}-{rows}.svg"
            save(name, str(chart))
            shown.append(f"![{title}, {rows:,} rows](images/{name})")
    return "\n".join([*shown, "", *_table(one)])


def _table(one: dict[str, Any]) -> list[str]:
    found = {
        (name, rate["change"], rate["rows"], rate["size"]): rate
        for name, rates in ((_OURS, one["ours"]), (_THEIRS, one["evidently"]))
        for rate in rates
    }
    sizes = sorted({rate["rows"] for rate in one["ours"]})
    heads = " | ".join(f"{rows:,} rows: ours, Evidently" for rows in sizes)
    table = [f"| Change | Size | {heads} |", "|---|---|" + "---|" * len(sizes)]
    for rate in one["ours"]:
        if rate["rows"] == sizes[0]:
            key = (rate["change"], rate["size"])
            cells = [
                ", ".join(_percent(found[name, key[0], rows, key[1]]) for name in (_OURS, _THEIRS))
                for rows in sizes
            ]
            table.append(f"| {key[0]} | {key[1]:g} | {' | '.join(cells)} |")
    fair = ", ".join(f"{rows:,}" for rows in one["fair"]) or "none"
    table += [
        "",
        f"{one['ours'][0]['of']} repetitions each. Evidently's false alarms are under 5 % with "
        f"windows of: {fair} rows. Elsewhere what it finds is worth little.",
    ]
    return table


def _throughput(figures: dict[str, Any]) -> str:
    one = figures["drift-rows-per-second"]
    theirs = {cost["rows"]: cost for cost in one["evidently"]}
    table = [
        "| Rows | ours: s | rows/s | peak MB | Evidently: s | rows/s | peak MB | times |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for mine in one["ours"]:
        peer = theirs.get(mine["rows"])
        cells = [f"{mine['rows']:,}", *_costs(mine)]
        cells += (
            [*_costs(peer), f"{mine['per_second'] / peer['per_second']:.0f}"]
            if peer
            else [
                "not run",
                *[""] * 3,
            ]
        )
        table.append(f"| {' | '.join(cells)} |")
    return "\n".join(table)


def _costs(cost: dict[str, float]) -> list[str]:
    return [f"{cost['seconds']:.3g}", f"{cost['per_second']:,.0f}", f"{cost['megabytes']:.0f}"]


_PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "false alarms": _false_alarms,
    "power": _power,
    "throughput": _throughput,
}

if __name__ == "__main__":
    main()
