"""The dashboard of one model: its alarms, its requests, and what its reports found."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.constructs.watched_model import model_metric

_HALF = 12  # of the 24 columns
_PERIOD = Duration.minutes(5)

# Graphs of single metrics: title, statistic and names.
_GRAPHS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # A shadow that is not asked concerns no caller; its rollout is slower, or held.
    ("Requests that failed", "Sum", ("Errors", "LoadFailures", "ShadowFailures")),
    ("Performance", "Average", ("Performance",)),
    ("Features that drifted", "Maximum", ("DriftedFeatures",)),
    (
        "Verdicts, 1 is an alarm",
        "Maximum",
        (
            *("DataQuality", "Drift", "ConceptDrift", "BelowFloor", "Collapsed", "BelowPrevious"),
            *("StaleData", "StaleModel", "OverBudget"),
        ),
    ),
    ("Outcomes", "Sum", ("Outcomes", "OutcomeOrphans", "OutcomeConflicts")),
    ("Done without a person", "Sum", ("Retrainings", "Rollbacks", "ActionsHalted")),
)


class ModelDashboard(Construct):
    """Graphs of one model."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        model: str,
        alarms: Sequence[cloudwatch.IAlarm],
    ) -> None:
        """Args: name: of the dashboard; model: whose; alarms: shown on top."""
        super().__init__(scope, id_)
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name)
        board.add_widgets(
            cloudwatch.AlarmStatusWidget(title=model, alarms=list(alarms), width=2 * _HALF)
        )
        board.add_widgets(
            _searched("Requests by version", model, "Requests", "Sum"),
            _graph("Latency, ms", [_metric(model, "LatencyMs", of) for of in ("p50", "p99")]),
        )
        for title, statistic, names in _GRAPHS:
            board.add_widgets(_graph(title, [_metric(model, name, statistic) for name in names]))


def _metric(model: str, name: str, statistic: str) -> cloudwatch.Metric:
    return model_metric(model, name, statistic, _PERIOD)


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)


def _searched(title: str, model: str, name: str, statistic: str) -> cloudwatch.GraphWidget:
    """All versions there are and will be; the total where no rollout counts them apart."""
    by_version = cloudwatch.MathExpression(
        expression="SEARCH('{Perennial,model,version} "
        f'model="{model}" MetricName="{name}"\', \'{statistic}\', {int(_PERIOD.to_seconds())})',
        using_metrics={},
        label="",
        period=_PERIOD,
    )
    return _graph(title, [by_version, _metric(model, name, statistic)])
