"""Control operations: requests signed with the caller's own AWS credentials, not with a key."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.endpoint import Endpoint, sent
from cli.exits import CommandError
from cli.outputs import Deployment
from cli.target import Target


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever the AWS credentials belong to; what is changed bears that name.

    Attributes:
        target: where the credentials are from.
        url: the base of the API, without a slash at the end.
    """

    target: Target
    url: str

    @classmethod
    def of(cls, deployment: Deployment) -> Operator:
        """The operator of a deployment."""
        return cls(deployment.target, Endpoint.of(deployment).url)

    def route(
        self, model: str, version: int, reason: str, expected_revision: int | None
    ) -> dict[str, Any]:
        """Put a version in service.

        Raises:
            CommandError: the answer is a problem, or there is none.
        """
        wanted = {"version": version, "reason": reason, "expected_revision": expected_revision}
        return self.change("PUT", model, "route", wanted)

    def change(
        self, method: str, model: str, what: str, wanted: Mapping[str, object]
    ) -> dict[str, Any]:
        """Change something of a model: its route, rollout or automation.

        Args:
            method: PUT or POST.
            model: whose.
            what: the last part of the path.
            wanted: the body; members that are None are left out.

        Raises:
            CommandError: the answer is a problem, or there is none.
        """
        path = f"/v1/models/{urllib.parse.quote(model)}/{what}"
        body = {name: value for name, value in wanted.items() if value is not None}
        return sent(self._signed(method, path, json.dumps(body).encode()))

    def _signed(self, method: str, path: str, body: bytes) -> urllib.request.Request:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials = self.target.session.get_credentials()
        if credentials is None:
            raise CommandError(
                "There are no AWS credentials to sign the request with.",
                advice="Log in, or name a profile with --profile.",
            )
        url = self.url + path
        signed = AWSRequest(method, url, data=body, headers={"content-type": "application/json"})
        SigV4Auth(credentials, "execute-api", self.target.region).add_auth(signed)
        return urllib.request.Request(  # noqa: S310 - an address from our own stacks
            url, method=method, data=body, headers=dict(signed.headers.items())
        )
