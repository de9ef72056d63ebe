"""What no format can hold, or some cannot: refused with the reason, and with what can."""

from __future__ import annotations

from perennial.errors import NotPortable
from perennial.portable.standalone import KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perennial.serving.artifact import Artifact

PSEUDONYMS = "pseudonymised"  # member of the manifest: features that are pseudonyms


def refuse_pipeline(artifact: Artifact, wanted: str) -> None:
    """Refuse what only its own libraries can run.

    Raises:
        NotPortable: it is a user's own pipeline that could not be folded.
    """
    kind = artifact.manifest["engine"].get("kind")
    if kind not in KINDS:
        raise NotPortable(
            f"{wanted} cannot hold a model of the kind {kind!r}: it runs in the scikit-learn it "
            "was trained with. Export it with --format mlflow"
        )


def refuse_pseudonyms(artifact: Artifact) -> None:
    """Refuse a model that would take the values its callers know for others.

    Raises:
        NotPortable: it learned from pseudonyms, whose key does not leave the deployment.
    """
    hidden = artifact.manifest.get(PSEUDONYMS) or ()
    if hidden:
        raise NotPortable(
            f"the model learned from pseudonyms of {', '.join(hidden)}, and their key does not "
            "leave the deployment: an export could not tell one value from another"
        )
