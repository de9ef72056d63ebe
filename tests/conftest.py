"""How the suite runs on two workers: each folder that shares something costly stays on one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# A change is judged by the same examples each time; `make test-all` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("fixed")

# As in the container: on a machine that is shared, threads that wait for one another by spinning
# take ten times as long. Read when a library with OpenMP is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = Path(__file__).parent
# One emulator or one synth per folder and session. These journeys have a deployment of their own.
SHARED = ("e2e", "emulator", "infrastructure")
APART = ("e2e/test_story.py", "e2e/test_pipeline.py", "e2e/test_guarded.py")
LONGEST_FIRST = ("e2e", *APART, "emulator", "infrastructure")


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker all tests of a folder that shares something, and single tests of the others.

    Not the runner's own groups: pytest from 9.2 on ignores the names it marks them by.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.split("::")[0]) or nodeid


def group_of(path: str) -> str | None:
    """What the tests of a file share something costly with; None: with no other.

    Args:
        path: of the file, from the project's root.
    """
    file = path.partition("/")[2]
    folder = file.partition("/")[0]
    return file if file in APART else folder if folder in SHARED else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Whoever asks for several workers has the tests divided by folder, the longest first."""
    config.option.loadscopereorder = False
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first."""
    rank = {name: position for position, name in enumerate(LONGEST_FIRST)}
    for item in items:
        if "e2e" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.e2e)
    paths = {item: item.path.relative_to(ROOT.parent).as_posix() for item in items}
    items.sort(key=lambda item: rank.get(group_of(paths[item]) or "", len(rank)))
