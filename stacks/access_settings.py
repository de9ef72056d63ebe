"""Settings of who may call the API, from where, and how much."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Auth(StrEnum):
    """What a caller shows."""

    KEY = "key"  # an API key of this deployment
    COGNITO = "cognito"  # a token of a Cognito user pool
    BOTH = "key-and-cognito"


def _listed(value: object) -> object:
    """A list as the command line gives one: JSON, or texts between commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError("is neither a list in JSON nor texts between commas") from error
    return [part.strip() for part in value.split(",") if part.strip()]


_UserPool = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/\S+$")
]
_Origin = Annotated[str, Field(pattern=r"^https?://[a-zA-Z0-9.-]+(:\d{1,5})?$")]
_Domain = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")]
_Certificate = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/")]


class ApiKey(BaseModel):
    """One caller's key, and what it may ask for; what is left out is as `api_*` say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    rate: Annotated[float, Field(gt=0)] | None = None  # requests per second, lasting
    burst: Annotated[int, Field(gt=0)] | None = None  # requests at once
    quota: Annotated[int, Field(gt=0)] | None = None  # requests per period
    period: Literal["day", "week", "month"] = "month"


class AccessSettings(BaseModel):
    """Keys, tokens, origins, addresses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_rate: float = Field(
        default=50, gt=0, description="Requests per second to one path, lasting; also of one key."
    )
    api_burst: int = Field(default=100, gt=0, description="Requests at once; also of one key.")
    api_quota: int = Field(default=1_000_000, gt=0, description="Requests per period and key.")
    api_keys: Annotated[tuple[ApiKey, ...], BeforeValidator(_listed)] = Field(
        default=(ApiKey(name="default"),),
        min_length=1,
        description="API keys: a list of `name`, and where it differs from `api_*` `rate`, "
        "`burst`, `quota` and `period` (`day`, `week`, `month`).",
    )
    api_docs: bool = Field(
        default=True, description="`GET /docs` needs no key; the page names no model."
    )
    auth: Auth = Field(
        default=Auth.KEY, description="What callers show: `key`, `cognito` or `key-and-cognito`."
    )
    user_pool_arns: Annotated[tuple[_UserPool, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Cognito user pools whose tokens are accepted."
    )
    auth_scopes: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Scopes of which a token must have one; none: any token will do."
    )
    cors_origins: Annotated[tuple[_Origin, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Web pages that may call the API, such as `https://app.example`."
    )
    waf: bool = Field(
        default=False, description="A web application firewall in front; costs money at rest."
    )
    waf_rate: int = Field(
        default=2000, ge=10, description="Requests of one address in five minutes (with `waf`)."
    )
    domain_name: _Domain | None = Field(default=None, description="The API's own host name.")
    certificate_arn: _Certificate | None = Field(
        default=None, description="ACM certificate of `domain_name`, in the same region."
    )
    hosted_zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]+$")] | None = Field(
        default=None, description="Route 53 zone that gets a record of `domain_name`."
    )

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        names = [key.name for key in self.api_keys]
        if len(set(names)) < len(names):
            raise ValueError("api_keys: two keys have the same name")
        return self

    @model_validator(mode="after")
    def _tokens_come_from_a_pool(self) -> Self:
        if self.takes_tokens and not self.user_pool_arns:
            raise ValueError(f"user_pool_arns: auth is {self.auth}, so name at least one user pool")
        if not self.takes_tokens and (self.user_pool_arns or self.auth_scopes):
            raise ValueError("auth: is key, so user_pool_arns and auth_scopes would do nothing")
        return self

    @model_validator(mode="after")
    def _a_host_has_a_certificate(self) -> Self:
        if (self.domain_name is None) != (self.certificate_arn is None):
            raise ValueError("domain_name: goes with certificate_arn, and the other way round")
        if self.hosted_zone_id and not self.domain_name:
            raise ValueError("hosted_zone_id: is of no use without domain_name")
        return self

    @property
    def takes_keys(self) -> bool:
        """Whether a caller shows an API key."""
        return self.auth is not Auth.COGNITO

    @property
    def takes_tokens(self) -> bool:
        """Whether a caller shows a token."""
        return self.auth is not Auth.KEY
