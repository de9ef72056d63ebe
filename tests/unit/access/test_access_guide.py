"""`docs/access.md` says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from perennial.serving import control

from stacks.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "access.md").read_text(encoding="utf-8")


def test_every_member_of_the_control_operation_is_listed() -> None:
    table = PAGE.split("| Member of the body |")[1].split("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == control.PATHS[control.ROUTE][1]
    assert f"up to {control.REASON_LIMIT} characters" in PAGE


def test_every_setting_it_names_is_one() -> None:
    named = set(
        re.findall(r"`((?:api|auth|cors|waf|domain|certificate|hosted|user|snap)_\w+)", PAGE)
    )
    assert named
    assert named <= set(Settings.model_fields)
