"""README and the pages of `docs/` hang together: links, commands and specs are as shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from perennial.spec.source import parse_spec

from tests.unit.cli.test_documentation import COMMANDS

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
SHOWN = re.compile(r"^(?:\$ |\S+=\S+ )*(?:\.venv/bin/)?perennial (\w.*)$", re.MULTILINE)
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors_of(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", text_of(page)), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in plain}


def shown_in(page: Path) -> list[str]:
    return [line for _, code in CODE.findall(text_of(page)) for line in SHOWN.findall(code)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(CODE.sub("", text_of(page))):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor in anchors_of(there), f"{target}#{anchor}"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if shown_in(p)], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_every_command_shown_is_one(page: Path) -> None:
    for line in shown_in(page):
        name, *words = shlex.split(line, comments=True)
        options = {option for one in COMMANDS[name].params for option in one.opts}
        options |= {option for one in COMMANDS[name].params for option in one.secondary_opts}
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= options, line


def test_every_page_is_in_the_index() -> None:
    index = text_of(README).split("\n## Documentation\n")[1]
    linked = {target for target, _ in LINK.findall(index)}
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_spec_of_the_readme_is_one_with_all_that_is_added_to_it() -> None:
    blocks = [code for kind, code in CODE.findall(text_of(README)) if kind == "yaml"]
    spec = parse_spec("".join(blocks))
    assert spec.positive_class == "yes"
    assert spec.engineering.steps
    assert spec.tuning.search
    assert spec.rollout.stages
