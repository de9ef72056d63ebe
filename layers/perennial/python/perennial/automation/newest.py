"""The newest monitoring report of a model, as far as acting on alarms needs it.

Read leniently and without the monitoring code: what cannot be read confirms nothing.
"""

from __future__ import annotations

import json
from datetime import datetime

from perennial.automation.situation import LatestReport
from perennial.registry.files import Files
from perennial.registry.layout import REPORTS, uri

_REPORT, _PAGE = "/report.json", "/report.html"
_ALARM = "alarm"


class NewestReports:
    """`perennial.automation.ports.Reports` on the store of reports."""

    def __init__(self, files: Files, bucket: str) -> None:
        """Args: files: the store; bucket: of reports."""
        self._files, self._bucket = files, bucket

    def latest(self, model: str, since: str) -> LatestReport | None:
        """The newest whole report whose window ended after a moment, if there is one."""
        prefix = uri(self._bucket, f"{REPORTS}{model}/")
        after = f"{prefix}{datetime.fromisoformat(since):%Y%m%dT%H%M%SZ}"
        whole = [
            found.uri for found in self._files.listed(prefix, after) if found.uri.endswith(_REPORT)
        ]
        return self._read(max(whole)) if whole else None

    def _read(self, location: str) -> LatestReport | None:
        try:
            told = json.loads(self._files.read(location))
            alarms = {
                name: str(verdict["sentence"])
                for name, verdict in told["verdicts"].items()
                if verdict["state"] == _ALARM
            }
            version = told.get("version")
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return LatestReport(location.removesuffix(_REPORT) + _PAGE, version, alarms)
