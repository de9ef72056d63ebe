"""What a month may cost, and who hears of it before and after."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_budgets as budgets
from constructs import Construct

SERVICE: Final = "budgets.amazonaws.com"  # who publishes to the topic
# Kind of figure, and the share of the budget in per cent that it has to exceed.
_TOLD: Final = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


class AccountBudget(Construct):
    """A budget of all costs of the account, told to a topic; it costs nothing.

    Of the whole account: a filter by tags counts nothing until whoever pays for the account has
    activated the tag, and never what bears none, such as jobs on Fargate and metrics.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, dollars: float, topic_arn: str
    ) -> None:
        """Args: name: of the budget; dollars: a month; topic_arn: who is told."""
        super().__init__(scope, id_)
        told = budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic_arn)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=dollars, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[told],
                )
                for kind, percent in _TOLD
            ],
        )
