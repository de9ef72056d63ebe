"""YAML as a spec needs it: what looks like a label stays the text that stands in the file.

YAML 1.1, which PyYAML reads, makes `no` a truth value, `010` the number 8, `1:30` the number 90
and `2024-01-31` a date. As categories or labels these are texts, and silently another one would
be compared with the data. The scalars are those of YAML 1.2's core schema, and of its integers
only those that are written the way they are printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from perennial.errors import SpecError

_SCALARS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"0|-?[1-9][0-9]*", list("-0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"-?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?"
        r"|-?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-.0123456789"),
    ),
    ("tag:yaml.org,2002:merge", r"<<", ["<"]),
)


class _TextualLoader(yaml.SafeLoader):
    """A safe loader with the scalars above."""


_TextualLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _SCALARS:
    _TextualLoader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), _first)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    """A float; PyYAML's own does not know an exponent without a dot."""
    text = loader.construct_scalar(node).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_TextualLoader.add_constructor("tag:yaml.org,2002:float", _float)


def read_mapping(text: str, source: str) -> tuple[dict[Any, Any], yaml.MappingNode]:
    """The document, and the tree of nodes that knows the lines; `source` names it in messages.

    Raises:
        SpecError: it is no YAML, no mapping, or has a key twice.
    """
    try:
        tree = yaml.compose(text, Loader=_TextualLoader)
        document = yaml.load(text, Loader=_TextualLoader)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        told = error.problem or error.context
        raise SpecError(f"{source}:{line}: not valid YAML: {told}") from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        told = f"the character {error.character:#06x} is not allowed"
        raise SpecError(f"{source}:{line}: not valid YAML: {told}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"{source}:1: not valid YAML: {error}") from error
    except RecursionError as error:
        raise SpecError(f"{source}:1: not valid YAML: nested too deeply") from error
    if not isinstance(document, dict) or not isinstance(tree, yaml.MappingNode):
        raise SpecError(f"{source}:1: expected a mapping of fields such as `name:` and `task:`")
    repeated = [
        f"{source}:{line}: {one_line(key)}: stands here twice" for line, key in _repeated(tree)
    ]
    if repeated:
        raise SpecError("\n".join(repeated))
    return document, tree


def one_line(text: str) -> str:
    """A text that a message may hold: a line of it is a mistake."""
    return text.replace("\n", "\\n")


def _repeated(tree: yaml.Node) -> Iterator[tuple[int, str]]:
    """Keys that stand twice in one mapping; YAML itself would silently keep the last."""
    waiting, known = [tree], {id(tree)}
    while waiting:
        node = waiting.pop(0)
        seen: set[str] = set()
        for key in _keys(node):
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
        # By identity: an alias may lead back to where it stands.
        fresh = [child for child in _children(node) if id(child) not in known]
        known.update(map(id, fresh))
        waiting += fresh


def _keys(node: yaml.Node) -> list[yaml.ScalarNode]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return [key for key, _ in pairs if isinstance(key, yaml.ScalarNode)]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
