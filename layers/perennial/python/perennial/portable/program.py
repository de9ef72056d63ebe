"""What a bundle does: answer rows, and prove that it answers as the version it was made of.

Standard library only; it is shipped as source, with the encoder and the engine it uses.
"""

from __future__ import annotations

import json
import sys

from perennial.errors import InvalidRows, PerennialError
from perennial.portable.agreement import Agreement, answers_of, golden_of
from perennial.portable.standalone import plain_engine
from perennial.serving.artifact import load_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TextIO

    from perennial.serving.artifact import Artifact
    from perennial.serving.engine import Engine

USAGE = """\
usage: python {name} [--check | --about] < rows.json

Predicts rows of {model}, version {version}: {{"rows": [{{"<feature>": <value>, ...}}, ...]}} or the
list alone on standard input, the predictions as JSON on standard output.

  --check   answer the golden rows, and compare
  --about   say which version this is, and what it takes
"""


class PortableModel:
    """A version that answers by itself."""

    def __init__(
        self,
        artifact: bytes,
        about: Mapping[str, Any],
        engine: Callable[[Artifact], Engine] = plain_engine,
    ) -> None:
        """Load it.

        Raises:
            ArtifactError: the artifact is not the one `about` tells of, or cannot be run here.
        """
        self.about = dict(about)
        self._artifact = load_artifact(artifact, about["artifact_digest"])
        self.engine = engine(self._artifact)

    def predict(self, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
        """One object per row: `prediction`, and of a classification `probabilities` by label.

        Raises:
            InvalidRows: rows do not fit the model's schema; `problems` says where and why.
        """
        return [
            {"prediction": one.value}
            | ({} if one.probabilities is None else {"probabilities": one.probabilities})
            for one in self.engine.predict(rows)
        ]

    def check(self) -> Agreement:
        """The golden rows, compared with what they must give."""
        rows, expected = golden_of(self._artifact)
        agreement = Agreement(self._artifact.threshold)
        if rows:
            agreement.compare(expected, answers_of(self.engine.predict(rows)))
        return agreement

    def description(self) -> dict[str, object]:
        """Which version this is, what it takes and what it answers."""
        manifest = self._artifact.manifest
        return {
            **self.about,
            "task": manifest["task"],
            "classes": manifest["classes"],
            "threshold": manifest["threshold"],
            "features": [feature.to_json() for feature in self.engine.encoder.features],
        }


def main(model: PortableModel, arguments: Sequence[str], name: str) -> int:
    """The command line of a bundle; the exit code is 0, 1 for rows it refuses, 2 for misuse."""
    if list(arguments) == ["--check"]:
        return _check(model)
    if list(arguments) == ["--about"]:
        _write(model.description(), sys.stdout)
        return 0
    if arguments:
        about = {"model": model.about["model"], "version": model.about["version"], "name": name}
        sys.stderr.write(USAGE.format(**about))
        return 0 if list(arguments) in (["-h"], ["--help"]) else 2
    return _answer(model)


def _check(model: PortableModel) -> int:
    agreement = model.check()
    _write({"agrees": agreement.holds, **agreement.as_json()}, sys.stdout)
    return 0 if agreement.holds else 1


def _answer(model: PortableModel) -> int:
    try:
        # As bytes: what a terminal takes texts for is no matter of what JSON means by them.
        text = sys.stdin.buffer.read()
        rows = _rows(json.loads(text, parse_constant=_no_number, object_pairs_hook=_object))
    except (ValueError, RecursionError) as error:
        sys.stderr.write(f"standard input holds no rows in JSON: {error}\n")
        return 2
    try:
        predictions = model.predict(rows)
    except InvalidRows as error:
        for problem in error.problems:
            sys.stderr.write(f"row {problem.row}: {problem.field} {problem.reason}\n")
        return 1
    except PerennialError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _write({"predictions": predictions, **_origin(model)}, sys.stdout)
    return 0


def _origin(model: PortableModel) -> dict[str, object]:
    return {name: model.about[name] for name in ("model", "version", "artifact_digest")}


def _rows(document: object) -> list[Mapping[str, object]]:
    rows = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise ValueError('send {"rows": [...]}, or the list of rows')
    return rows


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON; leave a missing value out, or write null")


def _write(document: object, to: TextIO) -> None:
    json.dump(document, to, allow_nan=False, indent=1)
    to.write("\n")
