"""One dashboard: requests, training, functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

_HALF = 12  # of the 24 columns
_MOST = 100  # alarms a widget can show


class Dashboard(Construct):
    """Graphs of what the alarms watch.

    Attributes:
        dashboard: the CloudWatch dashboard.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        alarms: Sequence[cloudwatch.IAlarm],
        models: Sequence[cloudwatch.IAlarm],
        graphs: Mapping[str, Sequence[cloudwatch.IMetric]],
    ) -> None:
        """A dashboard.

        Args:
            scope: the stack.
            id_: the construct's id.
            name: of the dashboard.
            alarms: shown on top.
            models: alarms of models, shown below.
            graphs: metrics by title.
        """
        super().__init__(scope, id_)
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name)
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=2 * _HALF)
        )
        for first in range(0, len(models), _MOST):
            self.dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(
                    title="Models", alarms=list(models[first : first + _MOST]), width=2 * _HALF
                )
            )
        for title, metrics in graphs.items():
            self.dashboard.add_widgets(
                cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)
            )
