"""What this checkout would cost: its templates, synthesized without AWS, and a load."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from perennial.cost.at_rest import AtRest, at_rest
from perennial.cost.bill import Bill, Line, dollars
from perennial.cost.load import Built, Load, built, under_load
from perennial.cost.prices import PRICES_OF, REGION
from perennial.cost.sagemaker import real_time, serverless

from cli import project, terminal


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a deployment costs a month, and the same on SageMaker."""

    load: Load
    parts: Built
    rest: AtRest
    use: Bill
    always_on: Bill
    on_demand: Bill

    def as_json(self) -> dict[str, Any]:
        """The estimate for programs."""
        return {
            "prices_of": PRICES_OF,
            "region": REGION,
            "load": asdict(self.load),
            "sizes": asdict(self.parts),
            "at_rest": self.rest.bill.as_json(),
            "under_load": self.use.as_json(),
            "dollars": round(self.rest.bill.dollars + self.use.dollars, 6),
            "unpriced": list(self.rest.unpriced),
            "sagemaker_real_time": self.always_on.as_json(),
            "sagemaker_serverless": self.on_demand.as_json(),
        }


def estimate(here: project.Project, load: Load) -> Estimate:
    """Synthesize the checkout as it would be deployed to AWS, and bill it.

    Raises:
        KeyError: the templates lack a part that every deployment has.
        SettingsError, SpecError: the checkout cannot be synthesized.
    """
    templates = _templates(here)
    parts = built(templates, len(here.model_names))
    return Estimate(
        load,
        parts,
        at_rest(templates),
        under_load(load, parts),
        real_time(load, parts),
        serverless(load, parts),
    )


def _templates(here: project.Project) -> list[dict[str, Any]]:
    """The templates of a deployment to AWS; layers are stood in for, nothing is downloaded."""
    from stacks.app import LAYERS, build_app
    from stacks.layers import pack_layer

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        archives = {name: pack_layer(name, {"stand-in": b""}, made) for name in (*LAYERS, "specs")}
        context = {"target": "cloud", **project.settings()}
        build_app(here.root, context, outdir=made / "out", archives=archives).synth()
        found = sorted((made / "out").glob("*.template.json"))
        return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def tell(found: Estimate) -> None:
    """The estimate as tables."""
    total = found.rest.bill.dollars + found.use.dollars
    load = found.load
    terminal.show(
        f"Models {found.parts.models}, requests {load.requests:,.0f} a month (rows {load.rows:g}, "
        f"{load.milliseconds:g} ms); for each model trainings {load.trainings:g} "
        f"({load.training_minutes:g} minutes) and reports {load.reports:g}.",
        "",
        table("At rest, a month", found.rest.bill),
        "",
        table("Under this load, a month", found.use),
        "",
        terminal.table(
            ["Together, a month", "At rest>", "With the load>"],
            [
                ["Perennial", dollars(found.rest.bill.dollars), dollars(total)],
                [
                    "SageMaker, an ml.m5.large per model",
                    dollars(_resting(found, always_on=True)),
                    dollars(found.always_on.dollars),
                ],
                [
                    "SageMaker serverless, 2 GiB",
                    dollars(_resting(found, always_on=False)),
                    dollars(found.on_demand.dollars),
                ],
            ],
        ),
        "",
        f"List prices of {REGION}, {PRICES_OF}, before free tiers and taxes: an estimate, not the "
        "bill.\nSageMaker's sums hold no gateway, keys, quotas, alarms or dashboards.",
    )
    if found.rest.unpriced:
        terminal.show(f"Not in the price table: {', '.join(found.rest.unpriced)}.")


def _resting(found: Estimate, *, always_on: bool) -> float:
    """What SageMaker costs without requests, trainings and reports."""
    nothing = Load(requests=0, trainings=0, reports=0, storage_gb=0)
    return (real_time if always_on else serverless)(nothing, found.parts).dollars


def table(title: str, found: Bill) -> Any:
    """A bill line by line, with its sum."""
    rows = [
        [line.what, f"{_quantity(line.quantity)} {_unit(line)}", dollars(line.dollars)]
        for line in found.lines
    ]
    return terminal.table([title, "Quantity", "Dollars>"], [*rows, ["", "", _sum(found)]])


def _quantity(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"


def _unit(line: Line) -> str:
    """The unit, of one thing in the singular."""
    return line.unit.removesuffix("s") if line.quantity == 1 else line.unit


def _sum(found: Bill) -> str:
    return f"= {dollars(found.dollars)}"
