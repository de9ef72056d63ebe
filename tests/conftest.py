"""How the suite runs on two workers: each folder that shares something costly stays on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# A change is judged by the same examples each time; `make test-all` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("fixed")

ROOT = Path(__file__).parent
# One emulator or one synth per folder and session; the longest starts first.
SHARED = ("e2e", "emulator", "infrastructure")


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker all tests of a folder that shares something, and single tests of the others.

    Not the runner's own groups: pytest from 9.2 on ignores the names it marks them by.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return folder if folder in SHARED else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Whoever asks for several workers has the tests divided by folder, the longest first."""
    config.option.loadscopereorder = False
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest folders first."""
    rank = {name: position for position, name in enumerate(SHARED)}
    for item in items:
        if item.path.relative_to(ROOT).parts[0] == "e2e":
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: rank.get(item.path.relative_to(ROOT).parts[0], len(rank)))
