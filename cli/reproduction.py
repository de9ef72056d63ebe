"""Makes a version again from its receipt, and says whether it came out to the byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perennial.errors import ArtifactError
from perennial.provenance.predictions import Distance, distance, scorer_of
from perennial.provenance.receipts import Finding, Kind
from perennial.provenance.reproduction import Difference, differences
from perennial.registry import layout
from perennial.registry.objects import ObjectStore
from perennial.registry.receipt import Receipt, read_receipt

from cli import retraining
from cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from cli.evidence import Evidence

_PROGRAM = Path(retraining.__file__)
_LOCAL_IMAGE = "perennial-local/"  # how the emulator names what stands for an image
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What came of making a version again."""

    model: str
    version: int
    registered: str  # digest of the artifact, as the registry has it
    retrained: str  # digest of the one that was made now
    receipt: str  # digest
    differences: list[Difference]
    findings: list[Finding]
    predictions: Distance | None
    note: str  # why predictions were not compared, where bytes differ
    seconds: float

    @property
    def identical(self) -> bool:
        """Whether the bytes are those that were registered."""
        return self.registered == self.retrained

    @property
    def sound(self) -> bool:
        """Whether they are, and no evidence was changed or is gone."""
        return self.identical and all(one.kind is Kind.UNPROVEN for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The document of `--json`."""
        return {
            "model": self.model,
            "version": self.version,
            "identical": self.identical,
            "artifact_digest": {"registered": self.registered, "retrained": self.retrained},
            "receipt_digest": self.receipt,
            "differences": [asdict(one) for one in self.differences],
            "findings": [asdict(one) for one in self.findings],
            "predictions": asdict(self.predictions) if self.predictions else None,
            "note": self.note,
            "seconds": self.seconds,
        }


def reproduce(
    evidence: Evidence, store: ObjectStore, train: Callable[[Evidence], None]
) -> Reproduction:
    """Train again, and compare.

    Args:
        evidence: what the version was made of.
        store: of the deployment, for the registered artifact.
        train: leaves candidate, holdout and receipt beside the job.

    Raises:
        CommandError: the re-training did not come to its end; the message says why.
    """
    began = time.monotonic()
    train(evidence)
    seconds = round(time.monotonic() - began, 1)
    run, version = evidence.run_uri, evidence.version
    candidate = evidence.path(run + layout.CANDIDATE).read_bytes()
    now = read_receipt(evidence.path(run + layout.RECEIPT).read_bytes())
    digest = hashlib.sha256(candidate).hexdigest()
    predictions, note = None, ""
    if digest != version.artifact_digest:
        predictions, note = _distance(evidence, candidate, digest, store)
    return Reproduction(
        model=version.model,
        version=version.number,
        registered=version.artifact_digest,
        retrained=digest,
        receipt=evidence.receipt["digest"],
        differences=differences(evidence.receipt, now),
        findings=evidence.findings,
        predictions=predictions,
        note=note,
        seconds=seconds,
    )


def train_here(evidence: Evidence, lock: Path) -> None:
    """Train in a fresh process of this machine.

    Args:
        evidence: what the version was made of.
        lock: what the libraries of this machine were installed from.

    Raises:
        CommandError: it failed.
    """
    command = [sys.executable, "-P", str(_PROGRAM), str(evidence.code), str(evidence.root)]
    command += [evidence.run_uri, str(evidence.receipt["threads"]), str(lock)]
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        env=dict(environment_of(evidence.receipt)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise CommandError(
            f"The re-training failed: {said[-1] if said else f'exit code {done.returncode}'}",
            code=Exit.RUN_FAILED,
        )


def environment_of(receipt: Receipt) -> Iterator[tuple[str, str]]:
    """The environment of the receipt, and of this machine only what a process cannot do without."""
    yield from ((name, os.environ[name]) for name in _PASSED_ON if name in os.environ)
    yield from receipt.get("environment", {}).items()
    image = receipt.get("image")
    if isinstance(image, dict) and image["name"].startswith(_LOCAL_IMAGE):
        yield "PERENNIAL_IMAGE", image["name"]


def _distance(
    evidence: Evidence, candidate: bytes, digest: str, store: ObjectStore
) -> tuple[Distance | None, str]:
    """How far predictions differ, or why that cannot be said."""
    version = evidence.version
    try:
        registered = scorer_of(store.read(version.artifact_uri), version.artifact_digest)
        retrained = scorer_of(candidate, digest)
        holdout = evidence.path(evidence.run_uri + layout.HOLDOUT)
        return distance(retrained, registered, holdout), ""
    except FileNotFoundError:
        return None, "the registered artifact is gone"
    except (ArtifactError, ValueError) as error:
        return None, str(error)
