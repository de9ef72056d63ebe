"""Runs a Lambda function's handler, as its runtime does on AWS.

A program of its own with the standard library only; MiniStack starts it and speaks lines of JSON
with it: one that says which handler, then one for each invocation. Unlike MiniStack's worker it
names the exception that a handler raised, keeps serving after one, shows the function only the
modules its runtime has on AWS, and enforces the memory size.
"""

import contextlib
import importlib
import io
import json
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

# After the last log line of an invocation, so that the reader knows it has them all.
END_OF_LOG = "\x1eend of log"
MEMORY_EXIT = 137
# Variables of the server's process that no function sees.
SERVER_ONLY = (
    "AUTH", "BIND_HOST", "DOCKER_HOST", "EDGE_PORT", "GATEWAY_PORT", "IOT_MTLS_ENABLED",
    "LAMBDA_EXECUTOR", "LOG_LEVEL", "MINISTACK_ACCOUNT_ID", "MINISTACK_HOST", "MINISTACK_REGION",
    "PERSIST_STATE", "S3_DATA_DIR", "S3_PERSIST", "SFN_WAIT_SCALE", "SFTP_ENABLED", "STATE_DIR",
)  # fmt: skip


class Context:
    """The second argument of a handler."""

    identity = None
    client_context = None

    def __init__(self, told: dict[str, Any]) -> None:
        self._deadline = time.time() + told["timeout_ms"] / 1000
        self.aws_request_id = told["request_id"]
        self.invoked_function_arn = told["invoked_function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return max(0, int((self._deadline - time.time()) * 1000))


def main() -> None:
    """Serve invocations until the input ends."""
    answers = take_stdout()
    told = json.loads(sys.stdin.readline())
    prepare(told)
    handler, failure = load(told["module"], told["handler"])
    say(answers, {"status": "ready", "cold": True})
    watch(int(told.get("memory") or 128))
    for line in sys.stdin:
        invocation = json.loads(line)
        set_variables(invocation["ctx"])
        say(answers, invoke(handler, failure, invocation))


def take_stdout() -> TextIO:
    """Keep the pipe to the server to ourselves: whatever the function prints is its log."""
    pipe = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr = io.TextIOWrapper(
        os.fdopen(2, "wb", buffering=0, closefd=False), line_buffering=True, write_through=True
    )
    return pipe


def prepare(told: dict[str, Any]) -> None:
    """The module path, the variables and the logging a handler finds on AWS."""
    runtime = os.environ.pop("EMULATOR_RUNTIME", "")
    for name in SERVER_ONLY:
        os.environ.pop(name, None)
    os.environ.update(told.get("env") or {})
    name = told["function_name"]
    os.environ.setdefault("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{name}")
    os.environ.setdefault("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    os.environ.setdefault("_HANDLER", f"{told['module']}.{told['handler']}")
    os.environ.setdefault("TZ", ":UTC")
    standard = [p for p in sys.path[1:] if "-packages" not in p and p.startswith(sys.base_prefix)]
    sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in repr(f)]
    layers = [p for p in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if p]
    point_into_layers(layers)
    # A later layer is laid over the earlier ones.
    roots = [Path(layer) / "python" for layer in reversed(layers)]
    nested = [p for root in roots for p in root.glob("lib/python3.*/site-packages")]
    on_layers = [str(path) for path in [*nested, *roots]]
    sys.path[:] = [told["code_dir"], *on_layers, *standard, runtime]
    logging.basicConfig(
        stream=sys.stderr, format="[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(message)s"
    )


def point_into_layers(layers: list[str]) -> None:
    """Variables that name something below /opt, where AWS unpacks layers, name it where it is."""
    for name, value in list(os.environ.items()):
        if value.startswith("/opt/"):
            places = [Path(layer, value.removeprefix("/opt/")) for layer in reversed(layers)]
            os.environ[name] = next((str(place) for place in places if place.exists()), value)


def load(module: str, handler: str) -> tuple[Any, dict[str, Any] | None]:
    """The handler, or the error that an invocation then answers with."""
    try:
        imported = importlib.import_module(module)
    except ImportError as error:
        message = f"Unable to import module '{module}': {error}"
        return None, describe(error, "Runtime.ImportModuleError", message)
    except SyntaxError as error:
        return None, describe(error, "Runtime.UserCodeSyntaxError", str(error))
    except BaseException as error:
        return None, describe(error, type(error).__name__, str(error))
    found = getattr(imported, handler, None)
    if found is None:
        missing = AttributeError(f"Handler '{handler}' missing on module '{module}'")
        return None, describe(missing, "Runtime.HandlerNotFound", str(missing))
    return found, None


def invoke(
    handler: Any, failure: dict[str, Any] | None, invocation: dict[str, Any]
) -> dict[str, Any]:
    """One call; whatever comes of it is an answer."""
    try:
        if failure is None:
            try:
                result = handler(invocation["event"], Context(invocation["ctx"]))
                return {"status": "ok", "result": json.loads(marshal(result))}
            except BaseException as error:
                failure = describe(error, type(error).__name__, str(error))
        sys.stderr.write(f"[ERROR] {failure['errorType']}: {failure['errorMessage']}\n")
        sys.stderr.write("".join(failure["stackTrace"]))
        return {"status": "ok", "failure": failure}
    finally:
        sys.stderr.write(f"\n{END_OF_LOG}\n")


class MarshalError(Exception):
    """What the handler returned is not JSON."""


def marshal(result: object) -> str:
    """The result as JSON, as the runtime sends it."""
    try:
        return json.dumps(result)
    except (TypeError, ValueError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error


def describe(error: BaseException, kind: str, message: str) -> dict[str, Any]:
    """An error the way Lambda reports it."""
    if isinstance(error, MarshalError):
        kind = "Runtime.MarshalError"
    frames = traceback.format_tb(error.__traceback__)
    return {"errorMessage": message, "errorType": kind, "stackTrace": frames[1:]}


def set_variables(told: dict[str, Any]) -> None:
    """What changes with each invocation."""
    changing = {
        "_X_AMZN_TRACE_ID": told.get("trace_id"),
        "_MINISTACK_INVOKE_DEPTH": told.get("depth"),
    }
    for name, value in changing.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = str(value)


def watch(megabytes: int) -> None:
    """End the process when it holds more than it was given, or the server is gone."""
    server = os.getppid()

    def look() -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        statm = Path("/proc/self/statm")
        while True:
            time.sleep(0.1)
            if os.getppid() != server:
                os._exit(1)
            with contextlib.suppress(OSError):
                if int(statm.read_text().split()[1]) * page > megabytes * 1024 * 1024:
                    os._exit(MEMORY_EXIT)

    threading.Thread(target=look, daemon=True).start()


def say(answers: TextIO, answer: dict[str, Any]) -> None:
    """One line to the server."""
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
