"""What a caller must show to be let through to a function."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from stacks import nag
from stacks.access_settings import AccessSettings


class ApiAccess(Construct):
    """Key, token or signature, as the settings and the path want it."""

    def __init__(self, scope: Construct, id_: str, *, settings: AccessSettings) -> None:
        """Args: settings: what callers show."""
        super().__init__(scope, id_)
        self._settings = settings
        self._authorizer = self._pools() if settings.takes_tokens else None

    def _pools(self) -> apigateway.CognitoUserPoolsAuthorizer:
        pools = [
            cognito.UserPool.from_user_pool_arn(self, f"Pool{number}", arn)
            for number, arn in enumerate(self._settings.user_pool_arns)
        ]
        return apigateway.CognitoUserPoolsAuthorizer(self, "Tokens", cognito_user_pools=pools)

    def of_callers(self) -> apigateway.MethodOptions:
        """What applications show."""
        if self._authorizer is None:
            return apigateway.MethodOptions(api_key_required=True)
        return apigateway.MethodOptions(
            api_key_required=self._settings.takes_keys,
            authorizer=self._authorizer,
            authorization_type=apigateway.AuthorizationType.COGNITO,
            authorization_scopes=list(self._settings.auth_scopes) or None,
        )

    def of_operators(self) -> apigateway.MethodOptions:
        """What changes something is signed by an IAM principal, who is then known by name."""
        return apigateway.MethodOptions(
            api_key_required=False, authorization_type=apigateway.AuthorizationType.IAM
        )

    def of_anybody(self) -> apigateway.MethodOptions:
        """Nothing: for what says nothing about this deployment."""
        return apigateway.MethodOptions(
            api_key_required=False, authorization_type=apigateway.AuthorizationType.NONE
        )

    def accept_findings(self, method: apigateway.Method, options: apigateway.MethodOptions) -> None:
        """Say why a method asks for less than an authorizer of Cognito."""
        if options.authorizer is not None:
            return
        nag.accept(
            method,
            "AwsSolutions-COG4",
            because="callers are applications, which have no account in a user pool",
        )
        if options.authorization_type is not apigateway.AuthorizationType.IAM:
            nag.accept(
                method,
                "AwsSolutions-APIG4",
                because="callers are applications, told apart and limited by API key and usage "
                "plan; what needs no key says nothing about this deployment",
            )
