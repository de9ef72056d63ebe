"""Whether a caller takes JSON: the header `Accept` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

_RANGES = ("application/json", "application/*", "*/*")  # the most specific one decides


def accepts_json(accept: str) -> bool:
    """Whether the header's text lets an answer in JSON pass; one that cannot be read does."""
    wanted = dict(_range(one) for one in accept.lower().split(",") if one.strip())
    for media_range in _RANGES:
        if media_range in wanted:
            return wanted[media_range] > 0
    return not wanted


def _range(text: str) -> tuple[str, float]:
    """A media range and its weight."""
    name, *parameters = (part.strip() for part in text.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, float(value)
            except ValueError:
                break
    return name, 1.0
