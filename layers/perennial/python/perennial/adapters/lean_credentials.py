"""Where the hot path's credentials come from: the environment, or Lambda's own endpoint.

A function started from a snapshot (SnapStart) finds no keys in its environment: they would be in
the snapshot, and long expired when it is restored. It asks an endpoint on its own machine, with a
token it was given.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from perennial.adapters.lean_http import Connection, Origin
from perennial.adapters.lean_signing import Credentials
from perennial.errors import Unavailable

_URL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  the name of a variable
_TIMEOUT = 1.0  # seconds
_EARLY = 300.0  # seconds before they expire, at which others are fetched


class FixedCredentials:
    """Those of the environment, which are renewed together with the process."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self) -> Credentials:
        """The same ones each time."""
        return self._credentials


class FetchedCredentials:
    """Those of an endpoint, fetched on first use and again before they expire."""

    def __init__(self, url: str, token: str) -> None:
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        self._origin = Origin.parse(f"{scheme}://{host}")
        self._path = slash + path or "/"
        self._token = token
        self._credentials: Credentials | None = None
        self._good_until = 0.0

    def __call__(self) -> Credentials:
        """Ones that are good for some minutes yet.

        Raises:
            Unavailable: the endpoint does not answer, or answers something else.
        """
        # time.time(): the monotonic clock stands still while a snapshot waits to be restored.
        if self._credentials is None or time.time() >= self._good_until:
            self._fetch()
        assert self._credentials is not None  # noqa: S101  _fetch has set it
        return self._credentials

    def _fetch(self) -> None:
        headers = {"host": self._origin.authority, "authorization": self._token}
        connection = Connection(self._origin, _TIMEOUT)
        try:
            reply = connection.request("GET", self._path, headers, b"")
            told = json.loads(reply.body)
            self._credentials = Credentials(
                told["AccessKeyId"], told["SecretAccessKey"], told["Token"]
            )
            self._good_until = _moment(told["Expiration"]) - _EARLY
        except (OSError, KeyError, TypeError, ValueError) as error:
            kind = type(error).__name__
            raise Unavailable(f"the credentials of the function did not come: {kind}") from error
        finally:
            connection.close()


def credentials_of(environment: Mapping[str, str]) -> FixedCredentials | FetchedCredentials:
    """The way to credentials that an environment shows.

    Raises:
        Unavailable: it shows none.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return FixedCredentials(Credentials(key, secret, environment.get("AWS_SESSION_TOKEN", "")))
    url = environment.get(_URL)
    if url:
        return FetchedCredentials(url, environment.get(_TOKEN, ""))
    missing = "AWS_SECRET_ACCESS_KEY" if key else "AWS_ACCESS_KEY_ID"
    raise Unavailable(f"the environment variable {missing} is not set")


def _moment(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 time in UTC, without the 5 ms `datetime` takes."""
    from calendar import timegm

    return float(timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))
