"""What may not stand anywhere in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = {".py", ".md", ".toml", ".json", ".yaml", ".yml", ".in", ".lock", ".txt", ".html", ""}
# Spelled in pieces, so that this file does not find itself.
HOMES = ("work", "root", r"home/\w+", r"Users/\w+")
REGISTRIES = (r"pypi\." + "org", r"registry\.npmjs\." + "org", r"pythonhosted\." + "org")
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:" + "|".join(HOMES) + r")/"),
    "a package registry's address": re.compile("|".join(REGISTRIES)),
    "an unresolved merge": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout: there is no list of tracked files to look through")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in TEXT
        and path.is_file()
        and FORBIDDEN[what].search(path.read_text("utf-8"))
    ]
    assert found == []


def test_no_source_file_is_far_above_three_hundred_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in tracked()
        if path.suffix == ".py"
        and path.is_file()
        and (lines := len(path.read_text("utf-8").splitlines())) > 350
    ]
    assert long == []


def test_the_tools_that_read_locks_find_no_address_in_them() -> None:
    locks = [path for path in tracked() if path.suffix == ".lock"] + [ROOT / "package-lock.json"]
    assert len(locks) >= 8
    for lock in locks:
        assert "://" not in lock.read_text("utf-8"), lock
