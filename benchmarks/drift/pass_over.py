"""One pass as the monitor makes it: read captures, gather the window, judge; then end.

A process of its own, so that time and peak memory are those of the whole.
"""

from __future__ import annotations

import sys
from pathlib import Path

from perennial.capture.reading import captured
from perennial.data.light_arrow import lighten
from perennial.data.profile import Profile
from perennial.monitoring.drift import judge_drift
from perennial.monitoring.quality import judge_quality
from perennial.monitoring.reference import reference_of
from perennial.monitoring.window import DataWindow
from perennial.spec.monitoring import Drift, Quality

from benchmarks.drift.folder import BUCKET, END, SPEC, START
from benchmarks.folder import Folder

lighten()


def main() -> None:
    folder, profile = Path(sys.argv[1]), Path(sys.argv[2])
    reference = reference_of(SPEC, Profile.model_validate_json(profile.read_bytes()))
    window = DataWindow(reference)
    columns = ("features", "prediction")
    for batch in captured(Folder(folder, BUCKET), BUCKET, SPEC, START, END, columns=columns):
        window.add(batch)
    drift = judge_drift(window, Drift())
    quality = judge_quality(window, Quality(), Drift().false_alarms)
    sys.stdout.write(f"{window.rows} {drift.verdicts['drift'].state} {quality.verdict.state}\n")


if __name__ == "__main__":
    main()
