"""What an exported version says of itself: where it comes from, for whoever meets it later."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.registry.records import Version

FORMAT = 1
PYTHON = "3.11"  # the oldest that the shipped source runs on


def about(version: Version) -> dict[str, object]:
    """`about.json` of a bundle, and the metadata of the other formats."""
    return {
        "format": FORMAT,
        "model": version.model,
        "version": version.number,
        "run_id": version.run_id,
        "registered_at": version.created_at,
        "artifact_digest": version.artifact_digest,
        "dataset_digest": version.dataset_digest,
        "spec_digest": version.spec_digest,
        "receipt_digest": version.receipt_digest,
    }


def package_of(model: str, number: int) -> str:
    """The name a version is imported by: `telco_churn_v3`."""
    return f"{re.sub(r'[^a-z0-9_]', '_', model.lower())}_v{number}"
