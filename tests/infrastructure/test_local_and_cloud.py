"""What is tested on the emulator is what is deployed: the templates hardly differ."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.infrastructure.templates import Synthesized

_BOOTSTRAP = "the emulator has no bootstrap stack; locally the CLI deploys with its own credentials"
EXPLAINED = {
    r"[^.]+\.Parameters\.BootstrapVersion\..+": _BOOTSTRAP,
    r"[^.]+\.Rules\.CheckBootstrapVersion\..+": _BOOTSTRAP,
    r"[^.]+\.Resources\.Layers\w+\.Properties\.Content\.S3Key": (
        "layers are built for the platform they run on"
    ),
    r"[^.]+\.Resources\.\w+FunctionCurrentVersion\w+(\..+)?": (
        "the name of a version holds a digest of the function's layers"
    ),
    r"[^.]+\.Resources\.ReleaseAlias\w+\.Properties\.FunctionVersion\..+": "as the version",
    r"[^.]+\.Resources\.TrainDefinition\w+\.Properties\.ContainerProperties\.Image(\..+)?": (
        "the emulator runs the entry point of the image's Dockerfile, and no image"
    ),
    r"[^.]+\.Resources\.TrainExecutionRoleDefaultPolicy\w+\.Properties\.PolicyDocument"
    r"\.Statement\.\d\..+": "there is no image to pull",
    r"[^.]+\.Resources\.(Capture|Outcomes)Batches\w+\.Properties"
    r"\.MaximumBatchingWindowInSeconds": (
        "nobody waits a minute on a laptop for one prediction to be in a file"
    ),
}


def flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf of a document with its path."""
    items: Iterator[tuple[object, object]] | None = None
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    if items is None:
        yield path, value
    else:
        for key, below in items:
            yield from flat(below, f"{path}.{key}" if path else str(key))


def differences(local: Synthesized, cloud: Synthesized) -> set[str]:
    ours, theirs = dict(flat(local.templates)), dict(flat(cloud.templates))
    return {path for path in ours | theirs if ours.get(path, ...) != theirs.get(path, ...)}


def test_no_difference_is_unexplained(local: Synthesized, cloud: Synthesized) -> None:
    unexplained = [
        path
        for path in sorted(differences(local, cloud))
        if not any(re.fullmatch(pattern, path) for pattern in EXPLAINED)
    ]
    assert unexplained == []


def test_no_explanation_is_out_of_date(local: Synthesized, cloud: Synthesized) -> None:
    found = differences(local, cloud)
    unused = [
        pattern for pattern in EXPLAINED if not any(re.fullmatch(pattern, path) for path in found)
    ]
    assert unused == []


def test_a_difference_would_be_seen(local: Synthesized) -> None:
    stack = {**local.templates["Perennial-Serving"], "Description": "another"}
    other = Synthesized(local.folder, {**local.templates, "Perennial-Serving": stack})
    assert differences(local, other) == {"Perennial-Serving.Description"}
