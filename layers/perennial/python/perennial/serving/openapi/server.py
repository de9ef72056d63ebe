"""Where the API is, as the event of a request to it tells."""

from __future__ import annotations

from collections.abc import Mapping


def server_of(event: Mapping[str, object]) -> dict[str, object]:
    """The Server Object of an API, by the address its own document was asked at.

    The stage, or the path a custom domain maps to it, is what the event's full path has in front
    of its own. Without a host name in the event the address is one on the same host.
    """
    context = event.get("requestContext")
    context = context if isinstance(context, dict) else {}
    full, own = str(context.get("path") or ""), str(event.get("path") or "")
    prefix = full.removesuffix(own) if own else full
    host = context.get("domainName")
    base = f"https://{host}{prefix}" if host else prefix
    return {"url": base.rstrip("/") or "/"}
