"""What programs read of versions: the card, where MLflow finds them, what they cost."""

from __future__ import annotations

import json

from perennial.cost.run import cost_of_run

from tests.fakes.records import a_run, a_version, an_event
from tests.unit.cli.conftest import Line

CARD = "s3://data/runs/wine/a/card.html"


def test_versions_name_their_card_and_what_their_run_cost(line: Line) -> None:
    run = a_run("a" * 32, model="wine", seconds={"TrainModel": 120.0, "EvaluateModel": 3.0})
    line.registry.create_run(run)
    version = a_version(model="wine", run_id=run.run_id, card_uri=CARD)
    line.registry.register_version(version, an_event(model="wine"))
    (told,) = json.loads(line("versions", "wine", "--json").stdout)
    assert told["card_uri"] == CARD
    assert told["mlflow_uri"].endswith("/mlflow/wine/00000001")
    assert told["dollars"] == round(cost_of_run(run).dollars, 6) > 0
