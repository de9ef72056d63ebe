"""How the suite runs on two workers: each folder that shares something costly stays on one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A change is judged by the same examples each time; `make test-all` looks for new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("fixed")

ROOT = Path(__file__).parent
# One emulator or one synth per folder and session; the longest starts first.
SHARED = ("e2e", "emulator", "infrastructure")


@pytest.hookimpl(tryfirst=True)  # before the runner reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share an emulator or a synth on one worker, the longest first."""
    rank = {name: position for position, name in enumerate(SHARED)}
    for item in items:
        folder = item.path.relative_to(ROOT).parts[0]
        if folder in rank:
            item.add_marker(pytest.mark.xdist_group(folder))
        if folder == "e2e":
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: rank.get(item.path.relative_to(ROOT).parts[0], len(rank)))
