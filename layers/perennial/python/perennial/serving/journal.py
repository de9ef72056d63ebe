"""One JSON line per request that is log and metric in one, in CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A tiny logger of our own: importing powertools would cost the predict function 40 ms.
"""

from __future__ import annotations

import json
import sys
import time
from json.encoder import encode_basestring_ascii as quoted

from perennial.errors import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMESPACE = "Perennial"
# Errors are ours (5xx); what a caller did wrong must not roll a version back.
METRICS = (
    {"Name": "Requests", "Unit": "Count"},
    {"Name": "Rows", "Unit": "Count"},
    {"Name": "Errors", "Unit": "Count"},
    {"Name": "LatencyMs", "Unit": "Milliseconds"},
)
LOAD_FAILURES = {"Name": "LoadFailures", "Unit": "Count"}


def _directive(*told: tuple[list[list[str]], Sequence[Mapping[str, str]]]) -> str:
    """What CloudWatch is to take out of a line: by which dimensions, which metrics."""
    parts = [
        {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
        for dimensions, metrics in told
    ]
    return json.dumps(parts, separators=(",", ":"))


_BY_MODEL, _BY_VERSION = [["model"]], [["model", "version"]]
_DIRECTIVE = _directive((_BY_MODEL, METRICS))
# During a rollout. A request that had to load a version says nothing about how fast it answers.
_COMPARED = _directive((_BY_MODEL + _BY_VERSION, METRICS))
_UNTIMED = _directive((_BY_MODEL, METRICS), (_BY_VERSION, METRICS[:3]))
_VERSION_ALONE = _directive((_BY_VERSION, METRICS))
_VERSION_UNTIMED = _directive((_BY_VERSION, METRICS[:3]))
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


class Journal:
    """Writes lines; those below the level are left out, except where they carry metrics."""

    def __init__(self, level: str = "INFO") -> None:
        self.request_id = ""
        self._threshold = _LEVELS.get(level.upper(), _LEVELS["INFO"])

    def __call__(self, level: str, message: str, **fields: object) -> None:
        """Write one line: a constant message, the request's id and the fields."""
        if _LEVELS[level] >= self._threshold:
            self._write(level, message, fields)

    def failure(self, error: Exception) -> None:
        """Write where an unforeseen error came from; its text may hold values and stays out."""
        places = frames(error)
        self("ERROR", "request failed", error=type(error).__name__, where=places)

    def count(self, metric: str, model: str, message: str, **fields: object) -> None:
        """Write a warning that counts one, as a metric of a deployed model."""
        told = {"Name": metric, "Unit": "Count"}
        line = {"_aws": _metrics([told]), "model": model, metric: 1, **fields}
        self._write("WARNING", message, line)

    def load_failed(self, model: str, version: int, cause: str) -> None:
        """Write that a version could not be loaded; counted by model, and for all of them."""
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [[], ["model"]],
            "Metrics": [LOAD_FAILURES],
        }
        self(
            "ERROR",
            "version cannot be loaded",
            _aws={"Timestamp": int(time.time() * 1e3), "CloudWatchMetrics": [directive]},
            model=model,
            version=version,
            cause=cause,
            LoadFailures=1,
        )

    def answered(
        self,
        *,
        model: str,
        status: int,
        rows: int,
        milliseconds: float,
        version: int | None = None,
        problem: str | None = None,
        compared: bool = False,
        timed: bool = True,
    ) -> None:
        """Write a request's line, with metrics where `model` names a deployed model.

        Names a caller made up must not become dimensions: each would be a metric to pay for.
        The line is put together by hand: it is written for every request.

        Args:
            model: its name, or nothing where it is not deployed.
            status: of the answer.
            rows: that were asked for.
            milliseconds: that it took.
            version: that answered.
            problem: what was wrong, by its slug.
            compared: whether the request counts for the version too, as in a rollout.
            timed: whether its latency does.
        """
        directive = _DIRECTIVE
        failed = status >= 500
        parts = [
            f'{{"level":"{"ERROR" if failed else "INFO"}","message":"request answered",'
            f'"request_id":{quoted(self.request_id)},"status":{status}'
        ]
        if compared:
            directive = _COMPARED if timed else _UNTIMED
            parts.append(f',"version":"{version}"')  # a dimension is text
        elif version is not None:
            parts.append(f',"version":{version}')
        if problem is not None:
            parts.append(f',"problem":"{problem}"')
        if model:
            parts.append(
                f',"_aws":{{"Timestamp":{int(time.time() * 1e3)},"CloudWatchMetrics":{directive}}}'
                f',"model":"{model}","Requests":1,"Rows":{rows},"Errors":{int(failed)},'
                f'"LatencyMs":{milliseconds:.3f}'
            )
        parts.append("}\n")
        sys.stdout.write("".join(parts))

    def counted(
        self, *, model: str, version: int, rows: int, failed: bool, milliseconds: float | None
    ) -> None:
        """Write what counts for one version and not for the model: nobody was answered by it.

        Args:
            model: its name.
            version: of a shadow, of a challenger that another one answered for, or of one of
                several that answered parts of a request.
            rows: it was asked for.
            failed: whether it could not answer.
            milliseconds: that it took; None where that cannot be told.
        """
        directive = _VERSION_UNTIMED if milliseconds is None else _VERSION_ALONE
        latency = "" if milliseconds is None else f',"LatencyMs":{milliseconds:.3f}'
        sys.stdout.write(
            f'{{"level":"INFO","message":"version compared","request_id":{quoted(self.request_id)},'
            f'"_aws":{{"Timestamp":{int(time.time() * 1e3)},"CloudWatchMetrics":{directive}}},'
            f'"model":"{model}","version":"{version}","Requests":1,"Rows":{rows},'
            f'"Errors":{int(failed)}{latency}}}\n'
        )

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        head = {"level": level, "message": message, "request_id": self.request_id}
        sys.stdout.write(json.dumps({**head, **fields}, separators=(",", ":")) + "\n")


def _metrics(metrics: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """What makes CloudWatch take metrics out of a line, by model and for all of them."""
    told = {"Namespace": NAMESPACE, "Dimensions": [[], ["model"]], "Metrics": metrics}
    return {"Timestamp": int(time.time() * 1e3), "CloudWatchMetrics": [told]}
