"""`python -m examples.story [bank|bike]`: play a story and draw it."""

from __future__ import annotations

import argparse
import sys
import time

from examples.story import play
from examples.story.deployment import BUILD, deployed
from examples.story.document import written
from examples.story.drawing import draw
from examples.story.phases import Phases
from examples.story.scenario import SCENARIOS


def main(words: list[str] | None = None) -> int:
    """Play, write `build/story.json` and the picture; 1 when a request was not answered."""
    asked = _arguments(words)
    scenario = SCENARIOS[asked.story]
    if asked.brief:
        scenario = scenario.briefly
    if asked.every > 1:
        scenario = scenario.thinned(asked.every)
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    if not scenario.file.exists():
        print(f"{scenario.file} is not there: see examples/README.md", file=sys.stderr)
        return 1
    phases = Phases()
    phases.turn("deployment")
    tell("the platform is deployed on this machine")
    with deployed(scenario.model, keep=asked.keep) as deployment:
        played = play.Story(scenario, deployment, tell, phases).play()
        phases.turn("losses")
        document = played.document()
        phases.turn("end")
    document |= {"seconds": round(time.monotonic() - began, 1), "phases": phases.seconds()}
    name = "-".join(
        ["story", *([asked.story] * (asked.story != "bank")), *(["brief"] * asked.brief)]
    )
    target = BUILD.parent / f"{name}.json"
    target.write_text(written(document), encoding="utf-8")
    picture = target.with_suffix(".svg")
    picture.write_text(draw(document), encoding="utf-8")
    mean = document["mean"]
    tell(
        f"{document['requests']:,} requests, {document['failed_requests']} failed; mean "
        f"{document['metric']} {mean['alone']:.3f} left alone, {mean['watched']:.3f} watched"
    )
    tell(f"{target} and {picture}")
    return 1 if document["failed_requests"] else 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.story", description=__doc__)
    parser.add_argument("story", nargs="?", default="bank", choices=sorted(SCENARIOS))
    parser.add_argument("--every", type=int, default=1, help="play only each so many-th row")
    parser.add_argument(
        "--brief", action="store_true", help="from the turn of the economy to the broken version"
    )
    parser.add_argument("--keep", action="store_true", help="leave the platform running")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
