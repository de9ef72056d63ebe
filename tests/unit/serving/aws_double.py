"""DynamoDB and S3 over real sockets: checks signatures as AWS does, answers out of moto.

moto patches boto3 inside a process; the lean clients are not boto3, and the predict process is
another one. This stands between: raw HTTP in front, boto3 on moto behind.
"""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import boto3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from moto import mock_aws

TABLE = "registry"
BUCKET = "artifacts-bucket"
REGION: Final = "eu-central-1"
KEY_ID, SECRET, TOKEN = "AKIDTESTING", "a-secret", "a-session-token"


class Aws:
    """The double: its address, what it was asked, and how it is told to misbehave."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.s3 = boto3.client("s3", region_name=REGION)
        self.url = ""
        self.requests: list[str] = []  # "POST /"
        self.connections = 0
        self.failures: list[int | str] = []  # statuses, or "hang up"; one per request to come

    def reset(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.failures.clear()
        self.connections = 0
        for item in self.dynamodb.scan(TableName=TABLE)["Items"]:
            key = {name: item[name] for name in ("pk", "sk")}
            self.dynamodb.delete_item(TableName=TABLE, Key=key)
        for found in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            self.s3.delete_object(Bucket=BUCKET, Key=found["Key"])

    @property
    def environment(self) -> dict[str, str]:
        """What Lambda would put into a function's environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "PERENNIAL_TABLE": TABLE,
        }

    def put_route(
        self, model: str, number: int, digest: str, before: str = "", *, beside: str = ""
    ) -> None:
        """Put a version in service, as the registry's item.

        Args:
            model: its name.
            number: of the version.
            digest: of its artifact.
            before: the digest of the last one.
            beside: as what the next version stands beside it: `challenger`, which answers all, or
                `shadow`; nothing for none. It has the same artifact.
        """

        def version(number: int, digest: str) -> dict[str, Any]:
            uri = f"s3://{BUCKET}/artifacts/{model}/{digest}.zip"
            return {
                "number": {"N": str(number)},
                "artifact_digest": {"S": digest},
                "artifact_uri": {"S": uri},
            }

        item: dict[str, Any] = {
            "pk": {"S": f"MODEL#{model}"},
            "sk": {"S": "ROUTE"},
            "revision": {"N": str(number)},
            "champion": {"M": version(number, digest)},
            "previous": {"M": version(number - 1, before)} if before else {"NULL": True},
        }
        if beside:
            item |= {
                beside: {"M": version(number + 1, digest)},
                "share": {"N": "1"},
                "rollout_id": {"S": "r1"},
            }
        self.dynamodb.put_item(TableName=TABLE, Item=item)

    def put_artifact(self, model: str, digest: str, data: bytes) -> None:
        """Store an artifact where a route looks for it."""
        self.s3.put_object(Bucket=BUCKET, Key=f"artifacts/{model}/{digest}.zip", Body=data)


@contextmanager
def aws_double() -> Iterator[Aws]:
    """Run the double on a free port."""
    with mock_aws():
        aws = Aws()
        aws.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        aws.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(aws))
        server.daemon_threads = True
        aws.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield aws
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(aws: Aws) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet

        def setup(self) -> None:
            super().setup()
            aws.connections += 1

        def do_GET(self) -> None:
            self.answer("s3")

        def do_POST(self) -> None:
            self.answer("dynamodb")

        def answer(self, service: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            aws.requests.append(f"{self.command} {self.path}")
            failure = aws.failures.pop(0) if aws.failures else None
            if failure == "hang up":
                self.close_connection = True
                return
            if failure is not None:
                self.send(int(failure), b'{"__type": "made.up#Failure"}')
            elif not _is_signed(self, service, body):
                self.send(403, b'{"__type": "made.up#InvalidSignatureException"}')
            else:
                self.send(*_call(aws, service, self.path, body))

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing: pytest shows what matters."""

    return Handler


def _is_signed(request: BaseHTTPRequestHandler, service: str, body: bytes) -> bool:
    """Sign what was signed, with botocore, and compare."""
    given = request.headers["Authorization"]
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    again = AWSRequest(
        request.command,
        f"http://{request.headers['host']}{request.path}",
        headers={name: request.headers[name] for name in names},
        data=body,
    )
    again.context["payload_signing_enabled"] = True
    again.context["timestamp"] = request.headers["x-amz-date"]
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = auth(Credentials(KEY_ID, SECRET, TOKEN), service, REGION)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return given.endswith(f"Signature={signer.signature(text, again)}")


def _call(aws: Aws, service: str, path: str, body: bytes) -> tuple[int, bytes]:
    try:
        if service == "dynamodb":
            answer = aws.dynamodb.get_item(**json.loads(body))
            item = {"Item": answer["Item"]} if "Item" in answer else {}
            return 200, json.dumps(item).encode()
        bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
        return 200, aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return int(status), json.dumps({"__type": error.response["Error"]["Code"]}).encode()
