"""The modules AWS puts beside every Python function, and no others."""

import importlib.util
from pathlib import Path
from typing import Final

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK and what it needs.
_PROVIDED: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


def build(folder: Path) -> Path:
    """A folder of links to those packages of this interpreter; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _PROVIDED:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            continue
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = folder / source.name
        if not link.is_symlink() or link.readlink() != source:
            link.unlink(missing_ok=True)
            link.symlink_to(source)
    return folder
