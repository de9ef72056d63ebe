"""The page at `/docs`: shows the API's document to whoever has a key, and lets them try it.

It needs nothing but itself, so it works without an internet, and it names no model: whoever
opens it learns what the key they type in may know. Scripts and styles run by their digest only.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from functools import cache
from pathlib import Path

_ASSETS = Path(__file__).parent / "assets"


@cache
def page() -> dict[str, object]:
    """The proxy response that carries the page."""
    style, script = _asset("style.css"), _asset("script.js")
    html = _asset("page.html").replace("{style}", style).replace("{script}", script)
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": _policy(style, script),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        },
        "body": html,
        "isBase64Encoded": False,
    }


def _policy(style: str, script: str) -> str:
    """Nothing from elsewhere, nothing inserted, nothing sent but to the API itself."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{b2a_base64(digest, newline=False).decode()}'"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")
