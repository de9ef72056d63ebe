"""The encoder of a model that sees other columns than a row has. Standard library only.

Only such models pay for this module.
"""

from __future__ import annotations

from array import array

from perennial.features.attribution import Attribution
from perennial.features.by_row import derivations
from perennial.features.encoder import Encoder
from perennial.features.schema import INTEGER, NUMBER, FeatureSchema
from perennial.features.steps import Recipe, schemas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perennial.features.codec import Codec


class EngineeredEncoder(Encoder):
    """Checks rows against the features, and makes what the model sees of them."""

    __slots__ = ("_derivations", "_kept", "recipe")

    def __init__(self, features: Sequence[FeatureSchema], recipe: Recipe) -> None:
        """Make an encoder.

        Args:
            features: what a row has, in order.
            recipe: what is made of it.

        Raises:
            KeyError, TypeError, ValueError: the recipe does not fit the features.
        """
        super().__init__(features)
        self.recipe = recipe
        self.columns = schemas(self.features, recipe)
        self.attribution = Attribution(self.features, self.columns)
        # Whole numbers are floats before anything is computed, as they are in a column.
        self._codecs = tuple(
            (name, _floating(codec) if one.type in (NUMBER, INTEGER) else codec)
            for one, (name, codec) in zip(self.features, self._codecs, strict=True)
        )
        names = [one.name for one in self.features]
        self._derivations = derivations(names, recipe.steps)
        names += [name for step in recipe.steps for name in step.outputs]
        place_of = {name: place for place, name in enumerate(names)}
        self._kept = [place_of[name] for name in recipe.columns]

    def keeping(self, columns: Sequence[str]) -> EngineeredEncoder:
        """The encoder of a model that sees only some of the columns."""
        return EngineeredEncoder(self.features, self.recipe.keeping(columns))

    def _encode_rows(self, rows: Sequence[Mapping[str, object]]) -> array[float]:
        codecs, width = self._codecs, len(self._codecs)
        codes: array[float] = array("f")
        for row in rows:
            if len(row) != width:
                raise LookupError("a row has other names than the features")
            codes.extend(self._derived([encode(row[name]) for name, encode in codecs]))
        return codes

    def _encode_columns(self, values: Mapping[str, Sequence[object]], count: int) -> array[float]:
        """Row by row after all: what is computed takes longer than reading columns saves."""
        if values.keys() != self._names:
            values = {**dict.fromkeys(self._absent, [None] * count), **values}
        if values.keys() != self._names:
            raise LookupError("there are other columns than the features")
        codes: array[float] = array("f")
        codecs = [encode for _, encode in self._codecs]
        for row in zip(*(values[name] for name, _ in self._codecs), strict=True):
            given = [encode(value) for encode, value in zip(codecs, row, strict=True)]
            codes.extend(self._derived(given))
        return codes

    def _derived(self, values: list[float]) -> list[float]:
        for derive in self._derivations:
            derive(values)
        return [values[place] for place in self._kept]


def _floating(codec: Codec) -> Codec:
    def encode(value: object) -> float:
        return float(codec(value))

    return encode
