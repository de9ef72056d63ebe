"""Importances of a model's columns, as people read them: by the features they are made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from perennial.features.encoder import Encoder


def by_feature(
    encoder: Encoder, importances: npt.NDArray[np.float64]
) -> Iterator[tuple[str, float]]:
    """Each feature, or column made of several, and the sum of what is counted to it.

    Args:
        encoder: of the model.
        importances: by column, on any scale.
    """
    found = [float(one) for one in importances]
    if encoder.attribution is None:
        yield from zip((one.name for one in encoder.features), found, strict=True)
    else:
        yield from zip(encoder.attribution.names, encoder.attribution.sums(found), strict=True)
