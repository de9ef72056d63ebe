"""Why a model said what it said: how much each feature added to the margin."""

from __future__ import annotations

from math import fsum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping, Sequence


class Contributions:
    """The reasons of one prediction; `base + Σ contribution` is the margin, output by output."""

    __slots__ = ("classes", "features", "values")

    def __init__(
        self,
        features: Sequence[str],
        classes: Sequence[str] | None,
        values: Sequence[Sequence[float]],
    ) -> None:
        """Collect reasons.

        Args:
            features: names, in the model's order.
            classes: the labels `values` belong to; None where there is one output.
            values: for each output the contribution of every feature, and the base value last.
        """
        self.features = features
        self.classes = classes
        self.values = values

    def document(self, most: int) -> Mapping[str, object]:
        """Base value, margin and contributions; the `most` largest, or all for 0.

        With several classes, one such object for each, under its label.
        """
        if self.classes is None:
            return self._output(self.values[0], most)
        outputs = zip(self.classes, self.values, strict=True)
        return {label: self._output(values, most) for label, values in outputs}

    def _output(self, values: Sequence[float], most: int) -> dict[str, object]:
        base, order = values[-1], list(range(len(self.features)))
        if most:
            order = sorted(order, key=lambda place: -abs(values[place]))[:most]
        return {
            "base_value": base,
            "margin": fsum(values),
            "contributions": [
                {"feature": self.features[place], "contribution": values[place]} for place in order
            ],
        }


def contributions_of(
    values: array[float], features: Sequence[str], classes: Sequence[str] | None
) -> list[Contributions]:
    """The reasons of each row.

    Args:
        values: `rows * outputs * (features + 1)` numbers, the base value last.
        features: names, in the model's order.
        classes: labels; two of them share one output, the margin of the second.
    """
    width = len(features) + 1
    labels = classes if classes is not None and len(classes) > 2 else None
    size = width * (1 if labels is None else len(labels))
    return [
        Contributions(
            features,
            labels,
            [values[at : at + width] for at in range(row, row + size, width)],
        )
        for row in range(0, len(values), size)
    ]
