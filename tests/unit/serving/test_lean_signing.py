"""Signatures are those botocore would make: two independent readings of one specification."""

from __future__ import annotations

import time
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st
from perennial.adapters.lean_signing import Credentials, signed

NOW = 1_763_700_000.0
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def by_botocore(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    credentials: Credentials,
    service: str,
    region: str,
) -> str:
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    boto = BotoCredentials(
        credentials.access_key, credentials.secret_key, credentials.token or None
    )
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    # S3 signs the payload only when told to over TLS; we always do.
    request.context["payload_signing_enabled"] = True
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW))
    with patch("botocore.auth.get_current_datetime") as clock:
        clock.return_value.strftime.side_effect = lambda form: time.strftime(form, time.gmtime(NOW))
        signer(boto, service, region).add_auth(request)
    assert request.headers["X-Amz-Date"] == stamp
    return str(request.headers["Authorization"])


@settings(deadline=None)
@given(
    service=st.sampled_from(["dynamodb", "s3"]),
    body=st.binary(max_size=200),
    secret=TEXT,
    token=st.one_of(st.just(""), TEXT),
    region=st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1"]),
    target=TEXT,
)
def test_the_signature_is_botocores(
    service: str, body: bytes, secret: str, token: str, region: str, target: str
) -> None:
    credentials = Credentials("AKIDEXAMPLE", secret, token)
    host = f"{service}.{region}.amazonaws.com"
    path = "/" if service == "dynamodb" else "/bucket/artifacts/a%20b/c~d.zip"
    headers = {"host": host, "x-amz-target": target}
    method = "POST" if service == "dynamodb" else "GET"
    ours = signed(
        method,
        path,
        headers,
        body,
        credentials=credentials,
        service=service,
        region=region,
        now=NOW,
    )
    theirs = by_botocore(
        method, f"https://{host}{path}", headers, body, credentials, service, region
    )
    assert ours["authorization"] == theirs


def test_a_key_that_is_shown_hides_its_secret() -> None:
    assert "hidden" not in repr(Credentials("AKID", "hidden", "hidden too"))


@pytest.mark.parametrize("token", ["", "session"])
def test_a_session_token_is_sent_when_there_is_one(token: str) -> None:
    headers = signed(
        "GET",
        "/",
        {"host": "h"},
        b"",
        credentials=Credentials("a", "s", token),
        service="s3",
        region="r",
        now=NOW,
    )
    assert headers.get("x-amz-security-token", "") == token
