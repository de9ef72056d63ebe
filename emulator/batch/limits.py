"""The limits Batch puts on what it is asked, with its messages."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from emulator.errors import ServiceError

_NAME: Final = re.compile(r"^[A-Za-z0-9][\w-]{0,127}$")
_OVERRIDES: Final = 8192
_MIB: Final = 1024

# https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
_FARGATE_MEMORY: Final[dict[float, Sequence[int]]] = {
    0.25: (512, 1024, 2048),
    0.5: range(1024, 4096 + 1, _MIB),
    1: range(2048, 8192 + 1, _MIB),
    2: range(4096, 16384 + 1, _MIB),
    4: range(8192, 30720 + 1, _MIB),
    8: range(16384, 61440 + 1, 4 * _MIB),
    16: range(32768, 122880 + 1, 8 * _MIB),
}


def refuse(message: str) -> ServiceError:
    """The error Batch answers a bad request with."""
    return ServiceError("ClientException", message)


def check_name(kind: str, name: object) -> str:
    """A name Batch accepts."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise refuse(f"{kind} should match valid pattern: ^[a-zA-Z0-9][\\w-]{{0,127}}$")
    return name


def check_overrides(overrides: dict[str, Any]) -> None:
    """At most 8,192 characters in all."""
    if len(json.dumps(overrides, separators=(",", ":"))) > _OVERRIDES:
        raise refuse(f"Container Overrides length must be at most {_OVERRIDES}")


def check_resources(container: dict[str, Any]) -> None:
    """A pair of vCPU and memory that Fargate offers."""
    given = {item["type"]: item["value"] for item in container.get("resourceRequirements", [])}
    if not {"VCPU", "MEMORY"} <= given.keys():
        raise refuse("Resource requirements for VCPU and MEMORY must be specified for Fargate")
    vcpu, memory = float(given["VCPU"]), int(float(given["MEMORY"]))
    if memory not in _FARGATE_MEMORY.get(vcpu, ()):
        raise refuse(
            f"Fargate resource requirements ({given['VCPU']} vCPU, {given['MEMORY']} MiB) not valid"
        )


def check_timeout(timeout: dict[str, Any] | None) -> int | None:
    """Seconds, at least 60."""
    if not timeout or timeout.get("attemptDurationSeconds") is None:
        return None
    seconds = int(timeout["attemptDurationSeconds"])
    if seconds < 60:
        raise refuse("attemptDurationSeconds must be at least 60")
    return seconds


def check_retry(strategy: dict[str, Any] | None) -> dict[str, Any]:
    """Between 1 and 10 attempts, at most 5 rules, each with an action."""
    strategy = dict(strategy or {})
    attempts = int(strategy.get("attempts", 1))
    rules = strategy.get("evaluateOnExit", [])
    if not 1 <= attempts <= 10:
        raise refuse("attempts must be between 1 and 10")
    if len(rules) > 5 or any(
        str(rule.get("action")).upper() not in ("RETRY", "EXIT") for rule in rules
    ):
        raise refuse("evaluateOnExit takes at most 5 rules, each with action RETRY or EXIT")
    return {"attempts": attempts, "evaluateOnExit": rules}
