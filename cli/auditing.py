"""Audits of a deployment, and how people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli import records, terminal
from cli.outputs import Deployment

if TYPE_CHECKING:
    from perennial.provenance.audit import Audit
    from perennial.registry.records import Version


def audited(deployment: Deployment, model: str, *, objects: bool) -> Audit:
    """Audit a model by what is in its registry and buckets.

    Raises:
        Unavailable: a service does not answer.
    """
    from perennial.adapters.s3_files import S3Files
    from perennial.adapters.s3_versions import S3Versions
    from perennial.provenance.anchors import anchors
    from perennial.provenance.audit import audit
    from perennial.provenance.receipts import Kind, verify_version
    from perennial.provenance.removals import unordered

    s3 = deployment.target.client("s3")
    files = S3Files(s3)

    def evidence(version: Version) -> list[str]:
        found = verify_version(version, files)
        passed = (Kind.UNPROVEN, Kind.REMOVED)
        return [
            *(one.message for one in found if one.kind not in passed),
            *unordered(version, files, records.registry(deployment)),
        ]

    return audit(
        model,
        records.registry(deployment),
        anchors(model, S3Versions(s3), *_buckets_of_heads(deployment)),
        evidence if objects else None,
    )


def _buckets_of_heads(deployment: Deployment) -> list[str]:
    """Those of artifacts and, where ends of histories are under lock, of these."""
    names = ("ArtifactBucketName", "HeadsBucketName")
    return [deployment.storage[name] for name in names if name in deployment.storage]


def show(done: Audit) -> None:
    """Print what an audit looked at, and its findings."""
    counted = (("event", done.events), ("anchor", done.anchors), ("version", done.versions))
    looked = ", ".join(_counted(number, what) for what, number in counted)
    if done.objects:
        looked += f", the objects of {done.objects}"
    verdict = "as written" if done.passed else _counted(done.found, "finding")
    terminal.show(f"{done.model}: {verdict} ({looked})")
    if done.first_sealed > 1:
        terminal.show(f"  Events before {done.first_sealed} have no digest and are not proven.")
    if done.findings:
        rows = [[one.kind.value, one.where, one.says] for one in done.findings]
        terminal.show(terminal.table(["Finding", "Where", "What"], rows))
    if done.more:
        terminal.show(f"  and {done.more:,} more")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
