"""Lineage leads from a version back to everything, and from an object forward to everything."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from perennial.errors import UnknownVersion
from perennial.forgetting.records import TOMBSTONE, Removal, Tombstone
from perennial.provenance.drawing import drawn
from perennial.provenance.graph import Graph, Kind, Node
from perennial.provenance.lineage import Lineage, answering
from perennial.provenance.page import page
from perennial.registry.layout import dataset_prefix, gathered_key
from perennial.registry.records import RoutedVersion, SourceObject
from perennial.registry.routing import put_in_service

from tests.fakes.files import InMemoryFiles
from tests.fakes.records import AT, a_run, a_version, an_event
from tests.fakes.registry import InMemoryRegistry

JANUARY = SourceObject("data", "incoming/bank/jan.csv", "v1", "etag", 120)
RETRAINED = SourceObject("data", "retraining/bank/r1.parquet", "v1", "etag", 120)
CAPTURE = "s3://data/captures/model=bank/version=1/hour=2026-01-01T00/a.parquet"
TRUTH = "s3://data/truth/model=bank/day=2026-01-02/b.parquet"


class World:
    """A registry and a store, and versions made in them."""

    def __init__(self) -> None:
        self.registry, self.files = InMemoryRegistry(), InMemoryFiles()

    def train(self, run_id: str, source: SourceObject, digest: str, by: str = "ada") -> int:
        run = a_run(run_id, source=source, created_by=by, dataset_digest=digest)
        self.registry.create_run(run)
        version = a_version(run_id, dataset_digest=digest, created_by=by)
        return self.registry.register_version(version, an_event()).number

    def serve(self, number: int) -> None:
        put_in_service(
            "bank", number, by="me", reason="so", registry=self.registry, clock=lambda: AT
        )

    def lineage(self) -> Lineage:
        return Lineage(self.registry, self.files)

    def gathered(self) -> None:
        said = {"file": "s3://data/retraining/bank/r1.parquet", "sources": [CAPTURE, TRUTH]}
        said |= {"first": "2026-01-01T00:00:00.000Z", "last": "2026-01-01T00:59:00.000Z"}
        place = f"s3://data/{gathered_key('bank', 'r1')}"
        self.files.write(place, json.dumps(said).encode(), "application/json")


@pytest.fixture
def world() -> World:
    return World()


def names(graph: Graph, kind: Kind) -> list[str]:
    return [node.label for node in graph.of_kind(kind)]


def reached(graph: Graph, start: str) -> set[str]:
    """Ids of everything that led to a node."""
    found, waiting = set(), [start]
    while waiting:
        for _, node in graph.before(waiting.pop()):
            if node.id not in found:
                found.add(node.id)
                waiting.append(node.id)
    return found


def test_a_version_leads_back_to_run_dataset_object_and_person(world: World) -> None:
    world.serve(world.train("a", JANUARY, "1" * 64))
    graph = world.lineage().of_version("bank", 1)
    back = {graph.nodes[one].kind for one in reached(graph, graph.focus)}
    assert back == {Kind.RUN, Kind.DATASET, Kind.SOURCE, Kind.PERSON}
    assert names(graph, Kind.SOURCE) == ["incoming/bank/jan.csv"]
    assert names(graph, Kind.PERSON) == ["ada"]
    assert names(graph, Kind.SERVICE) == ["champion"]


def test_a_version_that_is_not_there_has_no_lineage(world: World) -> None:
    with pytest.raises(UnknownVersion):
        world.lineage().of_version("bank", 1)


def test_a_receipt_that_is_gone_is_noted(world: World) -> None:
    world.train("a", JANUARY, "1" * 64)
    (note,) = world.lineage().of_version("bank", 1).notes
    assert "receipt" in note


def test_rows_that_were_removed_on_request_are_noted(world: World) -> None:
    world.train("a", JANUARY, "1" * 64)
    removal = Removal("request", AT, 3, "subject", "2" * 64)
    tombstone = Tombstone("bank", "1" * 64, (removal,))
    place = f"s3://data/{dataset_prefix('bank', '1' * 64)}{TOMBSTONE}"
    world.files.write(place, tombstone.to_json(), "application/json")
    notes = world.lineage().of_version("bank", 1).notes
    assert "3 rows of dataset 111111111111 were removed on request." in notes
    world.files.write(place, b"{}", "application/json")
    notes = world.lineage().of_version("bank", 1).notes
    assert "dataset 111111111111: it is no tombstone of a dataset." in notes


def test_a_prediction_leads_back_to_everything_its_version_came_from(world: World) -> None:
    world.train("a", JANUARY, "1" * 64)
    made = Node("prediction:x-0", Kind.PREDICTION, "prediction x-0")
    graph = world.lineage().of_prediction(made, "bank", 1)
    assert graph.focus == made.id
    back = {graph.nodes[one].kind for one in reached(graph, graph.focus)}
    assert {Kind.VERSION, Kind.RUN, Kind.DATASET, Kind.SOURCE, Kind.PERSON} <= back


def test_an_object_leads_to_every_version_it_touched(world: World) -> None:
    for run_id, version_id in (("a", "v1"), ("b", "v2")):
        world.train(run_id, replace(JANUARY, version_id=version_id), run_id * 64)
    world.train("c", replace(JANUARY, key="incoming/bank/feb.csv"), "c" * 64)
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv")
    assert names(graph, Kind.VERSION) == ["bank version 1", "bank version 2"]
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv", "v2")
    assert names(graph, Kind.VERSION) == ["bank version 2"]


def test_everything_that_came_of_an_object_comes_of_one_node(world: World) -> None:
    for run_id, version_id in (("a", "v1"), ("b", "v2")):
        world.train(run_id, replace(JANUARY, version_id=version_id), run_id * 64)
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv")
    assert [node.details["version"] for _, node in graph.after(graph.focus)] == ["v1", "v2"]


def test_no_version_of_a_dataset_is_left_out(world: World) -> None:
    for number in range(120):
        world.train(f"r{number}", replace(JANUARY, key=f"k{number}"), "1" * 64)
    graph = world.lineage().of_source("s3://data/k7")
    assert len(graph.of_kind(Kind.VERSION)) == 120


def test_the_same_data_under_another_name_is_touched_too(world: World) -> None:
    world.train("a", JANUARY, "1" * 64)
    world.train("b", replace(JANUARY, key="incoming/bank/copy.csv"), "1" * 64)
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv")
    assert sorted(names(graph, Kind.VERSION)) == ["bank version 1", "bank version 2"]


def test_only_what_answers_is_to_be_trained_anew(world: World) -> None:
    for number in (1, 2):
        world.train(f"r{number}", replace(JANUARY, version_id=f"v{number}"), f"{number}" * 64)
        world.serve(number)
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv")
    assert [node.label for node in answering(graph)] == ["bank version 2"]
    assert names(graph, Kind.SERVICE) == ["previous", "champion"]


def test_a_challenger_answers_too(world: World) -> None:
    for number in (1, 2):
        world.train(f"r{number}", replace(JANUARY, version_id=f"v{number}"), f"{number}" * 64)
    world.serve(1)
    route = world.registry.route("bank")
    assert route is not None
    challenger = RoutedVersion(2, "d" * 64, "s3://a/b")
    world.registry._routes["bank"] = replace(route, challenger=challenger, share=0.1)
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv", "v2")
    assert [node.label for node in answering(graph)] == ["bank version 2"]


def test_an_object_nobody_trained_on_says_so(world: World) -> None:
    graph = world.lineage().of_source("s3://data/incoming/bank/none.csv")
    assert list(graph.nodes) == ["s3://data/incoming/bank/none.csv"]
    assert graph.notes == ["No run began with this object, and none was gathered from it."]


def test_a_run_without_version_is_shown_with_its_end(world: World) -> None:
    world.registry.create_run(a_run("a", source=JANUARY, reason="not a table"))
    graph = world.lineage().of_source("s3://data/incoming/bank/jan.csv")
    (run,) = graph.of_kind(Kind.RUN)
    assert run.details["reason"] == "not a table"


def test_a_retrained_version_leads_back_to_the_predictions_it_learned_from(world: World) -> None:
    world.train("a", JANUARY, "1" * 64)
    world.train("b", RETRAINED, "2" * 64, by="retraining")
    world.gathered()
    graph = world.lineage().of_version("bank", 2)
    back = {graph.nodes[one].label for one in reached(graph, graph.focus)}
    assert "2 files gathered" in back
    assert "bank version 1" in back


@pytest.mark.parametrize("place", [CAPTURE, TRUTH])
def test_captures_and_outcomes_lead_to_what_was_retrained_from_them(
    world: World, place: str
) -> None:
    world.train("a", JANUARY, "1" * 64)
    world.train("b", RETRAINED, "2" * 64, by="retraining")
    world.serve(2)
    world.gathered()
    graph = world.lineage().of_source(place)
    assert [node.label for node in answering(graph)] == ["bank version 2"]
    other = world.lineage().of_source(place.replace("parquet", "other"))
    assert other.notes


def test_what_a_retraining_file_was_gathered_from_may_be_unknown(world: World) -> None:
    world.train("b", RETRAINED, "2" * 64)
    notes = world.lineage().of_version("bank", 1).notes
    assert "What retraining/bank/r1.parquet was gathered from is not known." in notes


def test_the_picture_and_the_page_hold_everything_and_are_escaped(world: World) -> None:
    world.serve(world.train("a", replace(JANUARY, key="incoming/bank/<b>.csv"), "1" * 64))
    graph = world.lineage().of_version("bank", 1)
    picture, document = str(drawn(graph)), page(graph, "Lineage of bank")
    for node in graph.nodes.values():
        assert f'class="bar-{node.kind.value}"' in picture
    assert "<b>.csv" not in picture + document
    assert "bank version 1" in document


def test_the_picture_of_nothing_is_a_picture() -> None:
    assert str(drawn(Graph())).startswith("<svg")


def test_reads_do_not_grow_with_the_versions_of_a_model(world: World) -> None:
    class Counted(InMemoryRegistry):
        reads = 0

        def run(self, model: str, run_id: str):  # type: ignore[no-untyped-def]
            self.reads += 1
            return super().run(model, run_id)

        def version(self, model: str, number: int):  # type: ignore[no-untyped-def]
            self.reads += 1
            return super().version(model, number)

    world.registry = counted = Counted()
    for number in range(200):
        world.train(f"r{number}", replace(JANUARY, key=f"k{number}"), f"{number:064d}")
    counted.reads = 0
    world.lineage().of_version("bank", 150)
    world.lineage().of_source("s3://data/k77")
    assert counted.reads <= 6
