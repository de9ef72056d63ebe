"""What MLflow calls: a loaded version that takes and gives pandas tables.

It is shipped as source with each version in MLflow's layout, so that loading needs MLflow alone.
"""

from __future__ import annotations

import json
from pathlib import Path

from perennial.errors import InvalidRows
from perennial.features.columns import Columns
from perennial.portable.program import PortableModel
from perennial.portable.standalone import KINDS, plain_engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas

    from perennial.serving.artifact import Artifact
    from perennial.serving.engine import Engine

ARTIFACT, ABOUT = "artifact.zip", "about.json"
PREDICTION = "prediction"
MOST_TOLD = 10  # problems of a table


class TableModel:
    """A version over tables, as `mlflow.pyfunc` expects one."""

    def __init__(self, model: PortableModel) -> None:
        self.model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> pandas.DataFrame:
        """One row per row: `prediction`, and of a classification `probability_<label>`.

        Args:
            data: a table with a column per feature; NaN, None and NaT are missing values.
            params: none are known.

        Raises:
            ValueError: rows do not fit the model's schema; the message says where and why.
        """
        import pandas

        del params
        frame = data if isinstance(data, pandas.DataFrame) else pandas.DataFrame(data)
        engine = self.model.engine
        try:
            found = engine.predict(_columns(frame)) if len(frame) else []
        except InvalidRows as error:
            told = [f"row {one.row}: {one.field} {one.reason}" for one in error.problems]
            raise ValueError("; ".join(told[:MOST_TOLD])) from None
        answers: dict[str, Any] = {PREDICTION: [one.value for one in found]}
        for label in engine.artifact.classes or ():
            answers[f"probability_{label}"] = [
                one.probabilities[label] for one in found if one.probabilities
            ]
        return pandas.DataFrame(answers, index=frame.index)


def load(folder: str) -> TableModel:
    """The version in a folder: its artifact, and what it says of itself.

    Raises:
        ArtifactError: the artifact is damaged or cannot be run here.
    """
    place = Path(folder)
    about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    return TableModel(PortableModel((place / ARTIFACT).read_bytes(), about, _engine))


def _engine(artifact: Artifact) -> Engine:
    if artifact.manifest["engine"].get("kind") in KINDS:
        return plain_engine(artifact)
    # Shipped only where it is needed: it imports scikit-learn.
    from perennial.pipelines.engine import Pipeline
    from perennial.serving.engine import Engine

    return Engine(artifact, Pipeline(artifact).run)


def _columns(frame: pandas.DataFrame) -> Columns:
    values = {str(name): _plain(frame[name]) for name in frame.columns}
    return Columns(values, len(frame))


def _plain(column: pandas.Series) -> list[object]:
    """The values of a column as Python has them, None for a missing one."""
    whole = column.astype(object).where(column.notna(), None).tolist()
    return [
        value.isoformat()
        if hasattr(value, "isoformat")
        else value.item()
        if hasattr(value, "item")
        else value
        for value in whole
    ]
