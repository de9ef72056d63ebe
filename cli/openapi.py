"""The API's document made of specs, without a deployment to ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perennial.serving.openapi.document import document
from perennial.serving.openapi.rows import DocumentedModel

if TYPE_CHECKING:
    from perennial.spec import ModelSpec

_SERVER = {
    "url": "https://{api}.execute-api.{region}.amazonaws.com/live",
    "description": "The output ApiUrl of the deployment, without the slash at its end.",
    "variables": {"api": {"default": "api-id"}, "region": {"default": "eu-central-1"}},
}


def document_of(specs: Iterable[ModelSpec]) -> dict[str, Any]:
    """The document of some models, before any training."""
    return document([DocumentedModel(spec, None) for spec in specs], [_SERVER])
