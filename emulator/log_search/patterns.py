"""Filter patterns for any log line: words, phrases, `?either`, `-not`, `%expressions%`, JSON."""

import re
from typing import Final

from emulator.log_search.json_patterns import Matcher, PatternError, compile_json

_TERM: Final = re.compile(r'([?-]?)("(?:[^"\\]|\\.)*"|%[^%]*%|\S+)')


def compile_pattern(pattern: str) -> Matcher:
    """Whether a log line matches a filter pattern; an empty one matches all.

    Raises:
        PatternError: the emulator cannot read it.
    """
    pattern = pattern.strip()
    if pattern.startswith("{") and pattern.endswith("}"):
        return compile_json(pattern)
    if pattern.startswith("["):
        raise PatternError("the emulator has no space-delimited filter patterns")
    terms: dict[str, list[Matcher]] = {"": [], "?": [], "-": []}
    for sign, term in _TERM.findall(pattern):
        terms[sign].append(_term(term))
    required, optional, excluded = terms[""], terms["?"], terms["-"]
    if required or not optional:  # beside required terms, optional ones are ignored
        return lambda line: (
            all(test(line) for test in required) and not any(test(line) for test in excluded)
        )
    return lambda line: (
        any(test(line) for test in optional) and not any(test(line) for test in excluded)
    )


def _term(term: str) -> Matcher:
    if term.startswith("%"):
        expression = re.compile(term[1:-1])
        return lambda line: bool(expression.search(line))
    if term.startswith('"'):
        phrase = term[1:-1].replace('\\"', '"')
        return lambda line: phrase in line
    return lambda line: term in line
