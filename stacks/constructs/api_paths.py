"""The paths of the API, and which function answers each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.api_access import ApiAccess

_STATUSES = (200, 202, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 503)
_MODEL = "/v1/models/{model}"
_V2_MODEL = "/v2/models/{model}"
_V2_VERSION = f"{_V2_MODEL}/versions/{{version}}"


class Who(Enum):
    """Who may use a path."""

    CALLERS = "key or token"
    OPERATORS = "signature"


@dataclass(frozen=True)
class Path:
    """One path of the API; one that two functions answer is there twice, with other methods.

    Attributes:
        path: with its parameters in braces.
        function: the folder of the function that answers.
        methods: the ones it has; callers of every other are told so by the same function.
        who: may use them.
    """

    path: str
    function: str
    methods: tuple[str, ...] = ("GET",)
    who: Who = Who.CALLERS


DOCS = "/docs"
PATHS = (
    Path("/v1/models", "manage"),
    Path(_MODEL, "manage"),
    Path("/openapi.json", "manage"),
    Path(DOCS, "manage"),
    Path(f"{_MODEL}/route", "control", ("PUT",), Who.OPERATORS),
    Path(f"{_MODEL}/rollback", "control", ("POST",), Who.OPERATORS),
    Path(f"{_MODEL}/rollout", "manage"),
    Path(f"{_MODEL}/rollout", "control", ("POST",), Who.OPERATORS),
    Path(f"{_MODEL}/automation", "control", ("POST",), Who.OPERATORS),
    Path(f"{_MODEL}/forget", "control", ("POST",), Who.OPERATORS),
    Path(f"{_MODEL}/history", "manage", ("GET",), Who.OPERATORS),
    Path(f"{_MODEL}/versions/{{version}}/approval", "manage"),
    Path(f"{_MODEL}/versions/{{version}}/approval", "control", ("POST",), Who.OPERATORS),
    Path(f"{_MODEL}/predict", "predict", ("POST",)),
    Path(f"{_MODEL}/explain", "predict", ("POST",)),
    Path(f"{_MODEL}/invocations", "predict", ("POST",)),
    Path(f"{_MODEL}/outcomes", "outcome", ("POST",)),
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
    """Resources and methods."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        api: apigateway.RestApi,
        access: ApiAccess,
        functions: Mapping[str, lambda_.IFunction],
        public_docs: bool,
        preflight: bool,
    ) -> None:
        """Paths of an API.

        Args:
            scope: the stack.
            id_: the construct's id.
            api: gets the paths.
            access: what callers must show.
            functions: what answers, by folder.
            public_docs: whether the page that explains the API needs no key.
            preflight: whether browsers may ask what a page may do; they do so without a key.
        """
        super().__init__(scope, id_)
        self._access, self._public_docs = access, public_docs
        self._integrations = {
            name: apigateway.LambdaIntegration(
                function,
                scope_permission_to_method=False,  # 40 statements would not fit into a policy
            )
            for name, function in functions.items()
        }
        seen: set[str] = set()
        for path in PATHS:
            resource = api.root.resource_for_path(path.path)
            for verb in path.methods:
                self._add(resource, verb, path, self._options(path))
            if path.path in seen:  # its other methods are with the function named first
                continue
            seen.add(path.path)
            self._add(resource, "ANY", path, access.of_callers())
            if preflight and path.methods:
                self._add(resource, "OPTIONS", path, access.of_anybody())

    def _options(self, path: Path) -> apigateway.MethodOptions:
        if path.who is Who.OPERATORS:
            return self._access.of_operators()
        if path.path == DOCS and self._public_docs:
            return self._access.of_anybody()
        return self._access.of_callers()

    def _add(
        self,
        resource: apigateway.IResource,
        verb: str,
        path: Path,
        options: apigateway.MethodOptions,
    ) -> None:
        method = resource.add_method(
            verb,
            self._integrations[path.function],
            api_key_required=options.api_key_required,
            authorizer=options.authorizer,
            authorization_type=options.authorization_type,
            authorization_scopes=options.authorization_scopes,
            method_responses=[
                apigateway.MethodResponse(status_code=str(status)) for status in _STATUSES
            ],
        )
        self._access.accept_findings(method, options)
