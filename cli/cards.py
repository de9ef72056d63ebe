"""Fetches a model card, and tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perennial.registry import layout

from cli import project, terminal
from cli.exits import CommandError, Exit
from cli.fetched import Fetched
from cli.outputs import Deployment

if TYPE_CHECKING:
    from rich.console import RenderableType

_FEATURES = 8  # shown, the most important first


@dataclass(frozen=True, slots=True)
class Card(Fetched):
    """A card on this machine.

    Attributes:
        by: who brought the data, by name where that is known.
    """

    by: str


def fetch(deployment: Deployment, model: str, number: int | None) -> Card:
    """Copy a card to `build/reports/<model>/versions/<number>/`.

    Args:
        deployment: where it is.
        model: what it is about.
        number: which version; None for the one in service.

    Raises:
        CommandError: there is no such version, or it has no card.
    """
    from perennial.adapters.s3_files import S3Files
    from perennial.approval.identity import named

    from cli import records

    store = records.registry(deployment)
    version = records.version_named(store, model, number)
    files = S3Files(deployment.target.client("s3"))
    folder = project.current().reports / model / "versions" / str(version.number)
    folder.mkdir(parents=True, exist_ok=True)
    bucket = deployment.storage["DataBucketName"]
    prefix = layout.uri(bucket, layout.run_prefix(model, version.run_id))
    try:
        for name in (layout.CARD_JSON, layout.CARD_HTML):
            files.download(prefix + name, folder / name)
    except FileNotFoundError as error:
        raise CommandError(
            f"Version {version.number} of {model} has no card.",
            advice="It is written a moment after the version is registered; "
            "`perennial logs card` says what went wrong.",
            code=Exit.NOT_FOUND,
        ) from error
    document = json.loads((folder / layout.CARD_JSON).read_text(encoding="utf-8"))
    by = named(document["created_by"], store.approvals(model))
    return Card(document, folder / layout.CARD_HTML, by)


def lines(shown: Card) -> Iterator[RenderableType]:
    """The card for people, in short."""
    from perennial.report import measure
    from rich.text import Text

    card, by = shown.document, shown.by
    found = card["evaluation"]
    title = f"{card['model']} version {card['version']}"
    yield Text.assemble((title, "bold"), f"  {card['description']}")
    yield f"{card['method']['algorithm']}, {card['data']['rows']:,} rows, by {by}"
    yield ""
    yield terminal.table(
        ["Metric", "Holdout>", "95 % interval"],
        [
            [name, measure(value), _span(found["intervals"].get(name))]
            for name, value in found["metrics"].items()
        ],
    )
    if card["caveats"]:
        yield ""
        yield from (f"{one['kind'].upper():<8} {one['sentence']}" for one in card["caveats"])
    yield from _explained(card["explanation"])
    decided = card["approval"]
    if decided:
        yield ""
        yield f"{decided['status']} by {decided['by']} at {decided['at']}: {decided['reason']}"
    elif card["approval_needed"]:
        yield ""
        yield "A person has yet to approve it."


def _span(bounds: dict[str, float] | None) -> str:
    from perennial.report import measure

    return f"{measure(bounds['low'])} to {measure(bounds['high'])}" if bounds else ""


def _explained(explanation: dict[str, Any] | None) -> Iterator[RenderableType]:
    if explanation is None:
        return
    from perennial.report import measure, share

    yield ""
    yield terminal.table(
        ["Feature", f"Mean contribution, {explanation['unit']}>", "Share>"],
        [
            [one["feature"], measure(one["mean_absolute"], 3), share(one["share"])]
            for one in explanation["features"][:_FEATURES]
        ],
    )
