"""The story on real data: the turn is found, and a broken version goes by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from examples.story.scenario import BANK
from tests.e2e.conftest import ROOT

TURN = 23_997  # the first row of another employment rate than those of the first third


def play(*words: str) -> dict[str, Any]:
    """The document of a story, which has a deployment of its own."""
    if not BANK.file.exists():
        pytest.skip("bank-marketing.csv is not in ../shared/data beside this checkout")
    command = [sys.executable, "-m", "examples.story", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    name = "story-brief.json" if "--brief" in words else "story.json"
    return dict(json.loads((ROOT / "build" / name).read_text()))


def holds(story: dict[str, Any]) -> None:
    """What every story with a turn and a broken version must show."""
    assert sum(story["phases"].values()) == pytest.approx(story["seconds"], abs=2)
    assert story["requests"] > 300
    assert story["failed_requests"] == 0, story["failures"]
    happened = [(event["kind"], event["what"], event["row"]) for event in story["events"]]
    found = [row for kind, what, row in happened if (kind, what) == ("finding", "drift is found")]
    assert TURN < found[0] < TURN + 2500, "drift is found where the economy turns, and not before"
    kinds = [kind for kind, _, _ in happened]
    turned = kinds.index("retraining_ordered")
    assert kinds.index("rollout_began") > turned
    assert kinds.index("rollout_step") > kinds.index("rollout_began")
    promoted = next(place for place, one in enumerate(happened) if "is promoted" in one[1])
    forced = next(place for place, one in enumerate(happened) if "forced" in one[1])
    taken_back = kinds.index("rolled_back")
    assert promoted < forced < taken_back
    back = story["events"][taken_back]
    assert back["by"] == "automation"
    assert "collapsed" in back["why"]
    assert "route_proven" in kinds[taken_back:]
    judged_by_evidence(story, good=happened[promoted][1], broken=happened[forced][1])


def judged_by_evidence(story: dict[str, Any], *, good: str, broken: str) -> None:
    """Stages end by what was seen, not by the clock; outcomes tell the flipped labels."""
    verdicts = {(one["version"], one["stage"]): one for one in story["stages"]}
    assert {one["verdict"] for one in verdicts.values()} <= {"pass", "reject", "taken"}
    version = int(good.split()[1])
    assert [verdicts[version, stage]["verdict"] for stage in ("shadow", "50%")] == ["pass", "pass"]
    shadow = verdicts[int(broken.split()[1]), "shadow"]
    assert shadow["verdict"] == "reject"
    assert "loss: " in shadow["why"]


def test_model_is_retrained_at_the_turn_and_a_broken_version_is_taken_back() -> None:
    story = play("--brief")
    holds(story)


@pytest.mark.slow
def test_watched_model_loses_less_than_one_left_alone() -> None:
    story = play()
    holds(story)
    assert story["mean"]["watched"] < story["mean"]["alone"]
    ends = [story[line][-4:] for line in ("watched", "alone")]
    watched, alone = (sum(point["loss"] for point in points) / 4 for points in ends)
    assert watched < 0.75 * alone
