"""The page at /docs stands alone, tells nothing by itself and runs no foreign script."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from perennial.serving.manage import respond
from perennial.serving.openapi import page as docs_page

from tests.unit.manage.test_manage_endpoint import World, world
from tests.unit.predict.fakes import event

__all__ = ["world"]
PAGE: Any = docs_page.page()
HTML: str = PAGE["body"]
POLICY: str = PAGE["headers"]["Content-Security-Policy"]
SPECS = Path(__file__).parents[3] / "models"


def test_the_page_is_answered_whatever_is_deployed(world: World) -> None:
    asked = event("rest-list-models") | {"resource": "/docs", "path": "/docs"}
    world.registry = None  # type: ignore[assignment]
    assert respond(asked, world.catalogue, world.failures.append) == PAGE
    assert PAGE["headers"]["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", sorted(path.stem for path in SPECS.glob("*.yaml")))
def test_the_page_names_no_model(name: str) -> None:
    assert not re.search(rf"\b{name}\b", HTML)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"(?m)^\s*//.*$", "", HTML))
    assert re.findall(r"""(?:src|href)=["']([^"'#][^"']*)""", HTML) == ["data:,"]
    assert "@import" not in HTML
    assert "url(" not in HTML


@pytest.mark.parametrize("tag", ["style", "script"])
def test_only_what_the_page_brings_is_run(tag: str) -> None:
    inline = re.findall(rf"<{tag}>(.*?)</{tag}>", HTML, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in inline]
    (allowed,) = re.findall(rf"{tag}-src ([^;]*)", POLICY)
    assert allowed == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert "unsafe" not in POLICY
    assert not re.findall(r"""\son\w+=|\sstyle=["']""", HTML)


def test_nothing_leaves_but_to_the_api() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert (rules["form-action"], rules["frame-ancestors"], rules["base-uri"]) == ("'none'",) * 3


def test_the_key_is_kept_in_memory_only() -> None:
    for store in ("localStorage", "sessionStorage", "cookie", "indexedDB", "history."):
        assert store not in HTML
    assert 'credentials: "omit"' in HTML


def test_what_the_api_says_is_never_made_markup_of() -> None:
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert way not in HTML


def test_everything_to_fill_in_has_a_label() -> None:
    fields = re.findall(r'<(?:input|select|textarea) id="([^"]+)"', HTML)
    assert fields
    assert {f'for="{field}"' for field in fields} <= set(re.findall(r'for="[^"]+"', HTML))
