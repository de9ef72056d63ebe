"""Fetches a monitoring report, and tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from perennial.registry import layout

from cli import project, terminal
from cli.exits import CommandError, Exit
from cli.fetched import Fetched
from cli.outputs import Deployment

if TYPE_CHECKING:
    from rich.console import RenderableType

_JSON, _HTML = "report.json", "report.html"
_WORDS = {
    "ok": ("ok", "green"),
    "alarm": ("ALARM", "bold red"),
    "not-enough-data": ("not enough data", "yellow"),
    "not-judged": ("not judged", "dim"),
}
_FEATURES = 8  # shown, what moved most first


def fetch(deployment: Deployment, model: str, report_id: str | None = None) -> Fetched:
    """Copy a report to `build/reports/<model>/monitoring/<id>/`.

    Args:
        deployment: where it is.
        model: what it is about.
        report_id: which one; None for the newest.

    Raises:
        CommandError: there is none.
    """
    from perennial.adapters.s3_files import S3Files
    from perennial.monitoring.history import report_ids

    files = S3Files(deployment.target.client("s3"))
    bucket = deployment.storage["DataBucketName"]
    wanted = [report_id] if report_id else report_ids(files, bucket, model)[::-1]
    for name in wanted:
        folder = project.current().reports / model / "monitoring" / name
        folder.mkdir(parents=True, exist_ok=True)
        prefix = layout.uri(bucket, layout.report_prefix(model, name))
        try:  # the document is written last: without it, a report is not whole
            for file in (_JSON, _HTML):
                files.download(prefix + file, folder / file)
        except FileNotFoundError:
            continue
        document = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        return Fetched(document, folder / _HTML)
    if report_id is not None:
        raise CommandError(
            f"{model} has no report {report_id}.",
            advice=f"`perennial report {model}` shows the newest.",
            code=Exit.NOT_FOUND,
        )
    raise CommandError(
        f"There is no report on {model} yet.",
        advice=f"`perennial monitor {model}` makes one now; the schedule makes one each "
        "`monitoring.every` of the spec.",
        code=Exit.NOT_FOUND,
    )


def lines(report: dict[str, Any]) -> Iterator[RenderableType]:
    """The report for people, in short."""
    yield _headline(report)
    yield ""
    yield terminal.table(
        ["Check", "Verdict", "Because"],
        [
            [name.replace("_", " "), _WORDS[of["state"]][0], of["sentence"]]
            for name, of in report["verdicts"].items()
        ],
    )
    yield from _performance(report)
    yield from _drift(report)
    for problem in report["problems"]:
        yield f"{problem['part']}: {problem['sentence']}"


def _headline(report: dict[str, Any]) -> RenderableType:
    from rich.text import Text

    states = [of["state"] for of in report["verdicts"].values()]
    worst = next((s for s in ("alarm", "ok") if s in states), "not-judged")
    alarms = states.count("alarm")
    told = {"alarm": f"{alarms} alarm{'s' if alarms > 1 else ''}", "ok": "nothing stands out"}
    version = f"version {report['version']}" if report["version"] else "no version in service"
    window = report["window"]
    return Text.assemble(
        (report["model"], "bold"),
        "  ",
        (told.get(worst, "nothing could be judged"), _WORDS[worst][1]),
        f"  {version}, {window['start']} to {window['end']}, "
        f"{report['traffic']['predictions']:,} predictions, "
        f"{report['outcomes']['matched']:,} outcomes",
    )


def _performance(report: dict[str, Any]) -> Iterator[RenderableType]:
    if not report["versions"]:
        return
    metric = report["metric"]
    rows = []
    for one in report["versions"]:
        span = one["intervals"].get(metric)
        rows.append(
            [
                str(one["version"]),
                f"{one['outcomes']:,}",
                _number(one["metrics"].get(metric)),
                f"{_number(span['low'])} to {_number(span['high'])}" if span else "",
                _number(one["holdout"].get(metric)),
            ]
        )
    yield ""
    yield terminal.table(["Version>", "Outcomes>", f"{metric}>", "95 %", "Holdout>"], rows)


def _drift(report: dict[str, Any]) -> Iterator[RenderableType]:
    from perennial.report import probability

    moved = report["features"][:_FEATURES]
    if not moved:
        return
    rows = [
        [
            one["name"],
            "drifted" if one["drifted"] else "",
            f"{_number(one['effect'])} {one['statistic']}",
            probability(one["p_value"]),
            _number(one["importance"]),
        ]
        for one in moved
    ]
    yield ""
    yield terminal.table(["Feature", "", "Effect>", "p>", "Importance>"], rows)
    yield ""


def _number(value: float | None) -> str:
    from perennial.report import measure

    return "" if value is None else measure(value)
