"""API Gateway's own limits on a request, and the key it names to the function."""

import asyncio
import json
from typing import Any, Final

from emulator import seams

_LARGEST: Final = 10 * 1024 * 1024
_SECONDS: Final = 29.0

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Refuse bodies over 10 MB, give up after 29 seconds, and tell functions the API key."""
    _limit()
    _name_the_key()


def _limit() -> None:
    async def execute(
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> Any:
        if len(body or b"") > _LARGEST:
            return _answer(413, f"HTTP content length exceeded {_LARGEST} bytes.")
        running = asyncio.ensure_future(
            original(api_id, stage_name, method, path, headers, body, query_params)
        )
        done, _ = await asyncio.wait({running}, timeout=_SECONDS)
        if not done:
            return _answer(504, "Endpoint request timed out")
        return running.result()

    original = seams.replace("services.apigateway_v1:handle_execute", execute)


def _name_the_key() -> None:
    async def call(function_ref: str, event: Any, **scope: str | None) -> Any:
        identity = event.get("requestContext", {}).get("identity")
        given = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
        for key in seams.get("services.apigateway_v1:_api_keys").values():
            if identity is not None and key.get("value") == given.get("x-api-key", ""):
                identity["apiKey"], identity["apiKeyId"] = key["value"], key["id"]
        return await original(function_ref, event, **scope)

    original = seams.replace("services.apigateway_v1:_call_lambda_raw", call)


def _answer(status: int, message: str) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()
