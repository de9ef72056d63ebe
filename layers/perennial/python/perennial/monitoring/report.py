"""`report.html`: what a person wants to know of a model in service, in the order they ask."""

from __future__ import annotations

from collections.abc import Iterator

from perennial.monitoring import plots
from perennial.monitoring.record import NAMES, Moved, Report, State, Verdict, VersionFound
from perennial.report import (
    Block,
    Callout,
    Fact,
    Figure,
    Grid,
    Kind,
    Page,
    Section,
    Table,
    calibration,
    count,
    measure,
    probability,
    render,
    share,
    short,
    span,
)
from perennial.report import Verdict as Headline

PLOTTED = 6  # columns
_KINDS = {
    State.OK: Kind.GOOD,
    State.ALARM: Kind.BAD,
    State.NOT_ENOUGH: Kind.WARNING,
    State.NOT_JUDGED: Kind.NOTE,
}
_WORDS = {
    State.OK: "ok",
    State.ALARM: "ALARM",
    State.NOT_ENOUGH: "not enough data",
    State.NOT_JUDGED: "not judged",
}


def page(report: Report, floor: float | None = None) -> str:
    """The report as one HTML document.

    Args:
        report: what was found.
        floor: of the watched metric, to be drawn.
    """
    sections = [
        Section("Checks", [_verdicts(report), *_problems(report)]),
        _performance(report, floor),
        _drift(report),
        _quality(report),
        _traffic(report),
        _sample(report),
    ]
    version = "no version in service" if report.version is None else f"version {report.version}"
    return render(
        Page(
            title=f"{report.model} in service",
            subtitle=f"{version}, {report.window.start} to {report.window.end}",
            verdict=headline(report),
            facts=list(_facts(report)),
            sections=[section for section in sections if section.blocks],
            footer=f"Report {report.report_id}, made {report.made_at}.",
        )
    )


def headline(report: Report) -> Headline:
    """The report in a sentence."""
    alarms = [f"{NAMES[name]}: {found.sentence}" for name, found in report.alarms()]
    if alarms:
        many = f"{len(alarms)} alarms" if len(alarms) > 1 else "One alarm"
        return Headline(Kind.BAD, f"{many}.", "; ".join(alarms))
    judged = sum(found.state is State.OK for found in report.verdicts.values())
    if not judged:
        return Headline(Kind.NOTE, "Nothing could be judged.", "See why below.")
    told = f"{judged} of {len(report.verdicts)} checks passed."
    return Headline(Kind.GOOD, "Nothing stands out.", told)


def word(verdict: Verdict) -> str:
    """The state of a check, as people say it."""
    return _WORDS[verdict.state]


def _facts(report: Report) -> Iterator[Fact]:
    yield Fact("predictions", count(report.traffic.predictions))
    yield Fact("outcomes", count(report.outcomes.matched))
    found = report.in_service()
    if found is not None:
        name = report.metric.value
        held = found.holdout.get(name)
        hint = f"{span(found.intervals.get(name))}; holdout {measure(held)}"
        yield Fact(name, measure(found.metrics.get(name)), hint)
    yield Fact("features that drifted", count(sum(one.drifted for one in report.features)))
    if report.cost is not None:
        yield Fact("30 days at this rate", f"{report.cost.dollars:,.2f} $", "an estimate")


def _verdicts(report: Report) -> Table:
    rows = [
        [NAMES[name], word(of).replace(" ", "\N{NO-BREAK SPACE}"), of.sentence]
        for name, of in report.verdicts.items()
    ]
    return Table(["check", "verdict", "because"], rows)


def _problems(report: Report) -> Iterator[Callout]:
    for problem in report.problems:
        times = f" ({count(problem.count)} times)" if problem.count > 1 else ""
        said = problem.sentence[:1].upper() + problem.sentence[1:]
        yield Callout(Kind.WARNING, f"{problem.part}: {said}{times}.")


def _performance(report: Report, floor: float | None) -> Section:
    found = report.in_service()
    figures: list[Figure] = []
    held = found.holdout.get(report.metric.value) if found else None
    drawn = plots.past(report.history, report.metric, floor, held)
    if drawn is not None:
        figures.append(drawn)
    if found is not None and found.calibration is not None:
        bins = found.calibration
        chart = calibration(bins.predicted, bins.observed, bins.rows, title="Calibration")
        figures.append(Figure(chart, f"Version {found.version}, on the outcomes of this window."))
    blocks: list[Block] = [_metrics(one) for one in report.versions]
    blocks += [Grid(figures)] if figures else []
    blocks += [_slices(one, report) for one in report.versions if one.slices]
    if report.outcomes.received:
        blocks.append(_outcomes(report))
    lead = "On the predictions whose outcomes came in during the window; intervals by bootstrap."
    return Section("Performance", blocks, lead)


