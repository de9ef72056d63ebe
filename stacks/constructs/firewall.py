"""A web application firewall in front of the API."""

from __future__ import annotations

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

_MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")


class Firewall(Construct):
    """Rules AWS keeps up to date, and a limit for each address.

    The common rule set is left out: it refuses bodies over 8 KB, which rows easily are.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str, stage_arn: str, rate: int) -> None:
        """Args: name: of its metrics; stage_arn: what it guards; rate: per address in 5 minutes."""
        super().__init__(scope, id_)
        guarded = [_managed(number, rule, name) for number, rule in enumerate(_MANAGED)]
        acl = wafv2.CfnWebACL(
            self,
            "Rules",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[*guarded, _limit(len(guarded), rate, name)],
            visibility_config=_seen_as(name),
        )
        wafv2.CfnWebACLAssociation(self, "Guard", resource_arn=stage_arn, web_acl_arn=acl.attr_arn)


def _managed(priority: int, rule: str, name: str) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=rule,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=rule
            )
        ),
        visibility_config=_seen_as(f"{name}-{rule}"),
    )


def _limit(priority: int, rate: int, name: str) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name="OneAddress",
        priority=priority,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                limit=rate, aggregate_key_type="IP"
            )
        ),
        visibility_config=_seen_as(f"{name}-one-address"),
    )


def _seen_as(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=metric,
        sampled_requests_enabled=False,  # samples would hold headers, keys among them
    )
