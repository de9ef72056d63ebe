"""Last, because it stops the emulator: what was deployed and trained is there again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from perennial.registry.records import RunStatus

from emulator import control
from tests.e2e.conftest import ROOT, SETTINGS
from tests.e2e.platform import Platform
from tests.e2e.test_journey import rows_of

MODEL = "breast-cancer"


def test_models_are_still_served_after_a_stop_and_a_start(
    platform: Platform, state: Path, breast_cancer: bytes
) -> None:
    if platform.registry.route(MODEL) is None:
        assert platform.train(MODEL, breast_cancer).status is RunStatus.SUCCEEDED
    row = rows_of(breast_cancer, "diagnosis", 1)[0]
    before = platform.predict(MODEL, row)
    assert before.status == 200
    command = str(Path(sys.executable).parent / "perennial")
    environment = os.environ | {"PERENNIAL_STATE": str(state)} | SETTINGS
    for verb in ("down", "up"):
        done = subprocess.run(
            [command, verb], env=environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    again = control.running(state)
    assert again is not None
    revived = Platform(again)
    revived.read_outputs()

    answer = revived.predict(MODEL, row)

    assert answer.status == 200
    [now], [then] = answer.body["predictions"], before.body["predictions"]
    assert now["probabilities"] == then["probabilities"]
    again.stop()
