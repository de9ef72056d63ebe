"""One emulator for all tests of this folder, with its own project and a fast clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import control
from tests.emulator.deploying import Cloud

PROJECT = Path(__file__).with_name("project")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A running emulator: IAM enforced, time sixty times as fast."""
    folder = tmp_path_factory.mktemp("emulator")
    with control.start(folder, project=PROJECT, time_scale=60) as emulator:
        yield Cloud(emulator)
