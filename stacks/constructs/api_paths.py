"""The paths of the API, and which function answers each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks import nag

_STATUSES = (200, 400, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 503)
_MODEL = "/v1/models/{model}"
_V2_MODEL = "/v2/models/{model}"
_V2_VERSION = f"{_V2_MODEL}/versions/{{version}}"


@dataclass(frozen=True)
class Path:
    """One path of the API.

    Attributes:
        path: with its parameters in braces.
        function: the folder of the function that answers.
        methods: the ones it has; every other is told so by the same function.
    """

    path: str
    function: str
    methods: tuple[str, ...] = ("GET",)


PATHS = (
    Path("/v1/models", "manage"),
    Path(_MODEL, "manage"),
    Path("/openapi.json", "manage"),
    Path("/docs", "manage"),
    Path(f"{_MODEL}/predict", "predict", ("POST",)),
    Path(f"{_MODEL}/explain", "predict", ("POST",)),
    Path(f"{_MODEL}/invocations", "predict", ("POST",)),
    Path("/v2", "predict"),
    Path("/v2/health/live", "predict"),
    Path("/v2/health/ready", "predict"),
    Path(_V2_MODEL, "predict"),
    Path(f"{_V2_MODEL}/ready", "predict"),
    Path(f"{_V2_MODEL}/infer", "predict", ("POST",)),
    Path(_V2_VERSION, "predict"),
    Path(f"{_V2_VERSION}/ready", "predict"),
    Path(f"{_V2_VERSION}/infer", "predict", ("POST",)),
    # What is nowhere: asked for with a key it is a 404, and without one it looks like all others.
    Path("/", "manage", ()),
    Path("/{proxy+}", "manage", ()),
)


class ApiPaths(Construct):
    """Resources and methods; every one of them wants a key."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        api: apigateway.RestApi,
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        """Args: api: gets the paths; functions: what answers, by folder."""
        super().__init__(scope, id_)
        self._api = api
        self._integrations = {
            name: apigateway.LambdaIntegration(
                function,
                allow_test_invoke=False,
                scope_permission_to_method=False,  # 40 statements would not fit into a policy
            )
            for name, function in functions.items()
        }
        for path in PATHS:
            resource = api.root.resource_for_path(path.path)
            for verb in (*path.methods, "ANY"):
                self._add(resource, verb, path)

    def _add(self, resource: apigateway.IResource, verb: str, path: Path) -> None:
        method = resource.add_method(
            verb,
            self._integrations[path.function],
            method_responses=[
                apigateway.MethodResponse(status_code=str(status)) for status in _STATUSES
            ],
        )
        nag.accept(
            method,
            "AwsSolutions-APIG4",
            because="callers are applications, told apart and limited by API key and usage plan",
        )
        nag.accept(
            method,
            "AwsSolutions-COG4",
            because="callers are applications, which have no account in a user pool",
        )
