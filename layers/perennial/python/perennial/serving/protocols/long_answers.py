"""Answers of protocols that are objects, as JSON: long ones by a serializer that is faster."""

from __future__ import annotations

from perennial.serving.fast_json import fast_json
from perennial.serving.predictions import all_finite

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
    fast = None if answered.reasons is not None else fast_json(len(scores) * _NUMBER_LENGTH)
    if fast is None:
        return document
    if not all_finite(scores):  # it would become null
        raise ValueError("an output of the model is no finite number")
    try:
        text: str = fast.dumps(document).decode()
    except TypeError:  # half a surrogate pair in what the caller named its request
        return document
    return text
