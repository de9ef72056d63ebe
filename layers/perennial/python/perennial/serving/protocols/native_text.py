"""The predictions of an answer as JSON text, put together from pieces that are made once.

A thousand predictions are a thousand times the same text around other numbers; building objects
for a serializer to take apart again would take longer than the trees.
"""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

from perennial.serving.fast_json import fast_json
from perennial.serving.predictions import all_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from perennial.serving.predictions import Predictions

_NUMBER_LENGTH = 18  # characters of a typical float


def predictions_text(predictions: Predictions, request_id: str, *, probabilities: bool) -> str:
    """A JSON list with an object for each prediction: id, prediction, and probabilities.

    Raises:
        ValueError: a number is none JSON has.
    """
    count = len(predictions)
    head = f'{{"id":{quoted(request_id)[:-1]}-'
    if predictions.classes is None or predictions.places is None:
        return _joined(
            [head, _numbers(count), '","prediction":', _texts(predictions.scores)], count
        )
    labels, answers, openings = _pieces(predictions.classes)
    if not probabilities:
        return _joined([head, _numbers(count), [answers[n] for n in predictions.places]], count)
    width = len(labels)
    scores = _texts(predictions.scores)
    columns: list[str | Sequence[str]] = [head, _numbers(count)]
    columns += [[openings[n] for n in predictions.places], scores[0::width]]
    for place in range(1, width):
        columns += [labels[place], scores[place::width]]
    return _joined([*columns, "}"], count)


@lru_cache(maxsize=32)
def _pieces(classes: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """By class: its name before a probability, the prediction, and that with what follows."""
    labels = [quoted(label) for label in classes]
    answers = [f'","prediction":{label}' for label in labels]
    openings = [f'{answer},"probabilities":{{{labels[0]}:' for answer in answers]
    return [f",{label}:" for label in labels], answers, openings


def _joined(columns: Sequence[str | Sequence[str]], count: int) -> str:
    """The list of `count` objects whose text is the columns side by side; a text is in each."""
    step = len(columns) + 1
    pieces = ["},"] * (count * step)
    for place, column in enumerate(columns):
        pieces[place::step] = [column] * count if isinstance(column, str) else column
    pieces[-1] = "}"
    return f"[{''.join(pieces)}]"


def _numbers(count: int) -> list[str]:
    return list(map(str, range(count)))


def _texts(values: Sequence[float]) -> list[str]:
    """The shortest text of each number that reads back as the same one."""
    if not all_finite(values):
        raise ValueError("an output of the model is no finite number")
    fast = fast_json(len(values) * _NUMBER_LENGTH)
    if fast is None:
        return list(map(repr, values))
    texts: list[str] = fast.dumps(list(values)).decode()[1:-1].split(",")
    return texts
