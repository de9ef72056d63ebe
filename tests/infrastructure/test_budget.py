"""What the account may cost is told before it is spent, and after."""

from __future__ import annotations

from tests.infrastructure.templates import Synthesized

OWN = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_budget_is_of_everything_the_account_pays(other: Synthesized) -> None:
    """What bears no tag is paid, too: nothing is filtered out."""
    budget = other.only("AWS::Budgets::Budget")["Budget"]
    assert budget["BudgetLimit"] == {"Amount": 40, "Unit": "USD"}
    assert (budget["BudgetType"], budget["TimeUnit"]) == ("COST", "MONTHLY")
    assert not {"CostFilters", "FilterExpression"} & set(budget)


def test_people_hear_of_it_before_and_after(other: Synthesized) -> None:
    told = other.only("AWS::Budgets::Budget")["NotificationsWithSubscribers"]
    kinds = [one["Notification"] for one in told]
    assert [(kind["NotificationType"], kind["Threshold"]) for kind in kinds] == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]
    assert {one["SubscriptionType"] for each in told for one in each["Subscribers"]} == {"SNS"}


def test_budgets_of_this_account_may_publish_to_the_topic_and_use_its_key(
    other: Synthesized,
) -> None:
    (key,) = [
        each["KeyPolicy"]["Statement"]
        for name, each in other.resources("AWS::KMS::Key")
        if name.startswith("Perennial-Operations/")
    ]
    topic = other.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    for statements in (topic, key):
        (allowed,) = [
            one for one in statements if one["Principal"] == {"Service": "budgets.amazonaws.com"}
        ]
        assert (allowed["Effect"], allowed["Condition"]) == ("Allow", OWN)


def test_without_the_setting_there_is_no_budget(cloud: Synthesized) -> None:
    assert list(cloud.resources("AWS::Budgets::Budget")) == []
