"""Writes the tables and plots of `docs/performance.md` from what `make bench` has measured.

The prose of the page is written by hand; what stands between its markers is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from perennial.report.charts import bars
from perennial.report.curves import Series, lines

from benchmarks.harness import RESULTS

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE, IMAGES = DOCS / "performance.md", DOCS / "images"
_STYLE = """<style>
svg { font-family: system-ui, sans-serif; background: #fff }
.tick, .label { font-size: 10px; fill: #57606a }
.bar { fill: #2f6f4f } .grid { stroke: #d8dee4; stroke-width: .6 } .axis { stroke: #8c959f }
.line { fill: none; stroke-width: 1.8 } .first { stroke: #2f6f4f }
.second { stroke: #b35900; stroke-dasharray: 5 3 } .third { stroke: #5a4fcf; stroke-dasharray: 2 3 }
</style>"""
_OURS = "Perennial"
_USUAL = "scikit-learn Pipeline in the Lambda runtime client"
_COLUMNS = (
    ("one_row", "one_row_p99"),
    ("one_row_captured",),
    ("c_call", "c_call_p99"),
    ("thousand_rows",),
    ("thousand_rows_captured",),
    ("thousand_rows_in_tensors",),
    ("inplace_predict",),
    ("first_answer",),
)


def main() -> None:
    fill(PAGE, _PARTS)


def fill(page: Path, parts: Mapping[str, Callable[[dict[str, Any]], str]]) -> None:
    """Replace what stands between the markers of a page by what its parts make of the figures."""
    figures = {path.stem: json.loads(path.read_text("utf-8")) for path in RESULTS.glob("*.json")}
    text = page.read_text(encoding="utf-8")
    for name, make in parts.items():
        before, begin, rest = text.partition(f"<!-- measured: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not end:
            raise SystemExit(f"{page.name} has no place for {name}")
        text = f"{before}{begin}{make(figures).rstrip()}\n{end}{after}"
    page.write_text(text, encoding="utf-8")


def _aims(figures: dict[str, Any]) -> str:
    rows = ["| Figure | Ours | Beside | Aim | Met |", "|---|---|---|---|---|"]
    for name in sorted(figures):
        one = figures[name]
        if name.startswith(_SERVING):
            beside = "<br>".join(
                f"{peer['name']} {peer['version']}".rstrip() + f": {_rounded(peer['value'])}"
                for peer in one["peers"]
            )
            ours = f"{_rounded(one['value'])} {one['unit']}"
            met = "yes" if one["met"] else "**no**"
            rows.append(f"| {name} | {ours} | {beside} | {one['aim']} | {met} |")
    return "\n".join(rows)


def _growth(figures: dict[str, Any]) -> str:
    grown = figures["handler-one-row-p50"]["growth"]
    by_trees = sorted((g for g in grown if g["features"] == 18), key=lambda g: g["trees"])
    by_features = sorted(
        (g for g in grown if g["trees"] == 200 and g["features"] != 18), key=lambda g: g["features"]
    )
    shown = []
    for figure, title, others in (
        ("one_row", "One row, warm", {"C library": "c_call"}),
        ("thousand_rows", "1,000 rows", {"inplace_predict": "inplace_predict"}),
        ("first_answer", "First answer of a fresh process", {}),
    ):
        for axis, sizes in (("trees", by_trees), ("features", by_features)):
            sizes = [size for size in sizes if figure in size]
            if len(sizes) < 2:
                continue
            names = {_OURS: figure, **others}
            chart = lines(
                [
                    Series(label, [(size[axis], size[key]) for size in sizes])
                    for label, key in names.items()
                ],
                title=f"{title}, by {axis}",
                x_label=axis,
                y_label="ms",
                # Room for the legend above the lines.
                y_range=(0, 1.25 * max(size[key] for size in sizes for key in names.values())),
            )
            name = f"performance-{figure.replace('_', '-')}-by-{axis}.svg"
            save(name, str(chart))
            shown.append(f"![{title}, by {axis}](images/{name})")
    table = [
        "| Trees | Features | One row p50, p99 | Captured | C call p50, p99 | 1,000 rows "
        "| Captured | As tensors | `inplace_predict` | First answer |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for size in grown:
        cells = [f"{size['trees']:,}", f"{size['features']:,}"]
        cells += [_times(size, *names) for names in _COLUMNS]
        table.append(f"| {' | '.join(cells)} |")
    return "\n".join([*shown, "", "Milliseconds:", "", *table])


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _times(size: dict[str, Any], *names: str) -> str:
    """Milliseconds side by side; nothing where a request does not take so many rows."""
    return ", ".join(f"{size[name]:.3g}" for name in names if name in size)


def _http(figures: dict[str, Any]) -> str:
    one = figures["http-1-client"]
    medians = figures["http-8-clients"]["medians"]
    values = {one.get("label", _OURS): one["value"]}
    values |= {peer["name"]: peer["value"] for peer in one["peers"]}
    ordered = sorted(values, key=lambda name: -values[name])
    chart = bars(
        [
            name.replace(" on encoded floats", "").replace(_USUAL, "Lambda, pipeline")
            for name in ordered
        ],
        [round(values[name]) for name in ordered],
        title="Requests per second, one client",
        value_label="requests per second",
    )
    save("performance-http.svg", str(chart))
    versions = {peer["name"]: peer["version"] for peer in one["peers"]}
    table = [
        "| Server | Requests/s, 1 client | 8 clients | p50 ms | p99 ms | Ready, s | Memory, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in sorted(medians.items(), key=lambda item: -item[1]["per_second_1"]):
        ready = f"{found['ready_s']:.2g}" if "ready_s" in found else ""
        table.append(
            f"| {name} {versions.get(name, '')} | {found['per_second_1']:,.0f} "
            f"| {found['per_second_8']:,.0f} | {found['p50_ms']:.3g} | {found['p99_ms']:.3g} "
            f"| {ready} | {found['memory_mb']:.0f} |"
        )
    return "\n".join(["![Requests per second](images/performance-http.svg)", "", *table])


def _cost(figures: dict[str, Any]) -> str:
    cost = figures["cost-per-million"]
    table = [
        "| Predictions a month | Perennial | SageMaker real-time | SageMaker serverless |",
        "|---|---|---|---|",
    ]
    table += [
        f"| {one['per_month']:,} | ${one['perennial']:.2f} | ${one['sagemaker_real_time']:,.2f} "
        f"| ${one['sagemaker_serverless']:.2f} |"
        for one in cost["loads"]
    ]
    sums = ", ".join(
        f"{name.replace('_', ' ')} ${value:.2f}" for name, value in cost["sums"].items()
    )
    return "\n".join([*table, "", f"A million requests of one row, by what is paid for: {sums}."])


def _machine(figures: dict[str, Any]) -> str:
    one = figures["handler-one-row-p50"]
    machine, versions = one["machine"], one["versions"]
    return (
        f"{machine['processors']} shared {machine['architecture']} cores, "
        f"{machine['memory_gib']:.0f} GiB, {machine['system']}, Python {versions['python']}, "
        f"xgboost-cpu {versions['xgboost-cpu']}."
    )


def save(name: str, svg: str) -> None:
    """Put a plot among the images of the pages, in colours of its own."""
    head, close, rest = svg.partition(">")
    (IMAGES / name).write_text(f"{head}{close}{_STYLE}{rest}\n", encoding="utf-8")


_SERVING = ("serving", "handler", "http", "scoring", "cost")
_PARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "machine": _machine,
    "aims": _aims,
    "http": _http,
    "growth": _growth,
    "cost": _cost,
}

if __name__ == "__main__":
    main()
