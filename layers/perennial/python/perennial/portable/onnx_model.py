"""A version as one ONNX graph: encoder and model, from named features to label and probabilities.

It is run by onnxruntime before anyone gets it: on golden rows, on probes and on the holdout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime

from perennial.errors import ExportMismatch, InvalidRows, NotPortable
from perennial.features.codec import codec_of
from perennial.features.schema import CATEGORY, TIMESTAMP, FeatureSchema
from perennial.features.steps import Recipe
from perennial.portable.about import about
from perennial.portable.agreement import Agreement, answers_of, golden_of
from perennial.portable.onnx_features import encoded, input_type
from perennial.portable.onnx_graph import BOOL, DOUBLE, FLOAT, INT64, STRING, Graph
from perennial.portable.onnx_scores import scores
from perennial.portable.onnx_steps import binned, looked_up, made
from perennial.portable.probing import probes
from perennial.portable.refusals import refuse_pipeline, refuse_pseudonyms
from perennial.registry.records import Version
from perennial.serving.artifact import Artifact
from perennial.serving.engine import Engine
from perennial.serving.group_thresholds import MEMBER as GROUPS
from perennial.serving.group_thresholds import group_thresholds

ENGINEERING = "engineering"  # member of the manifest: features made of others
LABEL, PROBABILITIES, ESTIMATE, VALID = "label", "probabilities", "estimate", "valid"
# Runtimes add thousands of leaves in an order of their own, and XGBoost adds them in float32.
WITHIN = 1e-5
# What an artifact may say. Anything else changes answers in a way this code does not know.
_KNOWN = {"format", "model", "task", "algorithm", "classes", "positive", "threshold"}
_KNOWN |= {"features", "engine", "training", ENGINEERING, GROUPS}
_TYPES: dict[int, type[Any]] = {
    FLOAT: np.float32,
    DOUBLE: np.float64,
    BOOL: np.bool_,
    STRING: object,
}

Row = dict[str, object]


def onnx_model(
    version: Version, engine: Engine, held_out: Iterable[Sequence[Row]] = ()
) -> tuple[bytes, Agreement]:
    """The graph's bytes, and how well it answered.

    Args:
        version: whose artifact it is.
        engine: of that artifact, which the graph must agree with.
        held_out: batches of further rows to compare.

    Raises:
        NotPortable: ONNX cannot express the version.
        ArtifactError: its trees are damaged.
        ExportMismatch: onnxruntime answers otherwise than the engine.
    """
    artifact = engine.artifact
    _refuse(artifact)
    data = _graph(version, artifact).SerializeToString()
    session = OnnxModel(data, artifact)
    agreement = Agreement(artifact.threshold, WITHIN)
    golden, expected = golden_of(artifact)
    if golden:
        agreement.compare(expected, session.predict(golden))
    for rows in _answerable(engine, [*probes(golden, artifact.encoder.features), *held_out]):
        agreement.compare(answers_of(engine.predict(rows)), session.predict(rows))
    if not agreement.holds:
        raise ExportMismatch(
            f"the ONNX graph differs from the version by {agreement.largest:.3g} within "
            f"{agreement.rows} rows; nothing was written"
        )
    return data, agreement


class OnnxModel:
    """A graph, loaded by onnxruntime."""

    def __init__(self, data: bytes, artifact: Artifact) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )
        self._artifact = artifact

    def outputs(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The graph's outputs, by the names they have where no feature bears them."""
        told = [one.name for one in self._session.get_outputs()]
        usual = {own: name for name, own in output_names(self._artifact).items()}
        found = self._session.run(told, feeds(rows, self._artifact))
        return {usual[name]: values for name, values in zip(told, found, strict=True)}

    def predict(self, rows: Sequence[Row]) -> list[Any]:
        """Value and probabilities by label, row by row; a row it calls invalid has none."""
        found = self.outputs(rows)
        classes = self._artifact.classes
        valid = found[VALID].tolist()
        if classes is None:
            values = found[ESTIMATE].tolist()
            return [
                (one if fits else float("nan"), None)
                for one, fits in zip(values, valid, strict=True)
            ]
        return [
            (label, dict(zip(classes, of, strict=True)) if fits else {})
            for label, of, fits in zip(
                found[LABEL].tolist(), found[PROBABILITIES].tolist(), valid, strict=True
            )
        ]


def feeds(rows: Sequence[Row], artifact: Artifact) -> dict[str, Any]:
    """Rows as the graph's inputs: what a caller of the graph has to do."""
    with np.errstate(over="ignore"):  # what is beyond float32 is infinite, and taken for that
        return {
            feature.name: np.array(
                [[_value(feature, row.get(feature.name))] for row in rows]
            ).astype(_TYPES[input_type(feature, exact=_exact(artifact))])
            for feature in artifact.encoder.features
        }


