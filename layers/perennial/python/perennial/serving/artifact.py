"""Artifacts: a trained model as one ZIP of uncompressed entries, named by the hash of its bytes."""

from __future__ import annotations

import hashlib
import json

from perennial.errors import ArtifactError
from perennial.features.encoder import Encoder, FeatureSchema
from perennial.serving.stored_zip import NotStored, stored_entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FORMAT = 1
ENGINEERED = 2  # the format where a model sees other columns than a row has
MANIFEST = "artifact.json"
TREES = "model.ubj"
LEAVES = "leaves.f64"
GOLDEN = "golden.json"
# The first moment a ZIP can express: the bytes of an artifact must not depend on the clock.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Artifact:
    """A loaded artifact: what it says of itself, and its entries."""

    __slots__ = ("digest", "encoder", "entries", "manifest")

    def __init__(
        self,
        digest: str,
        manifest: Mapping[str, Any],
        encoder: Encoder,
        entries: Mapping[str, bytes],
    ) -> None:
        self.digest = digest
        self.manifest = manifest
        self.encoder = encoder
        self.entries = entries

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Labels in the order of the probabilities; None of a regression."""
        classes = self.manifest["classes"]
        return None if classes is None else tuple(classes)

    @property
    def threshold(self) -> float | None:
        """From which probability on a row is called positive (binary)."""
        value = self.manifest["threshold"]
        return None if value is None else float(value)


def write_artifact(manifest: Mapping[str, Any], entries: Mapping[str, bytes]) -> bytes:
    """The bytes of an artifact: the same for the same content, wherever and whenever written."""
    import io
    import zipfile  # 15 ms that only who writes artifacts should pay

    text = json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    everything = {**entries, MANIFEST: text.encode()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(everything):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same on every platform
            archive.writestr(entry, everything[name])
    return target.getvalue()


def digest_of(data: bytes) -> str:
    """SHA-256 of an artifact's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def load_artifact(data: bytes, expected_digest: str) -> Artifact:
    """Open an artifact, once its bytes have been checked.

    Raises:
        ArtifactError: the bytes have another digest, or are no artifact of this format.
    """
    if digest_of(data) != expected_digest:
        raise ArtifactError(f"the artifact's bytes do not have the digest {expected_digest[:12]}…")
    try:
        entries = stored_entries(data)
        manifest = json.loads(entries[MANIFEST])
        if manifest["format"] not in (FORMAT, ENGINEERED):
            raise ArtifactError(
                f"the artifact has format {manifest['format']}, not {FORMAT} or {ENGINEERED}"
            )
        encoder = _encoder(manifest)
    except NotStored as error:
        raise ArtifactError(f"the artifact cannot be read: {error}") from error
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        raise ArtifactError("the artifact's manifest is missing or damaged") from error
    return Artifact(expected_digest, manifest, encoder, entries)


def _encoder(manifest: Mapping[str, Any]) -> Encoder:
    features = [FeatureSchema.from_json(one) for one in manifest["features"]]
    if manifest["format"] == FORMAT:
        return Encoder(features)
    from perennial.features.engineered import EngineeredEncoder  # only such models pay for it
    from perennial.features.steps import Recipe

    return EngineeredEncoder(features, Recipe.from_json(manifest["engineering"]))
