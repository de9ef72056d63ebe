"""API Gateway's own limits on a request, its payload compression, and the key it names."""

import asyncio
import json
import uuid
from typing import Any, Final

from emulator import payloads, seams

_LARGEST: Final = 10 * 1024 * 1024
_LARGEST_FOR_LAMBDA: Final = 6_291_556
_SECONDS: Final = 29.0

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Refuse large bodies, unpack and pack, give up after 29 seconds, and name the API key."""
    _limit_time()
    _unpack_and_pack()
    _limit_invocations()
    _name_the_key()
    _name_the_path()
    _deny_in_form()


def refusal(kind: str, message: str) -> Any:
    """An error of API Gateway's own, which the API's gateway responses give its form."""
    return seams.get("services.apigateway_v1:_gw_error")(kind, message)


def _limit_time() -> None:
    async def execute(
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> Any:
        running = asyncio.ensure_future(
            original(api_id, stage_name, method, path, headers, body, query_params)
        )
        done, _ = await asyncio.wait({running}, timeout=_SECONDS)
        if not done:
            return _answer(504, "Endpoint request timed out")
        return running.result()

    original = seams.replace("services.apigateway_v1:handle_execute", execute)


def _unpack_and_pack() -> None:
    async def execute(
        request: dict[str, Any],
        api_id: str,
        stage_name: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        *others: Any,
    ) -> Any:
        stages = seams.get("services.apigateway_v1:_stages_v1").get(api_id, {})
        if stage_name in stages:
            request["stage"] = stages[stage_name]  # the refusals below are told in its form
            try:
                body = payloads.unpacked(body or b"", headers, _LARGEST)
            except payloads.TooLarge:
                message = f"HTTP content length exceeded {_LARGEST} bytes."
                return refusal("REQUEST_TOO_LARGE", message)
            except payloads.NotPacked:
                return refusal("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        answer = await original(request, api_id, stage_name, method, path, headers, body, *others)
        api = seams.get("services.apigateway_v1:_rest_apis").get(api_id) or {}
        least = api.get("minimumCompressionSize")
        if least is None or not isinstance(answer, tuple):
            return answer
        return payloads.packed(answer, headers, int(least))

    original = seams.replace("services.apigateway_v1:_execute_in_scope", execute)


def _limit_invocations() -> None:
    """Lambda takes six megabytes, which is less than API Gateway does."""

    async def invoke(*request: Any, **scope: Any) -> Any:
        body = request[8]
        if body and len(json.dumps(body.decode("utf-8", "replace"))) > _LARGEST_FOR_LAMBDA:
            return refusal("REQUEST_TOO_LARGE", "Request Too Long")
        return await original(*request, **scope)

    original = seams.replace("services.apigateway_v1:_invoke_lambda_proxy_v1", invoke)


def _name_the_key() -> None:
    async def call(function_ref: str, event: Any, **scope: str | None) -> Any:
        identity = event.get("requestContext", {}).get("identity")
        given = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
        for key in seams.get("services.apigateway_v1:_api_keys").values():
            if identity is not None and key.get("value") == given.get("x-api-key", ""):
                identity["apiKey"], identity["apiKeyId"] = key["value"], key["id"]
        return await original(function_ref, event, **scope)

    original = seams.replace("services.apigateway_v1:_call_lambda_raw", call)


def _name_the_path() -> None:
    """The path as it was asked, which has more in front of it here than the stage alone."""

    async def call(function_ref: str, event: Any, **scope: str | None) -> Any:
        context = event.get("requestContext", {})
        host = next((v for k, v in (event.get("headers") or {}).items() if k.lower() == "host"), "")
        if "path" in context and not host.startswith(f"{context.get('apiId')}."):
            context["path"] = f"/_aws/execute-api/{context['apiId']}{context['path']}"
        return await original(function_ref, event, **scope)

    original = seams.replace("services.apigateway_v1:_call_lambda_raw", call)


def _deny_in_form() -> None:
    """What IAM denies is told by the gateway response for it; MiniStack answers as a service."""

    def enforce(
        api_id: str,
        stage: str,
        method: str,
        path: str,
        headers: dict[str, str],
        query_params: dict[str, Any],
        iam_action: str = "execute-api:Invoke",
    ) -> Any:
        answer = original(api_id, stage, method, path, headers, query_params, iam_action)
        stages = seams.get("services.apigateway_v1:stages_for_api")(api_id)
        if answer is None or b"not authorized to perform" not in answer[2] or stage not in stages:
            return answer
        request = {
            "api_id": api_id,
            "stage_name": stage,
            "stage": stages[stage],
            "headers": headers,
            "query_params": query_params,
            "path_params": {},
            "resource_path": "",
            "request_id": str(uuid.uuid4()),
        }
        scope = seams.get("services.apigateway_v1:find_api_scope")(api_id)
        with seams.scope(*scope):
            render = seams.get("services.apigateway_v1:_gateway_error_response")
            return render(refusal("ACCESS_DENIED", "User is not authorized"), request)

    original = seams.replace("app:_enforce_execute_api", enforce)


def _answer(status: int, message: str) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()
