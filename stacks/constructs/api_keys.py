"""The API keys, each with limits of its own."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.access_settings import AccessSettings, ApiKey


class ApiKeys(Construct):
    """A key and a usage plan for each caller: what one uses up is not taken from the others.

    Attributes:
        keys: by name, in the order of the settings.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        api: apigateway.RestApi,
        settings: AccessSettings,
        prefix: str,
    ) -> None:
        """Args: api: what the keys open; settings: who gets one; prefix: of their names."""
        super().__init__(scope, id_)
        self.keys: dict[str, apigateway.IApiKey] = {}
        for given in settings.api_keys:
            name = f"{prefix}-{given.name}"
            key = apigateway.ApiKey(self, f"Key-{given.name}", api_key_name=name)
            plan = apigateway.UsagePlan(
                self,
                f"Plan-{given.name}",
                name=name,
                throttle=_throttle(given, settings),
                quota=_quota(given, settings),
                api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
            )
            plan.add_api_key(key)
            self.keys[given.name] = key


def rate_of_all(settings: AccessSettings) -> float:
    """Requests per second of all callers together."""
    if not settings.takes_keys:
        return settings.api_rate
    return sum(key.rate or settings.api_rate for key in settings.api_keys)


def burst_of_all(settings: AccessSettings) -> int:
    """Requests at once of all callers together."""
    if not settings.takes_keys:
        return settings.api_burst
    return sum(key.burst or settings.api_burst for key in settings.api_keys)


def _throttle(key: ApiKey, settings: AccessSettings) -> apigateway.ThrottleSettings:
    return apigateway.ThrottleSettings(
        rate_limit=key.rate or settings.api_rate, burst_limit=key.burst or settings.api_burst
    )


def _quota(key: ApiKey, settings: AccessSettings) -> apigateway.QuotaSettings:
    return apigateway.QuotaSettings(
        limit=key.quota or settings.api_quota, period=apigateway.Period[key.period.upper()]
    )