def _value(feature: FeatureSchema, value: Any) -> object:
    if feature.type == CATEGORY:
        return "" if value is None else str(value)
    if value is None:
        return np.nan
    return codec_of(feature)(value) if feature.type == TIMESTAMP else value


def _refuse(artifact: Artifact) -> None:
    refuse_pseudonyms(artifact)
    refuse_pipeline(artifact, "ONNX")
    unknown = sorted(set(artifact.manifest) - _KNOWN)
    if unknown:
        raise NotPortable(
            f"ONNX cannot express the {', '.join(unknown)} of this version. "
            "Export it with --format bundle or mlflow"
        )


def output_names(artifact: Artifact) -> dict[str, str]:
    """What the outputs are called: as here, or with underscores where a feature bears the name."""
    taken = {feature.name for feature in artifact.encoder.features}
    names = {}
    for name in (LABEL, PROBABILITIES, ESTIMATE, VALID):
        names[name] = name
        while names[name] in taken:
            names[name] += "_"
    return names


def _graph(version: Version, artifact: Artifact) -> Any:
    graph, names = Graph(), output_names(artifact)
    inputs = encoded(graph, artifact.encoder.features, exact=_exact(artifact))
    found = scores(graph, _codes(graph, inputs.values, artifact), artifact)
    if artifact.classes is None:
        estimate = graph.add("Squeeze", found, graph.constant([1], np.int64))
        graph.output(names[ESTIMATE], estimate, DOUBLE, None, "the estimate")
    else:
        label = _label(graph, found, inputs.values, artifact)
        says = "probability of " + ", ".join(artifact.classes)
        graph.output(names[LABEL], label, STRING, None, "the predicted label")
        graph.output(names[PROBABILITIES], found, DOUBLE, len(artifact.classes), says)
    graph.output(names[VALID], inputs.valid, BOOL, None, "whether the endpoint would take the row")
    metadata = {name: str(value) for name, value in about(version).items()}
    metadata["tolerance"] = str(WITHIN)
    return graph.model(f"{version.model}_v{version.number}", _DOC, metadata)


_DOC = "Made by Perennial: an input for each feature, [rows, 1]."


def _exact(artifact: Artifact) -> bool:
    """Whether numbers are computed with, or compared, before they are rounded to a float32."""
    return bool({ENGINEERING, GROUPS} & artifact.manifest.keys())


def _codes(graph: Graph, values: Mapping[str, str], artifact: Artifact) -> str:
    """What the model sees: float32 [rows, columns]."""
    columns = list(values.values())
    if ENGINEERING in artifact.manifest:
        columns = made(graph, values, Recipe.from_json(artifact.manifest[ENGINEERING]))
    return graph.cast(graph.add("Concat", *columns, axis=1), FLOAT)


def _label(graph: Graph, found: str, values: Mapping[str, str], artifact: Artifact) -> str:
    classes = graph.constant(list(artifact.classes or ()), str)
    if artifact.threshold is None and GROUPS not in artifact.manifest:
        place = graph.add("ArgMax", found, axis=1, keepdims=0)
        return graph.add("Gather", classes, place, axis=0)
    second = graph.add("Gather", found, graph.constant(1, np.int64), axis=1)
    reached = graph.add("GreaterOrEqual", second, _threshold(graph, values, artifact))
    return graph.add("Gather", classes, graph.cast(reached, INT64), axis=0)


def _threshold(graph: Graph, values: Mapping[str, str], artifact: Artifact) -> str:
    """From which probability on a row is of the second class; one for all, or [rows]."""
    by_group = group_thresholds(artifact)
    if by_group is None:
        return graph.constant(artifact.threshold or 0.0)
    group = values[by_group.feature.name]
    if by_group.edges is not None:
        group = binned(graph, group, by_group.edges)
    table = [[value] for value in by_group.values]
    found = looked_up(graph, group, table, [by_group.missing])
    return graph.add("Squeeze", found, graph.constant([1], np.int64))


def _answerable(engine: Engine, batches: Iterable[Sequence[Row]]) -> Iterator[list[Row]]:
    """The batches without the rows that the engine refuses: their answer is not finite."""
    for batch in batches:
        rows = list(batch)
        try:
            engine.predict(rows)
        except InvalidRows:
            rows = [row for row in rows if _answers(engine, row)]
        if rows:
            yield rows


def _answers(engine: Engine, row: Mapping[str, object]) -> bool:
    try:
        engine.predict([row])
    except InvalidRows:
        return False
    return True
