"""`perennial models`: what is deployed, and what serves it."""

from __future__ import annotations

from cli import terminal
from cli.options import Json, on_target
from cli.target import Target


@on_target
def run(target: Target, json_output: Json = False) -> None:
    """List the deployed models, the version each of them is served by, and their newest run."""
    from cli import catalogue, records
    from cli.outputs import Deployment

    deployment = Deployment(target)
    store = records.registry(deployment)
    listed = []
    for name, described in catalogue.deployed(deployment).items():
        route = store.route(name)
        champion = store.version(name, route.champion.number) if route else None
        newest = next(iter(store.runs(name, 1)), None)
        listed.append((name, described, champion, newest))
    if json_output:
        terminal.emit(
            [
                {
                    "name": name,
                    "task": described.get("task"),
                    "champion": records.as_json(champion) if champion else None,
                    "newest_run": records.as_json(newest) if newest else None,
                }
                for name, described, champion, newest in listed
            ]
        )
        return
    rows = [
        [
            name,
            str(described.get("task", "")),
            str(champion.number) if champion else "none",
            records.headline(champion.metrics) if champion else "",
            f"{newest.status.value.lower()}, {records.moment(newest.created_at)}" if newest else "",
        ]
        for name, described, champion, newest in listed
    ]
    terminal.show(
        terminal.table(["Model", "Task", "In service>", "Holdout", "Newest run"], rows)
        if rows
        else "No model is deployed. `perennial init data.csv --target COLUMN` writes a spec."
    )
