"""Answers of protocols that are objects, as JSON: long ones by a serializer that is faster."""

from __future__ import annotations

import sys
from math import isfinite

from perennial.serving.strict_json import LARGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perennial.serving.answered import Answered

_NUMBER_LENGTH = 18  # characters of a typical float


def written(document: Mapping[str, object], answered: Answered) -> Mapping[str, object] | str:
    """The document as text where that is worth loading the faster serializer, else as it is.

    Raises:
        ValueError: an output of the model is no number JSON has.
    """
    scores = answered.predictions.scores
    short = len(scores) * _NUMBER_LENGTH < LARGE and "orjson" not in sys.modules
    if short or answered.reasons is not None:
        return document
    if not all(map(isfinite, scores)):  # it would become null
        raise ValueError("an output of the model is no finite number")
    import orjson

    return orjson.dumps(document).decode()
