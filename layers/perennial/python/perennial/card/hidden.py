"""Which columns a card shows no value of, and why."""

from __future__ import annotations

from perennial.spec import ModelSpec


def hidden(spec: ModelSpec) -> dict[str, str]:
    """Reasons by column; a column that is not in it may be shown."""
    reasons = dict.fromkeys(spec.privacy.learned, "a pseudonym")
    return reasons | dict.fromkeys(spec.sensitive, "sensitive")
