"""What a re-training needs, fetched and proven; or the reason why there can be none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.errors import ArtifactError
from perennial.provenance.code import unpack
from perennial.provenance.receipts import Finding, Kind, receipt_of, verify_version
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt
from perennial.registry.records import Version

from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from cli.target import Target

_REGISTRY = ".dkr.ecr."  # in the name of an image that AWS keeps


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a version was made of, on this machine.

    Attributes:
        version: that is to be made again.
        receipt: of its run, proven.
        findings: what is not as the version says, and is not in the way of a re-training.
        code: the folder to import the training from.
        root: a folder that stands for the object store, with job, dataset and search in it.
    """

    version: Version
    receipt: Receipt
    findings: list[Finding]
    code: Path
    root: Path

    @property
    def run_uri(self) -> str:
        """Where the run's files are, in that store."""
        return self.version.receipt_uri.rpartition("/")[0] + "/"

    def path(self, uri: str) -> Path:
        """The file that stands for an object."""
        return self.root / uri.removeprefix("s3://")


def gather(
    version: Version, store: ObjectStore, target: Target, folder: Path, *, here: Path, anyway: bool
) -> Evidence:
    """Fetch and prove what a version was made of.

    Args:
        version: that is to be made again.
        store: of the deployment.
        target: to ask whether the image is still there.
        folder: where everything is put.
        here: the code of this checkout, which is used where the receipt's own is the same.
        anyway: go on without the image, and with this checkout's code where the other is gone.

    Raises:
        CommandError: dataset, code, image or receipt are gone or were changed.
    """
    findings = verify_version(version, store)
    _refuse(findings, "dataset")
    try:
        receipt = receipt_of(version, store)
    except ArtifactError as error:
        raise CommandError(f"{_of(version)} cannot be made again: {error}") from error
    if not anyway:
        _refuse_without_image(receipt, target)
    code = _code(receipt, version, store, folder / "code", findings, here, anyway=anyway)
    evidence = Evidence(version, receipt, findings, code, folder / "store")
    _lay_out(evidence, store)
    return evidence


def _refuse(findings: list[Finding], subject: str) -> None:
    for one in findings:
        if one.subject == subject:
            code = Exit.NOT_FOUND if one.kind is Kind.MISSING else Exit.DIFFERENT
            raise CommandError(f"Cannot be made again: {one.message}.", code=code)


def _refuse_without_image(receipt: Receipt, target: Target) -> None:
    """Ask ECR for an image that AWS ran; one of this machine is made of files that are hashed."""
    image = receipt.get("image")
    if not isinstance(image, dict) or _REGISTRY not in image["name"]:
        return
    from botocore.exceptions import ClientError

    repository = image["name"].partition("/")[2].partition(":")[0].partition("@")[0]
    try:
        target.client("ecr").describe_images(
            repositoryName=repository, imageIds=[{"imageDigest": image["digest"]}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "ImageNotFoundException",
            "RepositoryNotFoundException",
        ):
            raise
        raise CommandError(
            f"Cannot be made again: the image {image['digest'][:19]}… is gone from {repository}.",
            advice="--anyway re-trains without it, with the libraries of this machine.",
            code=Exit.NOT_FOUND,
        ) from error


def _code(
    receipt: Receipt,
    version: Version,
    store: ObjectStore,
    folder: Path,
    findings: list[Finding],
    here: Path,
    *,
    anyway: bool,
) -> Path:
    from perennial.training.sources import source_digest

    wanted = receipt["code"]["running"]
    if source_digest(here / "perennial") == wanted:
        return here
    bucket, _ = layout.split_uri(version.receipt_uri)
    if not anyway:
        if receipt.get("format", 1) < 2:
            raise CommandError(
                f"{_of(version)} cannot be made again: its code was not kept, and this checkout "
                "has another.",
                advice="Check out its commit, or re-train with this code by --anyway.",
                code=Exit.NOT_FOUND,
            )
        _refuse(findings, "code")
    try:
        unpack(store.read(layout.uri(bucket, layout.code_key(wanted))), wanted, folder)
    except (FileNotFoundError, ArtifactError):
        return here
    return folder


def _lay_out(evidence: Evidence, store: ObjectStore) -> None:
    """Job and dataset, and the search where there was one, as the run had them."""
    receipt, version = evidence.receipt, evidence.version
    bucket, _ = layout.split_uri(version.receipt_uri)
    prefix = layout.dataset_prefix(version.model, version.dataset_digest)
    dataset = layout.uri(bucket, prefix + layout.DATA)
    evidence.path(dataset).parent.mkdir(parents=True)
    store.download(dataset, evidence.path(dataset))
    job = _job(receipt, version, dataset, store)
    path = evidence.path(evidence.run_uri + layout.JOB)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(job), encoding="utf-8")
    if receipt.get("search_digest"):
        _lay_out_search(evidence, store)


def _job(receipt: Receipt, version: Version, dataset: str, store: ObjectStore) -> dict[str, Any]:
    """The job, from the receipt alone; receipts of the first format do not hold the spec."""
    if "spec" not in receipt:
        run_uri = version.receipt_uri.rpartition("/")[0] + "/"
        return dict(json.loads(store.read(run_uri + layout.JOB)))
    code = receipt["code"]
    return {
        "model": receipt["model"],
        "run_id": receipt["run_id"],
        "spec": receipt["spec"],
        "spec_digest": receipt["spec_digest"],
        "dataset": {"digest": receipt["dataset_digest"], "uri": dataset, "rows": 0},
        "code": {
            "version": code["version"],
            "digest": code["deployed"],
            "commit": code.get("commit", ""),
        },
        "seed": receipt["seed"],
    }


def _lay_out_search(evidence: Evidence, store: ObjectStore) -> None:
    place = evidence.run_uri + layout.SEARCH
    try:
        body = store.read(place)
    except FileNotFoundError as error:
        raise CommandError(
            f"{_of(evidence.version)} cannot be made again: the search its parameters are from is "
            f"gone: {place}",
            code=Exit.NOT_FOUND,
        ) from error
    if hashlib.sha256(body).hexdigest() != evidence.receipt["search_digest"]:
        raise CommandError(
            f"{_of(evidence.version)} cannot be made again: the search its parameters are from "
            f"was changed: {place}",
            code=Exit.DIFFERENT,
        )
    evidence.path(place).write_bytes(body)


def _of(version: Version) -> str:
    return f"Version {version.number} of {version.model}"
