"""The environments of the server and of its clients, built from nothing.

Neither inherits the shell's: a profile, a proxy or credentials of a real account must reach
neither the emulated functions nor the `cdk` CLI pointed at the emulator.
"""

import os
from pathlib import Path
from typing import Final

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
# MiniStack takes this key as the root of the account; every other principal is a role session.
ACCESS_KEY: Final = "test"
SECRET_KEY: Final = "test"  # noqa: S105 - the emulator's fixed, public key
# The bucket of `cdk bootstrap` with its standard qualifier.
ASSETS: Final = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"

_INHERITED: Final = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)


def inherited() -> dict[str, str]:
    """What of the caller's environment a program may need to run at all."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def without_aws_files(state_dir: Path) -> dict[str, str]:
    """Keep SDKs from configuration, credentials and metadata that are not the emulator's."""
    nowhere = str(state_dir / "no-aws-config")
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def of_client(endpoint: str, state_dir: Path) -> dict[str, str]:
    """What boto3, the AWS CLI and `cdk` need to talk to the emulator and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        **without_aws_files(state_dir),
        # The cdk CLI: no usage reports, no version check, no notices; it works offline.
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CI": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


def of_server(
    state_dir: Path, port: int, *, enforce_iam: bool, time_scale: float
) -> dict[str, str]:
    """What MiniStack reads, every path of it inside `state_dir`."""
    return {
        **inherited(),
        **without_aws_files(state_dir),
        "HOME": str(state_dir / "tmp"),
        "AUTH": "true" if enforce_iam else "false",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state_dir / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "TMPDIR": str(state_dir / "tmp"),
        "SFN_WAIT_SCALE": repr(1 / time_scale),
        # Listeners nobody asked for, on fixed ports.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # No Docker, also where there is one: jobs and functions are processes.
        "DOCKER_HOST": f"unix://{state_dir}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }
