"""The stack with a policy for each role that people and applications have."""

from __future__ import annotations

from aws_cdk import App, CfnOutput
from aws_cdk import aws_iam as iam

from stacks import nag
from stacks.blueprint import Blueprint, PerennialStack
from stacks.role_places import Places
from stacks.role_rights import DESCRIPTIONS, Right, rights
from stacks.serving import ServingStack
from stacks.storage import StorageStack


class RolesStack(PerennialStack):
    """Managed policies: who has one attached, to a user, a role or a permission set, has the role.

    Attributes:
        policies: by the name of the role.
    """

    def __init__(
        self, app: App, *, blueprint: Blueprint, storage: StorageStack, serving: ServingStack
    ) -> None:
        """Args: blueprint: the deployment; storage: buckets and registry; serving: the API."""
        super().__init__(
            app, "Roles", blueprint=blueprint, description="Perennial: what each role may do"
        )
        self.add_stack_dependency(storage)
        self.add_stack_dependency(serving)
        self._settings = blueprint.settings
        places = Places(
            self,
            settings=self._settings,
            storage=storage,
            api_id=serving.api_id,
            api_key_id=serving.api_key_id,
        )
        self.policies = {name: self._policy(name, given) for name, given in rights(places).items()}

    def _policy(self, name: str, given: tuple[Right, ...]) -> iam.ManagedPolicy:
        words = [word.capitalize() for word in name.split("-")]
        policy = iam.ManagedPolicy(
            self,
            "".join(words),
            managed_policy_name=self._settings.function_name(name),
            description=f"Perennial: {DESCRIPTIONS[name]}",
            statements=[_statement(right) for right in given],
        )
        wildcards = {place.shown for right in given for place in right.places if "*" in place.shown}
        for shown in sorted(wildcards):
            nag.accept(
                policy,
                f"AwsSolutions-IAM5[Resource::{shown}]",
                because="models, runs and versions have names that are not known when the stack "
                "is deployed; the role is for all of them",
            )
        CfnOutput(self, f"{''.join(words)}PolicyArn", value=policy.managed_policy_arn)
        return policy


def _statement(right: Right) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[*right.actions],
        resources=[place.arn for place in right.places],
        conditions=right.condition,
    )
