"""What is told of a story: its lines, its events, its picture, and every request that failed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from perennial.registry.records import Event as Recorded

from examples.story import events, losses
from examples.story.drawing import draw
from examples.story.endpoint import Endpoint
from examples.story.episodes import episodes
from examples.story.replay import Replay
from examples.story.scenario import BANK, BIKE, History
from examples.story.watching import Look

SVG = "{http://www.w3.org/2000/svg}"
DOCUMENT: dict[str, Any] = {
    "model": "bank",
    "metric": "log_loss",
    "rows": 4000,
    "first_rows": 1000,
    "requests": 120,
    "failed_requests": 0,
    "alone": [{"row": 1000, "loss": 0.2}, {"row": 2000, "loss": 1.4}],
    "watched": [{"row": 1000, "loss": 0.2}, {"row": 2000, "loss": 0.6}],
    "mean": {"alone": 0.8, "watched": 0.4},
    "stages": [
        {"version": 2, "stage": "shadow", "verdict": "pass"},
        {"version": 2, "stage": "25%", "verdict": "pass"},
    ],
    "in_service": [
        {"version": 1, "row": 1000, "taken_back": False},
        {"version": 2, "row": 2400, "taken_back": False},
        {"version": 3, "row": 3000, "taken_back": True},
        {"version": 2, "row": 3200, "taken_back": False},
    ],
    "events": [
        {"row": 1900, "kind": "finding", "what": "drift is found"},
        {"row": 1901, "kind": "retraining_ordered", "what": "retraining is ordered"},
        {"row": 1950, "kind": "version_registered", "what": "not marked"},
        {"row": 2400, "kind": "rollout_ended", "what": "version 2 is promoted"},
        {"row": 2990, "kind": "operator", "what": "version <3> is forced into service"},
        {"row": 3010, "kind": "rollout_ended", "what": "version 3 gives way to another version"},
        {"row": 3200, "kind": "rolled_back", "what": "version 3 is taken back"},
    ],
}


def test_loss_is_what_scikit_learn_says() -> None:
    from sklearn.metrics import log_loss

    said = np.array([0.1, 0.8, 0.4, 0.0])
    truths = ["0", "1", "1", "0"]
    found = losses.losses(BANK.spec, said, truths)
    assert found.mean() == pytest.approx(log_loss([0, 1, 1, 0], said))


def test_loss_of_a_regression_is_the_absolute_error() -> None:
    found = losses.losses(BIKE.spec, np.array([10.0, 20.0]), [13.0, 20.0])
    assert found.tolist() == [3.0, 0.0]


def test_chunks_are_means_and_a_rest_of_a_few_rows_is_left_out() -> None:
    said = np.array([1.0] * 10)
    truths = [*[1.0] * 4, *[3.0] * 6]
    points = losses.by_chunk(BIKE.spec, list(range(100, 110)), said, truths, 4)
    assert [(point.row, point.loss) for point in points] == [(100, 0.0), (104, 2.0), (108, 2.0)]
    assert len(losses.by_chunk(BIKE.spec, list(range(9)), said[:9], truths[:9], 8)) == 1
    assert math.isnan(losses.mean(np.array([])))


def test_finding_is_told_once_until_it_has_gone() -> None:
    def look(at: float, **verdicts: str) -> Look:
        return Look(at, int(at), verdicts, "s3://report")

    looks = [look(1, drift="alarm"), look(2, drift="alarm"), look(3, drift="ok")]
    looks.append(look(4, drift="alarm", concept_drift="not-enough-data"))
    assert [(one.at, one.what) for one in events.of_looks(looks)] == [
        (1, "drift is found"),
        (4, "drift is found"),
    ]


def test_history_is_placed_among_the_rows() -> None:
    replay = Replay("bank", History("", [], [{}] * 9, ["0"] * 9), Endpoint("", ""), "1", 1, 0)
    replay._clock = [(100.0, 3), (200.0, 6)]
    details = {"champion": "2", "rejected": "3"}
    told = Recorded(
        "bank", 1, "1970-01-01T00:02:30.000Z", "automation", "rolled_back", "route 4", "x", details
    )
    (event,) = events.of_history([told], replay.row_at)
    assert (event.row, event.what) == (3, "version 3 is taken back, version 2 serves")
    assert replay.row_at(99.0) == 3
    assert replay.row_at(999.0) == 6


@pytest.mark.parametrize(
    ("what", "details", "words"),
    [
        ("rollout_began", {"rollout_version": "2"}, "version 2 begins its rollout, as a shadow"),
        ("rollout_step", {"rollout_version": "2", "share": "0.25"}, "version 2 answers 25%"),
        ("rollout_ended", {"rollout_version": "2", "rollout_status": "REJECTED"}, "is rejected"),
        ("route_changed", {"champion": "4"}, "version 4 is put in service"),
        ("retraining_ordered", {}, "retraining is ordered"),
        ("something_new", {}, "route 1: something new"),
    ],
)
def test_history_is_told_in_words(what: str, details: dict[str, str], words: str) -> None:
    told = Recorded("bank", 1, "1970-01-01T00:00:00Z", "x", what, "route 1", "", details)
    (event,) = events.of_history([told], lambda at: int(at))
    assert words in event.what


def test_events_that_follow_from_each_other_are_one_episode() -> None:
    turned, broken = episodes(DOCUMENT["events"], DOCUMENT["stages"])
    assert turned.sentence == (
        "row 1,900: drift → retrained → shadow passed → 25% passed → version 2 is promoted"
    )
    assert (turned.row, turned.last, turned.kind) == (1900, 2400, "served")
    assert (broken.row, broken.last, broken.kind) == (2990, 3200, "harm")
    assert "gives way" not in broken.sentence


def test_what_one_report_finds_is_one_phrase() -> None:
    happened = [
        {"row": 1, "kind": "finding", "what": "drift is found"},
        {"row": 1, "kind": "finding", "what": "concept drift is found"},
        {"row": 2, "kind": "retraining_ordered", "what": "retraining is ordered"},
        {"row": 3, "kind": "retraining_failed", "what": "retraining failed"},
    ]
    (episode,) = episodes(happened, [])
    assert episode.sentence == "row 1: drift, concept drift → retrained → retraining failed"
    assert episode.kind == "found"


def test_rejected_version_is_nothing_new_and_a_rollout_may_come_by_itself() -> None:
    happened = [
        {"row": 1, "kind": "rollout_began", "what": "version 2 begins its rollout, as a shadow"},
        {"row": 3, "kind": "rollout_ended", "what": "version 2 is rejected"},
    ]
    (episode,) = episodes(happened, [{"version": 2, "stage": "shadow", "verdict": "reject"}])
    assert episode.sentence == "row 1: shadow failed → version 2 is rejected"
    assert episode.kind == "found"


def test_picture_stands_alone_and_tells_each_episode() -> None:
    picture = draw(DOCUMENT)
    root = ElementTree.fromstring(picture)
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert [text[:10] for text in texts if text.startswith("row ")][1:] == [
        "row 1,900:",
        "row 2,990:",
    ]
    assert "120 requests, 0 failed" in str(root.get("aria-label"))
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_picture_shows_which_version_was_in_service() -> None:
    root = ElementTree.fromstring(draw(DOCUMENT))
    terms = [one for one in root.iter(f"{SVG}rect") if "term" in str(one.get("class"))]
    assert [one.get("class") for one in terms] == ["term", "term", "term bad", "term"]
    begins = [float(str(one.get("x"))) for one in terms]
    widths = [float(str(one.get("width"))) for one in terms]
    for begin, width, after in zip(begins, widths, begins[1:], strict=False):
        assert begin + width == pytest.approx(after, abs=0.15)


def test_numbers_of_the_picture_do_not_touch() -> None:
    crowded = dict(DOCUMENT)
    crowded["events"] = [
        {"row": row, "kind": kind, "what": "version 2 is promoted"}
        for row in range(2000, 2100, 10)
        for kind in ("finding", "rollout_ended")
    ]
    root = ElementTree.fromstring(draw(crowded))
    marks = [one for one in root.iter(f"{SVG}circle") if one.get("r") == "8"]
    above = [float(str(one.get("cx"))) for one in marks if float(str(one.get("cy"))) < 100]
    assert len(above) == 10
    assert min(after - before for before, after in pairwise(above)) > 16


class _Api(BaseHTTPRequestHandler):
    """Answers the second request with 503, and closes the connection on the fourth."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        _Api.asked += 1
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if _Api.asked == 4:
            self.close_connection = True
            return
        answer = {
            "version": 2,
            "predictions": [
                {"id": f"p{row['age']}", "probabilities": {"0": 0.7, "1": 0.3}}
                for row in body["rows"]
            ],
        }
        raw = json.dumps(answer).encode()
        self.send_response(503 if _Api.asked == 2 else 200)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words: object) -> None: ...


@pytest.fixture
def api() -> Iterator[str]:
    _Api.asked = 0
    with HTTPServer(("127.0.0.1", 0), _Api) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/live"
        server.shutdown()


def test_every_request_that_fails_is_counted_and_the_story_goes_on(api: str) -> None:
    endpoint = Endpoint(api, "key")
    history = History("", [], [{"age": age} for age in range(10)], ["0"] * 10)
    replay = Replay("bank", history, endpoint, "1", 10, 0)
    replay.send(5, 2)
    assert replay.over
    assert endpoint.requests == 5
    assert len(endpoint.failed) == 2
    assert "503" in endpoint.failed[0]
    assert [one.row for one in replay.answers] == [0, 1, 4, 5, 8, 9]
    assert {one.said for one in replay.answers} == {0.3}
    endpoint.close()