def _metrics(found: VersionFound) -> Table:
    rows = [
        [name, measure(reached), span(found.intervals.get(name)), measure(found.holdout.get(name))]
        for name, reached in found.metrics.items()
    ]
    return Table(
        ["metric", "now", "95 % interval", "holdout"],
        rows,
        caption=f"Version {found.version} on {count(found.outcomes)} outcomes",
        numeric=frozenset({1, 2, 3}),
    )


def _slices(found: VersionFound, report: Report) -> Table:
    rows = [
        [one.feature, one.value, count(one.outcomes), measure(one.reached), span(one.interval)]
        for one in found.slices
    ]
    return Table(
        ["feature", "value", "outcomes", report.metric.value, "interval, all slices together"],
        rows,
        caption=f"Version {found.version} by slice; slices are shown and alarm nobody",
        numeric=frozenset({2, 3, 4}),
    )


def _outcomes(report: Report) -> Table:
    said = {
        "received": "came in",
        "matched": "belong to a captured prediction",
        "late": "came after the time that is waited for",
        "orphans": "belong to no captured prediction",
        "conflicts": "contradict another of the same time",
        "corrections": "replaced an earlier one",
        "unusable": "are of the wrong type, or from the future",
    }
    counts = report.outcomes.model_dump()
    rows = [[words, count(counts[name])] for name, words in said.items()]
    return Table(["outcomes that", "number"], rows, numeric=frozenset({1}))


def _drift(report: Report) -> Section:
    moved = [*report.features, *([report.prediction] if report.prediction else [])]
    figures = [plots.column(one) for one in moved[:PLOTTED]]
    if report.prediction is not None and len(moved) > PLOTTED:
        figures.append(plots.column(report.prediction))
    drawn = [figure for figure in figures if figure is not None]
    blocks: list[Block] = [_moved(moved)] if moved else []
    blocks += [Grid(drawn)] if drawn else []
    lead = "Compared with the training data of the version in service. What moved most and "
    return Section("Drift", blocks, lead + "matters most to the model comes first.")


def _quality(report: Report) -> Section:
    rows = [
        [one.feature, one.kind, share(one.share), share(one.training), "ALARM" if one.alarm else ""]
        for one in report.flaws
    ]
    headers = ["feature", "values that are", "now", "in training", ""]
    table = Table(headers, rows, numeric=frozenset({2, 3}))
    return Section("Data quality", [table] if rows else [])


def _moved(moved: list[Moved]) -> Table:
    rows = [
        [
            one.name,
            "drifted" if one.drifted else "" if one.judged else "not judged",
            f"{measure(one.effect, 3)} ({one.statistic})",
            probability(one.p_value),
            share(one.importance),
            short(one.score, 3),
        ]
        for one in moved
    ]
    headers = ["column", "verdict", "effect", "p, corrected", "importance", "matters"]
    told = "matters: how far beyond what counts as drift, times importance"
    return Table(headers, rows, told, frozenset({2, 3, 4, 5}))


def _traffic(report: Report) -> Section:
    seen = report.traffic
    rows = [["requests", count(seen.requests)], ["predictions", count(seen.predictions)]]
    rows += [[f"by version {name}", count(of)] for name, of in seen.by_version.items()]
    rows += [["first", seen.first_at or "–"], ["last", seen.last_at or "–"]]
    rows += [["share that is captured", share(seen.captured_share)]]
    blocks: list[Block] = [Table(["traffic", ""], rows, numeric=frozenset({1}))]
    if report.cost is not None:
        parts = [[name, f"{dollars:,.2f} $"] for name, dollars in report.cost.parts.items()]
        told = f"Estimate for 30 days, list prices of {report.cost.prices_of}"
        blocks.append(Table(["cost", "dollars"], parts, told, frozenset({1})))
    return Section("Traffic and cost", blocks)


def _sample(report: Report) -> Section:
    if not report.sample:
        return Section("Some rows", [])
    headers = list(report.sample[0])
    rows = [[row.get(name, "") for name in headers] for row in report.sample]
    return Section("Some rows", [Table(headers, rows)], "As captured; sensitive columns never are.")
