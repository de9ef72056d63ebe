"""A version as one file that predicts with nothing but Python's standard library.

The file is a ZIP that Python runs (PEP 441). It holds the artifact, the source of encoder and
engine, and the golden rows that prove them.
"""

from __future__ import annotations

import io
import json
import zipfile

from perennial.errors import ExportMismatch, NotPortable
from perennial.portable.about import PYTHON, about, package_of
from perennial.portable.agreement import Agreement
from perennial.portable.program import PortableModel
from perennial.portable.refusals import refuse_pipeline, refuse_pseudonyms
from perennial.portable.sources import ROOT, foreign, renamed, sources_of
from perennial.serving.artifact import load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perennial.registry.records import Version

PROGRAM = f"{ROOT}.portable.program"
ARTIFACT, ABOUT = "artifact.zip", "about.json"
_FIRST_LINE = b"#!/usr/bin/env python3\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)

# The first file Python reads has to be understood by those that are too old for the rest.
_MAIN = """\
import sys

if sys.version_info < ({python}):
    sys.exit("This bundle needs Python {told} or newer.")

from {package}.__main__ import run

sys.exit(run())
"""
_PACKAGE = '''\
"""{model}, version {version}: `predict(rows)`, `check()`, `description()`."""

import json
import pkgutil

from {package}.perennial.portable.program import PortableModel

_model = PortableModel(
    pkgutil.get_data(__name__, "{artifact}"), json.loads(pkgutil.get_data(__name__, "{about}"))
)
predict = _model.predict
check = _model.check
description = _model.description
'''
_RUN = '''\
"""The command line: `python -m {package}`, or the file itself."""

import sys

from {package} import _model
from {package}.perennial.portable.program import main


def run():
    """Answer what standard input asks; the exit code."""
    return main(_model, sys.argv[1:], sys.argv[0])


if __name__ == "__main__":
    sys.exit(run())
'''


def bundle(version: Version, artifact: bytes) -> tuple[bytes, Agreement]:
    """The file, and how well it answered the version's golden rows.

    Its bytes depend only on the version, the artifact and this code.

    Raises:
        NotPortable: the version needs libraries.
        ArtifactError: the bytes are not the version's artifact, or damaged.
        ExportMismatch: plain Python answers otherwise than the version did.
    """
    loaded = load_artifact(artifact, version.artifact_digest)
    refuse_pseudonyms(loaded)
    refuse_pipeline(loaded, "a bundle")
    agreement = proven(PortableModel(artifact, about(version)))
    package = package_of(version.model, version.number)
    sources = sources_of(PROGRAM)
    borrowed = {name for text in sources.values() for name in foreign(text)}
    if borrowed:
        raise NotPortable(f"this model's code needs {', '.join(sorted(borrowed))}")
    return _FIRST_LINE + zipped(_files(version, package, sources, artifact)), agreement


def proven(model: PortableModel) -> Agreement:
    """How a model answers its golden rows.

    Raises:
        ExportMismatch: otherwise than it should.
    """
    agreement = model.check()
    if not agreement.holds:
        raise ExportMismatch(
            f"the export differs from the version by {agreement.largest:.3g} within its "
            f"{agreement.rows} golden rows; nothing was written"
        )
    return agreement


def shipped(sources: Mapping[str, str], package: str) -> dict[str, bytes]:
    """Source files by their place in the export, part of `package`."""
    return {
        f"{package}/{ROOT}/{place}": renamed(text, package).encode()
        for place, text in sources.items()
    }


def _files(
    version: Version, package: str, sources: Mapping[str, str], artifact: bytes
) -> dict[str, bytes]:
    words = {
        "package": package,
        "model": version.model,
        "version": version.number,
        "artifact": ARTIFACT,
        "about": ABOUT,
        "python": PYTHON.replace(".", ", "),
        "told": PYTHON,
    }
    return {
        "__main__.py": _MAIN.format(**words).encode(),
        f"{package}/__init__.py": _PACKAGE.format(**words).encode(),
        f"{package}/__main__.py": _RUN.format(**words).encode(),
        f"{package}/{ABOUT}": json.dumps(about(version), indent=1).encode(),
        f"{package}/{ARTIFACT}": artifact,
        **shipped(sources, package),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of stored entries, the same bytes wherever it is made."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return target.getvalue()
