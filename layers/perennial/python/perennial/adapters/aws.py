"""How AWS is called: one client per service and process, and its errors in our own words.

Clients are botocore's. boto3 makes the same ones, and imports what moves large files to S3 with
them: a fifth of its import, at every cold start of a function that moves none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from perennial.errors import Unavailable

# What a later attempt may not meet again, by the codes the services document as such.
TRANSIENT = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
NETWORK: tuple[type[BotoCoreError], ...] = (
    BotoConnectionError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)


@cache
def client(service: str) -> Any:
    """The client of a service, made once per process; endpoints come from the environment."""
    return _session().create_client(service, config=_config())


@cache
def _session() -> Any:
    return botocore.session.get_session()


def _config() -> Config:
    """Bounded waits: a function must not hang until Lambda's own timeout cuts it off.

    Against an endpoint of our own (the emulator), buckets go into the path: names such as
    `bucket.localhost` do not resolve everywhere.
    """
    custom = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} & os.environ.keys()
    return Config(
        connect_timeout=3,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        s3={"addressing_style": "path" if custom else "auto"},
    )


def code_of(error: ClientError) -> str:
    """The error code of a service's answer."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError) -> bool:
    """Whether a later attempt may succeed where this one failed."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in TRANSIENT or status >= 500


@contextmanager
def translated(service: str, action: str) -> Iterator[None]:
    """Turn what may pass into `Unavailable`; anything else is a mistake and stays what it is.

    Raises:
        Unavailable: the service is not reachable, throttles or has an error of its own.
    """
    try:
        yield
    except NETWORK as error:
        message = f"{service} did not answer while {action}: {type(error).__name__}"
        raise Unavailable(message) from error
    except ClientError as error:
        if not is_transient(error):
            raise
        raise Unavailable(f"{service} refused {action}: {code_of(error)}") from error
